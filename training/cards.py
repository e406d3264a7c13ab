"""The processes of one tuning run, one for each card: torchrun starts them, this joins them.

    python -m torch.distributed.run --nproc-per-node 4 -m training.train …    # without torchrun: one process

Every process holds the whole adapter with its optimizer; the frozen base is whole on each card, or its layers
are divided among them (`shard`). A step's micro-batches go round the cards, and gradients are summed once
a step, so the same recipe takes the same steps on one card and on many: docs/decisions/0017.
"""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeVar

import torch
import torch.distributed as dist
from torch import nn
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.fsdp import fully_shard
from torch.distributed.tensor import DTensor

T = TypeVar("T")
PATIENCE = timedelta(hours=1)  # that one process waits for the others: a 70B base is read by one at a time


@dataclass(frozen=True, slots=True, kw_only=True)
class Cards:
    """This process among `world` ones; `local` of `local_world` on this host. Alone, it does nothing."""

    rank: int = 0
    world: int = 1
    local: int = 0
    local_world: int = 1

    @property
    def first(self) -> bool:
        """The one that writes files and speaks."""
        return self.rank == 0

    def share(self, batches: Sequence[T]) -> list[T | None]:
        """This card's part of a step; every card's is equally long, filled up with None.

        >>> Cards(rank=1, world=2).share("abc")
        ['b', None]
        """
        own = batches[self.rank :: self.world]
        most = -(-len(batches) // self.world)
        return [*own, *[None] * (most - len(own))]

    def summed(self, weights: Iterable[nn.Parameter], numbers: Sequence[float]) -> list[float]:
        """Sum the weights' gradients in place over all cards; returns the sums of `numbers`."""
        if self.world == 1:
            return list(numbers)
        gradients = [weight.grad for weight in weights if weight.grad is not None]
        told = torch.tensor(numbers, dtype=torch.float32, device=gradients[0].device)
        flat = torch.cat([*(gradient.flatten() for gradient in gradients), told])
        dist.all_reduce(flat)
        *sums, told = flat.split_with_sizes([*(gradient.numel() for gradient in gradients), len(numbers)])
        for gradient, whole in zip(gradients, sums, strict=True):
            gradient.copy_(whole.view_as(gradient))
        return [float(one) for one in told]

    def gathered(self, own: T) -> list[T]:
        """What each process has, by rank."""
        found: list[Any] = [own]
        if self.world > 1:
            found = [None] * self.world
            dist.all_gather_object(found, own)
        return found

    def told(self, find: Callable[[], T]) -> T:
        """What the first process finds, in all of them."""
        found = [find() if self.first else None]
        if self.world > 1:
            dist.broadcast_object_list(found)
        return found[0]  # type: ignore[return-value]

    @contextmanager
    def in_turn(self) -> Iterator[None]:
        """One process of a host after the other: together they would hold the base as often in its memory."""
        self._wait(self.local)
        yield
        self._wait(self.local_world - self.local)

    def _wait(self, turns: int) -> None:
        for _ in range(turns if self.world > 1 else 0):
            dist.barrier()

    def shard(self, base: Any, device: torch.device) -> None:
        """Divide the layers of a frozen base among the cards; each is put together while it is worked on.

        Embeddings, head and norms stay whole: our loss calls the head by itself, where FSDP does not look.
        """
        if self.world == 1:
            return
        mesh = init_device_mesh(device.type, (self.world,))
        base.requires_grad_(False)
        for layer in base.base_model.layers:
            fully_shard(layer, mesh=mesh)
        whole = {weight for weight in base.base_model.parameters() if not isinstance(weight, DTensor)}
        fully_shard(base.base_model, mesh=mesh, ignored_params=whole)  # their root: one stream, prefetching


@contextmanager
def joined(environment: Mapping[str, str] = os.environ) -> Iterator[Cards]:
    """The processes that torchrun started, joined as long as the block lasts."""
    if int(environment.get("WORLD_SIZE", "1")) == 1:
        yield Cards()
        return
    cuda = torch.cuda.is_available()
    rank, world, local, local_world = (
        int(environment[name]) for name in ("RANK", "WORLD_SIZE", "LOCAL_RANK", "LOCAL_WORLD_SIZE")
    )
    if cuda:
        torch.cuda.set_device(local)
    dist.init_process_group("nccl" if cuda else "gloo", timeout=PATIENCE)
    try:
        yield Cards(rank=rank, world=world, local=local, local_world=local_world)
        dist.barrier()  # who is done early would close connections that the others still use, and abort them
    finally:
        dist.destroy_process_group()
