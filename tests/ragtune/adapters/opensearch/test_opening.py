import pytest

from ragtune.adapters.opensearch.opening import cluster_at
from ragtune.errors import BadInput

HOST = "search-x.ap-northeast-2.es.amazonaws.com"


@pytest.fixture
def role(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKID")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize(
    ("url", "address", "name"),
    [
        ("opensearch+http://127.0.0.1:9201", "http://127.0.0.1:9201", "ragtune"),
        ("opensearch+http://localhost:9201/manuals/", "http://localhost:9201", "manuals"),
        (f"opensearch+https://{HOST}", f"https://{HOST}", "ragtune"),
        (f"opensearch+https://{HOST}:443/my-manuals", f"https://{HOST}:443", "my-manuals"),
    ],
)
def test_a_url_names_cluster_and_index(role: None, url: str, address: str, name: str) -> None:
    cluster, found = cluster_at(url)
    assert (cluster.url, found) == (address, name)


def test_https_is_signed_for_the_hosts_region(role: None) -> None:
    signer = cluster_at(f"opensearch+https://{HOST}")[0]._signer
    assert signer is not None
    assert (signer.service, signer.region) == ("es", "ap-northeast-2")
    assert cluster_at("opensearch+http://127.0.0.1:9201")[0]._signer is None


def test_a_host_without_a_region_takes_the_environments(role: None, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(BadInput, match="names no AWS region; set AWS_REGION"):
        cluster_at("opensearch+https://127.0.0.1:9443")
    monkeypatch.setenv("AWS_REGION", "eu-central-1")
    signer = cluster_at("opensearch+https://127.0.0.1:9443")[0]._signer
    assert signer is not None
    assert signer.region == "eu-central-1"


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("opensearch://host", "is not opensearch"),
        ("opensearch+https://", "is not opensearch"),
        ("opensearch+http://search.example:9200", "is another machine; use opensearch"),
        ("opensearch+http://127.0.0.1:9201/Manuals", "can't name an index"),
        ("opensearch+http://127.0.0.1:9201/a/b", "can't name an index"),
        ("opensearch+http://127.0.0.1:9201/_all", "can't name an index"),
        ("opensearch+http://127.0.0.1:9201/a,b", "can't name an index"),
        ("opensearch+https://me:secret@host/x", "credentials belong in the"),
    ],
)
def test_other_urls_are_refused_and_no_secret_is_repeated(role: None, url: str, reason: str) -> None:
    with pytest.raises(BadInput, match=reason) as caught:
        cluster_at(url)
    assert "secret" not in str(caught.value)


def test_https_without_credentials_says_so(role: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    with pytest.raises(BadInput, match="set AWS credentials"):
        cluster_at(f"opensearch+https://{HOST}")
