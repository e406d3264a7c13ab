"""The OpenSearch implementation of ports.Generations: an index for each, aliases that say what it is for.

    ragtune, ragtune-write              →  ragtune-5f0c1a2b-0                   serving
    ragtune-next, ragtune-next-write    →  ragtune-77ab09c1-20261122211000      next
    ragtune-before                      →  …                                    before

A switch changes all of them in one request. While the last changes go over, writes are blocked: writers try
again until the switch is done, and go on in the other index. A switch that was killed leaves them blocked;
calling it again, or `discard`, ends that.
"""

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager

from ragtune.adapters.opensearch.cluster import Cluster
from ragtune.adapters.opensearch.index import OpenSearchIndex
from ragtune.adapters.opensearch.layout import recipe
from ragtune.adapters.opensearch.names import Made, find, make, write_alias
from ragtune.adapters.opensearch.pages import Pages, told
from ragtune.adapters.opensearch.snapshots import take
from ragtune.errors import BadInput
from ragtune.manifest import Manifest
from ragtune.ports import Analyzer, CatchUp, Embedder, Generation, Role

_ACTION = dict[str, dict[str, object]]


class OpenSearchGenerations:
    """The indexes of one name, opened with one kind of settings; `cluster` as somebody who may make some."""

    def __init__(
        self,
        cluster: Cluster,
        name: str,
        analyzers: Sequence[Analyzer],
        manifest: Manifest,
        *,
        embedder: Embedder | None = None,
    ) -> None:
        self._cluster, self._name = cluster, name
        self._by = recipe(analyzers, manifest, embedder)

    def kept(self) -> Mapping[Role, Generation]:
        """See ports.Generations."""
        with closing(self._cluster):
            return {role: self._generation(role, made) for role, made in self._made().items()}

    def rebuild(self, catch_up: CatchUp) -> Generation:
        """See ports.Generations."""
        with closing(self._cluster):
            made = self._made()
            serving = self._serving(made)
            following = made.get("next")
            if following and following.manifest.differences(self._by.manifest):
                self._cluster.ask("DELETE", f"/{following.physical}")
                following = None
            alias = self._alias("next")
            if not following:
                stamp = time.strftime("%Y%m%d%H%M%S", time.gmtime())
                following = make(self._cluster, self._name, self._by, alias=alias, stamp=stamp)
            with self._opened(alias) as index:
                catch_up(Pages(self._cluster, serving.physical), index)
            return self._generation("next", following)

    def switch(self, catch_up: CatchUp) -> Generation:
        """See ports.Generations."""
        with closing(self._cluster):
            made = self._made()
            if "next" not in made:
                reason = "there is no rebuilt index to switch to; call `ragtune index rebuild`"
                raise BadInput(f"{self._cluster.url}/{self._name}: {reason}")
            following = made["next"]
            self._require(following)
            changes: list[_ACTION] = [
                *_aliases("remove", following.physical, self._alias("next")),
                {"add": {"index": self._serving(made).physical, "alias": self._alias("before")}},
            ]
            if "before" in made:
                changes.append({"remove_index": {"index": made["before"].physical}})
            return self._turn(made, following, self._alias("next"), changes, catch_up)

    def rollback(self, catch_up: CatchUp) -> Generation:
        """See ports.Generations."""
        with closing(self._cluster):
            made = self._made()
            if "before" not in made:
                reason = "no index that served before is kept; there is nothing to roll back to"
                raise BadInput(f"{self._cluster.url}/{self._name}: {reason}")
            earlier, alias = made["before"], self._alias("before")
            self._require(earlier)
            self._block(earlier, blocked=False)
            self._change(_aliases("add", earlier.physical, alias))
            changes = [
                *_aliases("remove", earlier.physical, alias),
                *_aliases("add", self._serving(made).physical, self._alias("next")),
            ]
            if "next" in made:
                changes.append({"remove_index": {"index": made["next"].physical}})
            turned = self._turn(made, earlier, alias, changes, catch_up)
            self._block(made["serving"], blocked=False)  # it is `next` now, and will be caught up
            return turned

    def snapshot(self, place: str) -> str:
        """See ports.Generations."""
        with closing(self._cluster):
            return take(self._cluster, self._name, place, self._serving(self._made()).physical)

    def discard(self) -> list[str]:
        """See ports.Generations."""
        with closing(self._cluster):
            made = self._made()
            self._block(self._serving(made), blocked=False)
            removed = [one.physical for role, one in made.items() if role != "serving"]
            for physical in removed:
                self._cluster.ask("DELETE", f"/{physical}")
            return removed

    def _turn(
        self, made: Mapping[Role, Made], to: Made, alias: str, changes: list[_ACTION], catch_up: CatchUp
    ) -> Generation:
        """Let `to`, behind `alias` until now, serve with all that the serving one holds."""
        serving = self._serving(made)
        stored = Pages(self._cluster, serving.physical)
        with self._opened(alias) as index:
            catch_up(stored, index)  # the most of it while writers go on
            self._block(serving, blocked=True)
            try:
                catch_up(stored, index)
                self._change(
                    [
                        *_aliases("remove", serving.physical, self._name),
                        *_aliases("add", to.physical, self._name),
                        *changes,
                    ]
                )
            except BaseException:
                self._block(serving, blocked=False)
                raise
        return self._generation("serving", to)

    def _made(self) -> dict[Role, Made]:
        roles: tuple[Role, ...] = ("serving", "next", "before")
        found = {role: find(self._cluster, self._alias(role)) for role in roles}
        return {role: made for role, made in found.items() if made}

    def _alias(self, role: Role) -> str:
        return self._name if role == "serving" else f"{self._name}-{role}"

    def _serving(self, made: Mapping[Role, Made]) -> Made:
        if "serving" not in made:
            raise BadInput(f"{self._cluster.url}/{self._name}: nothing serves yet; ingest first")
        return made["serving"]

    def _require(self, made: Made) -> None:
        what, remedy = f"the index {made.physical}", "set the values back, or rebuild it"
        made.manifest.require(self._by.manifest, what=what, remedy=f"{remedy} (ragtune index rebuild)")

    @contextmanager
    def _opened(self, alias: str) -> Iterator[OpenSearchIndex]:
        by = self._by
        yield OpenSearchIndex(self._cluster, alias, by.views, by.manifest, embedder=by.embedder)

    def _block(self, made: Made, *, blocked: bool) -> None:
        settings = {"index": {"blocks.write": blocked}}
        self._cluster.ask("PUT", f"/{made.physical}/_settings", settings)

    def _change(self, actions: Sequence[_ACTION]) -> None:
        self._cluster.ask("POST", "/_aliases", {"actions": list(actions)})

    def _generation(self, role: Role, made: Made) -> Generation:
        return Generation(name=made.physical, role=role, info=told(self._cluster, made))


def _aliases(what: str, physical: str, alias: str) -> list[_ACTION]:
    """Add or remove the alias that is read and the one that is written."""
    writing: dict[str, object] = {"is_write_index": True} if what == "add" else {}
    return [
        {what: {"index": physical, "alias": alias}},
        {what: {"index": physical, "alias": write_alias(alias), **writing}},
    ]
