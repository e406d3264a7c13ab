"""How a job's module is started: by itself, or by torchrun once for each card of each host.

>>> command, _ = launched("training.train", {"SM_NUM_GPUS": "4", "SM_HOSTS": '["algo-1"]'})
>>> " ".join(command[1:8])
'-m torch.distributed.run --nproc-per-node 4 --standalone --local-addr 127.0.0.1'

SageMaker's own entry point would set SM_NUM_GPUS and SM_HOSTS; ours replaces it, so where they are not set,
hosts are read from the file that every container has, and cards are counted by their devices:

    /opt/ml/input/config/resourceconfig.json    {"current_host": "algo-1", "hosts": ["algo-1", "algo-2"], …}
"""

import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ragtune.errors import BadInput

RESOURCES = "opt/ml/input/config/resourceconfig.json"
DEVICES = "dev/nvidia[0-9]*"
TOGETHER = ("training.train",)  # modules that share their work among cards
PORT = 29_400  # between the hosts of one job; torchrun's own default
# Seconds between SIGTERM and SIGKILL: spot gives 120 in all, for the step that is under way and a checkpoint.
GRACE_S = 110


@dataclass(frozen=True, slots=True, kw_only=True)
class Cluster:
    """Hosts of a job, this one's place among them, and cards of each."""

    hosts: tuple[str, ...]
    place: int
    cards: int
    interface: str = ""


def launched(
    module: str, environment: Mapping[str, str], root: Path = Path("/")
) -> tuple[list[str], dict[str, str]]:
    """The command that runs `module`, and variables it needs besides. Raises BadInput for wrong variables."""
    alone = [sys.executable, "-m", module]
    if module not in TOGETHER:
        return alone, {}
    cluster = find_cluster(environment, root)
    if len(cluster.hosts) * cluster.cards <= 1:
        return alone, {}
    command = [sys.executable, "-m", "torch.distributed.run", "--nproc-per-node", str(cluster.cards)]
    if len(cluster.hosts) == 1:
        command += ["--standalone", "--local-addr", "127.0.0.1"]
    else:
        command += ["--nnodes", str(len(cluster.hosts)), "--node-rank", str(cluster.place)]
        command += ["--master-addr", cluster.hosts[0], "--master-port", str(PORT)]
    variables = {"TORCH_ELASTIC_SHUTDOWN_TIMEOUT": str(GRACE_S)}
    if cluster.interface:
        variables["NCCL_SOCKET_IFNAME"] = cluster.interface
    return [*command, "-m", module], variables


def find_cluster(environment: Mapping[str, str], root: Path = Path("/")) -> Cluster:
    """From SM_HOSTS, SM_CURRENT_HOST and SM_NUM_GPUS, else from the container at `root`. Raises BadInput."""
    told = _resources(root / RESOURCES)
    hosts = _hosts(environment.get("SM_HOSTS", "")) or tuple(told.get("hosts", ())) or ("localhost",)
    current = environment.get("SM_CURRENT_HOST") or told.get("current_host") or hosts[0]
    if current not in hosts:
        raise BadInput(f"SM_CURRENT_HOST: {current!r} is none of SM_HOSTS, {', '.join(hosts)}")
    count = environment.get("SM_NUM_GPUS") or str(len(list(root.glob(DEVICES))))
    if not count.isdecimal():
        raise BadInput(f"SM_NUM_GPUS: {count!r} is no number of cards")
    return Cluster(
        hosts=hosts,
        place=sorted(hosts).index(current),
        cards=max(1, int(count)),
        interface=told.get("network_interface_name", "") if len(hosts) > 1 else "",
    )


def _resources(path: Path) -> dict[str, str]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except OSError:
        return {}
    return found if isinstance(found, dict) else {}


def _hosts(text: str) -> tuple[str, ...]:
    if not text:
        return ()
    try:
        found = json.loads(text)
    except ValueError:
        found = None
    if not isinstance(found, list) or not all(isinstance(one, str) for one in found):
        raise BadInput(f"SM_HOSTS: {text!r} is no JSON list of names") from None
    return tuple(sorted(found))
