"""Staging brings everything, resumes, verifies, and refuses what nobody decided on."""

import hashlib
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from ragtune.adapters.staging import StagingBucket
from ragtune.errors import BadInput, Busy, ManifestMismatch, SettingsError
from ragtune.presets import FOLDER, load_preset
from ragtune.seal import require_sealed
from ragtune.staging import code_files, folder_files, model_files, wheel_files
from tests.training.tiny import write_model


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    with mock_aws():
        s3 = boto3.client("s3", region_name="us-east-1")
        s3.create_bucket(Bucket="models")
        yield s3


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_model(tmp_path_factory.mktemp("base"))


def stored(client: Any) -> dict[str, bytes]:
    found = client.list_objects_v2(Bucket="models").get("Contents", ())
    return {one["Key"]: client.get_object(Bucket="models", Key=one["Key"])["Body"].read() for one in found}


def test_what_is_staged_is_what_a_job_checks(client: Any, model: Path, tmp_path: Path) -> None:
    staged = model_files(model, load_preset("sample"), licence="")
    done = StagingBucket("s3://models/staged", client=client).put(staged)
    assert done.uri == f"s3://models/staged/models/sample/{staged.digest}/"
    assert (done.uploaded, done.kept) == (len(staged.files), 0)
    prefix = done.uri.removeprefix("s3://models/")
    for key, data in stored(client).items():
        if key.startswith(prefix):
            path = tmp_path / key.removeprefix(prefix)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
    assert require_sealed(tmp_path, staged.digest) == staged.digest
    notes = json.loads(stored(client)[f"{prefix.rstrip('/')}.json"])
    assert (notes["licence"], notes["preset"]) == ("Apache-2.0", "sample")


def test_a_second_time_only_what_is_missing_or_damaged_is_brought(client: Any, model: Path) -> None:
    bucket = StagingBucket("s3://models", client=client)
    staged = model_files(model, load_preset("sample"), licence="")
    bucket.put(staged)
    base = f"models/sample/{staged.digest}"
    client.delete_object(Bucket="models", Key=f"{base}/config.json")
    client.put_object(Bucket="models", Key=f"{base}/model.safetensors", Body=b"cut short")
    again = bucket.put(staged)
    assert (again.uploaded, again.kept) == (2, len(staged.files) - 2)
    assert stored(client)[f"{base}/model.safetensors"] == (model / "model.safetensors").read_bytes()
    assert bucket.put(staged).uploaded == 0


def test_the_seal_comes_last(client: Any, model: Path, tmp_path: Path) -> None:
    """A staging that breaks off leaves no folder that looks whole."""
    staged = model_files(model, load_preset("sample"), licence="")
    staged.files["tokenizer.json"] = tmp_path / "gone.json"
    with pytest.raises(FileNotFoundError):
        StagingBucket("s3://models", client=client).put(staged)
    assert stored(client)
    assert not any(key.endswith("digests.json") for key in stored(client))


def test_a_file_that_changes_on_the_way_is_refused_by_the_job(
    client: Any, model: Path, tmp_path: Path
) -> None:
    staged = model_files(model, load_preset("sample"), licence="")
    other = tmp_path / "config.json"
    other.write_text("{}", encoding="utf-8")
    staged.files["config.json"] = other
    StagingBucket("s3://models", client=client).put(staged)
    for key, data in stored(client).items():
        (tmp_path / "got").mkdir(exist_ok=True)
        (tmp_path / "got" / key.rpartition("/")[2]).write_bytes(data)
    (tmp_path / "got" / f"{staged.digest}.json").unlink()
    with pytest.raises(ManifestMismatch, match=r"config\.json is not what was sealed"):
        require_sealed(tmp_path / "got")


def test_a_bucket_that_is_not_there_is_one_sentence(client: Any, model: Path) -> None:
    staged = model_files(model, load_preset("sample"), licence="")
    with pytest.raises(Busy, match=r"s3://other/models/sample/.*what arrived is kept"):
        StagingBucket("s3://other", client=client).put(staged)
    with pytest.raises(BadInput, match="is not of the form s3://bucket/folder"):
        StagingBucket("/models", client=client)


def own_preset(tmp_path: Path, commercial: str) -> str:
    text = (FOLDER / "sample.toml").read_text(encoding="utf-8")
    path = tmp_path / "own.toml"
    path.write_text(re.sub(r'commercial = ".*"', f'commercial = "{commercial}"', text), encoding="utf-8")
    return str(path)


@pytest.mark.parametrize("commercial", ["check", "no"])
def test_a_licence_that_nobody_decided_on_is_not_staged(model: Path, tmp_path: Path, commercial: str) -> None:
    preset = load_preset(own_preset(tmp_path, commercial), accept_non_commercial=True)
    with pytest.raises(SettingsError, match="--licence"):
        model_files(model, preset, licence="")
    staged = model_files(model, preset, licence="Kim, 2026-11-20, note 41")
    assert staged.notes["decided"] == "Kim, 2026-11-20, note 41"


def test_another_model_pickles_and_missing_parts_are_refused(model: Path, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="is another model than preset 'kullm' names"):
        model_files(model, load_preset("kullm"), licence="Kim")
    folder = write_model(tmp_path / "copy")
    (folder / "pytorch_model.bin").write_bytes(b"pickle")
    with pytest.raises(BadInput, match=r"pytorch_model\.bin can run code"):
        model_files(folder, load_preset("sample"), licence="")
    (folder / "pytorch_model.bin").unlink()
    (folder / "tokenizer.json").unlink()
    with pytest.raises(BadInput, match=r"holds no tokenizer\.json"):
        model_files(folder, load_preset("sample"), licence="")


def test_wheels_are_pinned_by_hash(tmp_path: Path) -> None:
    wheel = tmp_path / "peft-0.21.2-py3-none-any.whl"
    wheel.write_bytes(b"wheel")
    with pytest.raises(BadInput, match="needs wheels"):
        wheel_files(tmp_path)
    pinned = hashlib.sha256(b"wheel").hexdigest()
    (tmp_path / "requirements.txt").write_text(f"peft==0.21.2 --hash=sha256:{pinned}\n", encoding="utf-8")
    assert set(wheel_files(tmp_path).files) == {wheel.name, "requirements.txt"}
    wheel.write_bytes(b"another")
    with pytest.raises(BadInput, match=r"is not pinned by requirements\.txt"):
        wheel_files(tmp_path)


def test_the_code_of_every_job_is_staged() -> None:
    files = code_files(Path()).files
    for name in ("training/start.py", "training/train.py", "inference/merge.py", "ragtune/presets/kullm.toml",
                 "ragtune/instances.toml", "ragtune/evaluation/report.css"):  # fmt: skip
        assert name in files, name
    assert not any("__pycache__" in name for name in files)


def test_a_text_of_the_bucket_is_read_and_no_other(client: Any) -> None:
    client.put_object(Bucket="models", Key="runs/log.jsonl", Body="로그".encode())
    bucket = StagingBucket("s3://models/staged", client=client)
    assert bucket.text("s3://models/runs/log.jsonl") == "로그"
    with pytest.raises(BadInput, match="runs/none: is not there"):
        bucket.text("s3://models/runs/none")
    with pytest.raises(BadInput, match="s3://others/log: is not in the bucket models"):
        bucket.text("s3://others/log")


def test_a_folder_without_files_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="holds no file"):
        folder_files("sweeps/reference", tmp_path)
    (tmp_path / "a").write_text("1", encoding="utf-8")
    assert folder_files("sweeps/reference", tmp_path).files == {"a": tmp_path / "a"}
