import pytest

from ragtune.adapters.places import bucket_of, folder_of
from ragtune.errors import BadInput


def test_a_bucket_stands_alone() -> None:
    assert bucket_of("s3://ragtune-dev-state/") == "ragtune-dev-state"


@pytest.mark.parametrize("url", ["", "s3://", "s3:///a", "https://a", "s3://a/b", "/a"])
def test_what_is_no_bucket_is_quoted(url: str) -> None:
    with pytest.raises(BadInput, match=f"^{url}: is not of the form s3://bucket$"):
        bucket_of(url)


def test_a_folder_may_be_the_whole_bucket() -> None:
    assert folder_of("s3://models/runs/tuned/") == ("models", "runs/tuned")
    assert folder_of("s3://models") == ("models", "")


@pytest.mark.parametrize("url", ["", "s3:///a", "file:///a"])
def test_what_is_no_folder_is_quoted(url: str) -> None:
    with pytest.raises(BadInput, match=f"^{url}: is not of the form s3://bucket/folder$"):
        folder_of(url)
