"""Signatures are botocore's own, for any path, query and body."""

from datetime import UTC, datetime
from urllib.parse import quote

import botocore.auth
import pytest
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as Theirs
from hypothesis import given
from hypothesis import strategies as st

from ragtune.adapters.signing import Credentials, Signer, credentials
from ragtune.errors import BadInput

AT = datetime(2026, 11, 22, 1, 0, 3, tzinfo=UTC)
BY = Credentials(key_id="AKIAEXAMPLE", key="wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", token="to/ken==")  # noqa: S106
TEXT = st.text(st.characters(codec="utf-8"), max_size=12)


def theirs(method: str, url: str, service: str, body: bytes, headers: dict[str, str]) -> str:
    """The header as botocore writes it."""
    known = Theirs(BY.key_id, BY.key, BY.token)
    kind = botocore.auth.S3SigV4Auth if service == "s3" else botocore.auth.SigV4Auth
    signer = kind(known, service, "ap-northeast-2")
    request = AWSRequest(method=method, url=url, data=body, headers=headers)
    request.context.update(timestamp=f"{AT:%Y%m%dT%H%M%SZ}", payload_signing_enabled=True)
    request.headers["X-Amz-Content-SHA256"] = signer.payload(request)
    request.headers["X-Amz-Date"] = request.context["timestamp"]
    request.headers["X-Amz-Security-Token"] = BY.token
    canonical = signer.canonical_request(request)
    to_sign = signer.string_to_sign(request, canonical)
    names = signer.signed_headers(signer.headers_to_sign(request))
    scope = signer.scope(request)
    signature = signer.signature(to_sign, request)
    return f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders={names}, Signature={signature}"


@pytest.mark.parametrize("service", ["es", "s3", "sagemaker"])
@given(
    path=st.lists(TEXT.filter(lambda part: part not in (".", "..")), max_size=3),
    query=st.dictionaries(TEXT.filter(bool), TEXT, max_size=3),
    body=st.binary(max_size=40),
)
def test_it_signs_as_botocore_does(service: str, path: list[str], query: dict[str, str], body: bytes) -> None:
    below = "/".join(quote(part, safe="") for part in path if part)
    asked = "&".join(f"{quote(key, safe='')}={quote(value, safe='')}" for key, value in query.items())
    url = f"https://search.example.com:9243/{below}" + (f"?{asked}" if asked else "")
    headers = {"content-type": "application/json"}
    signer = Signer(service=service, region="ap-northeast-2", by=BY)
    made = signer.signed("POST", url, body=body, headers=headers, at=AT)
    assert made["authorization"] == theirs("POST", url, service, body, headers)


def test_parameters_are_ordered_by_name() -> None:
    url = "https://search.example.com/?00=&0=b&0=a"
    made = Signer(service="s3", region="ap-northeast-2", by=BY).signed("GET", url, at=AT)
    assert made["authorization"] == theirs("GET", url, "s3", b"", {})


def test_a_query_is_signed_as_it_is_read_however_it_is_sent() -> None:
    signer = Signer(service="es", region="ap-northeast-2", by=BY)
    sent, encoded = (
        signer.signed("GET", f"https://search.example.com/_mget?fields={value}&q=%EC%9A%94", at=AT)
        for value in ("a,b*", "a%2Cb%2A")
    )
    assert sent == encoded


def test_a_key_is_never_shown() -> None:
    assert BY.key not in repr(BY)
    assert BY.token not in repr(BY)


def test_without_credentials_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID", raising=False)
    with pytest.raises(BadInput, match="AWS_ACCESS_KEY_ID: not in the environment"):
        credentials()
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIA")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "k")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "t")
    assert credentials() == Credentials(key_id="AKIA", key="k", token="t")  # noqa: S106
