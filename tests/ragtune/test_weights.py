from pathlib import Path

from ragtune.weights import weights_digest


def test_a_digest_names_weights_configuration_and_tokenizer(tmp_path: Path) -> None:
    assert weights_digest(tmp_path) == ""
    (tmp_path / "model.safetensors").write_bytes(b"weights")
    first = weights_digest(tmp_path)
    assert len(first) == 16
    (tmp_path / "log.txt").write_bytes(b"no part of it")
    assert weights_digest(tmp_path) == first
    (tmp_path / "tokenizer.json").write_bytes(b"{}")
    assert weights_digest(tmp_path) != first
