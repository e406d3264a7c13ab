"""What each role must not do on OpenSearch, shown to be refused; `test_index` shows what it may."""

from collections.abc import Callable, Iterator

import pytest

from ragtune.adapters.opensearch import Cluster, OpenSearchIndex, set_up
from ragtune.adapters.opensearch.bulk import bulk
from ragtune.adapters.opensearch.cluster import Refused
from ragtune.adapters.opensearch.records import delete_line
from ragtune.analysis import Bigrams
from ragtune.errors import NotAllowed
from ragtune.manifest import Manifest
from tests.contracts.entries import EVERYONE, entry, leg
from tests.contracts.roles import NAME, administrator, cluster_as, door, secured

pytestmark = pytest.mark.opensearch
LINE = b'{"index":{"_id":"planted"}}\n{"kind":"head"}\n'
ROLE = "/_plugins/_security/api/roles/roles_reader"


@pytest.fixture
def clusters() -> Iterator[Callable[[str], Cluster]]:
    made: list[Cluster] = []

    def open_as(role: str) -> Cluster:
        made.append(cluster_as(role))
        return made[-1]

    yield open_as
    for one in made:
        one.close()


def index_as(cluster: Cluster) -> OpenSearchIndex:
    return OpenSearchIndex(cluster, NAME, [Bigrams()], Manifest())


def test_a_reader_searches_and_writes_nothing(clusters: Callable[[str], Cluster]) -> None:
    index = index_as(clusters("reader"))
    list(index_as(clusters("writer")).put([entry("요금")]))
    assert len(index.search([leg("위약금", Bigrams())], EVERYONE, 5)[0]) == 1
    assert "manifest" in index.info()
    with pytest.raises(NotAllowed, match="not allowed to these credentials"):
        list(index.put([entry("설치")]))
    with pytest.raises(NotAllowed):
        index.delete(entry("요금").document.source, 9)
    assert [one.title for one in index.entry_chunks(entry("요금").document.id)] == ["요금"]


def test_bulk_refuses_a_reader_item_by_item(clusters: Callable[[str], Cluster]) -> None:
    reader = clusters("reader")
    answer = reader.ask("POST", f"/{NAME}/_bulk", LINE + delete_line("planted"))
    assert answer["errors"] is True
    kinds = [(kind, item["status"]) for one in answer["items"] for kind, item in one.items()]
    assert kinds == [("index", 403), ("delete", 403)]
    with pytest.raises(NotAllowed, match="map their role to a writer"):
        bulk(reader, NAME, [(delete_line("planted"),)])


@pytest.mark.parametrize("role", ["reader", "writer"])
@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PUT", f"/{NAME}-other", {}),
        ("DELETE", f"/{NAME}", None),
        ("PUT", f"/{NAME}/_mapping", {"properties": {"more": {"type": "keyword"}}}),
        ("PUT", f"/{NAME}/_settings", {"index": {"number_of_replicas": 3}}),
        ("POST", "/_aliases", {"actions": [{"remove": {"index": f"{NAME}-*", "alias": NAME}}]}),
        ("GET", "/_cat/indices", None),
        ("PUT", "/_snapshot/away", {"type": "url", "settings": {"url": "http://127.0.0.1:1/"}}),
    ],
)
def test_who_serves_changes_no_index(
    clusters: Callable[[str], Cluster], role: str, method: str, path: str, body: object
) -> None:
    with pytest.raises(NotAllowed):
        clusters(role).ask(method, path, body)


@pytest.mark.parametrize("role", ["reader", "writer", "operator"])
def test_nobody_sees_another_index_or_changes_roles(clusters: Callable[[str], Cluster], role: str) -> None:
    admin = administrator(secured())
    set_up(admin, "payroll", [Bigrams()], Manifest())
    list(OpenSearchIndex(admin, "payroll", [Bigrams()], Manifest()).put([entry("급여")]))
    admin.close()
    caller = clusters(role)
    for method, path, body in (
        ("GET", "/payroll/_search", None),
        ("GET", "/_all/_search", None),
        ("GET", "/.opendistro_security/_search", None),
        ("PUT", ROLE, {"cluster_permissions": ["*"]}),
        ("DELETE", ROLE, None),
    ):
        with pytest.raises((NotAllowed, Refused)) as caught:
            caller.ask(method, path, body)
        assert "403" in str(caught.value), (method, path)
    planted = caller.ask("POST", "/payroll/_bulk", LINE)
    assert [item["index"]["status"] for item in planted["items"]] == [403]
    answer = caller.ask("POST", "/_msearch", b'{"index":"payroll"}\n{"query":{"match_all":{}}}\n')
    assert answer["responses"][0]["status"] == 403


def test_an_operator_makes_switches_and_removes_indexes(clusters: Callable[[str], Cluster]) -> None:
    operator = clusters("operator")
    made = set_up(operator, f"{NAME}-spare", [Bigrams()], Manifest()).index
    operator.ask("POST", "/_aliases", {"actions": [{"add": {"index": made, "alias": f"{NAME}-spare-old"}}]})
    operator.ask("PUT", f"/{made}/_settings", {"index": {"blocks.write": True}})
    operator.ask("DELETE", f"/{made}")


@pytest.mark.parametrize("caller", ["", "arn:aws:iam::111122223333:role/stranger"])
def test_who_has_no_role_gets_in_nowhere(caller: str) -> None:
    stranger = Cluster(door(caller))
    with pytest.raises(NotAllowed, match="401" if not caller else "403"):
        index_as(stranger)
    stranger.close()
