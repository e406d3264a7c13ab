import pytest

from ragtune.analysis import Bigrams
from ragtune.errors import ManifestMismatch
from ragtune.manifest import Manifest, analysis_version


def test_only_parts_that_both_know_are_compared() -> None:
    stored = Manifest(parser="1", chunker="500", analysis="bigram 1")
    assert stored.differences(Manifest(chunker="500", prompt="7")) == []
    assert stored.differences(Manifest(parser="2", chunker="800")) == [
        ("parser", "1", "2"),
        ("chunker", "500", "800"),
    ]


def test_a_mismatch_names_the_thing_each_part_and_the_remedy() -> None:
    wanted = Manifest(parser="2", base_model="b")
    stored = Manifest(parser="1", base_model="a")
    with pytest.raises(ManifestMismatch) as raised:
        stored.require(wanted, what="the adapter x", remedy="tune again")
    message = str(raised.value)
    assert message.startswith("the adapter x was made with parser '1'")
    assert "base_model 'a'" in message
    assert message.endswith("; tune again")


def test_the_same_parts_pass() -> None:
    Manifest(parser="1").require(Manifest(parser="1"), what="it", remedy="")


def test_analysis_names_every_view_in_order() -> None:
    assert analysis_version([Bigrams(), Bigrams(0.5)]) == "bigram 2, bigram 2"
