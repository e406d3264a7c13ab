"""Every deployment for AWS loads; a wrong value is quoted with file and key before anything is made of it."""

import re
from pathlib import Path

import pytest

from ragtune.deployment import load_deployment
from ragtune.errors import SettingsError

FILES = [
    file for file in sorted(Path("config").rglob("*.toml")) if "[aws]" in file.read_text(encoding="utf-8")
]


def test_there_is_a_cheap_and_a_lasting_deployment() -> None:
    assert {file.name for file in FILES} >= {"dev.toml", "prod.toml"}
    for file in FILES:
        deployment = load_deployment(file)
        assert all(zone.startswith(deployment.aws.region) for zone in deployment.zones)


def changed(tmp_path: Path, old: str, new: str) -> Path:
    text = Path("config/dev.toml").read_text(encoding="utf-8")
    assert old in text
    file = tmp_path / "changed.toml"
    file.write_text(text.replace(old, new), encoding="utf-8")
    return file


EXISTING = """
[aws.network.existing]
vpc = "vpc-0a1b2c3d4e5f60718"
subnets = ["subnet-0a1b2c3d4e5f60711", "subnet-0a1b2c3d4e5f60712"]
"""


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('name = "ragtune-dev"', 'name = "Ragtune"', "aws.name: 'Ragtune' is not of the form"),
        ('region = "ap-northeast-2"', 'region = "Seoul"', "aws.region: 'Seoul' is not of the form"),
        ('zones = ["a", "c"]', 'zones = ["a"]', "aws.network.zones: 1 is not between 2 and 4"),
        ('zones = ["a", "c"]', 'zones = ["a", "a"]', "aws.network.zones: a, a names one twice"),
        ('cidr = "10.40.0.0/20"', 'cidr = "8.8.0.0/20"', "aws.network.cidr: 8.8.0.0/20 is not private"),
        (
            'cidr = "10.40.0.0/20"',
            'cidr = "10.40.0.1/20"',
            "aws.network.cidr: '10.40.0.1/20' is no IPv4 range",
        ),
        (
            'cidr = "10.40.0.0/20"',
            'cidr = "10.40.0.0/24"',
            "aws.network.cidr: 10.40.0.0/24 has 256 addresses",
        ),
        ("clients = []", 'clients = ["0.0.0.0/0"]', "aws.network.clients: 0.0.0.0/0 is not private"),
        (
            "search_subnet_bits = 27",
            "search_subnet_bits = 29",
            "search_subnet_bits: 29 is not between 20 and 28",
        ),
        ("nodes = 1\n", "nodes = 40\n", "aws.network.search_subnet_bits: /27 has room for 27 nodes"),
        ("endpoint_zones = 1", "endpoint_zones = 3", "aws.network.endpoint_zones: 3 is not between 1 and 2"),
        ('"pl-78a54011"', '"s3"', "aws.network.s3_prefix_list: 's3' is not of the form pl-"),
        ('python = "3.11"', 'python = "3.9"', "aws.functions.python: '3.9' is not of the form"),
        (
            'architecture = "arm64"',
            'architecture = "riscv"',
            "architecture: 'riscv' is none of arm64, x86_64",
        ),
        ("left = []", 'left = ["queues"]', "aws.retention.left: 'queues' is none of documents, state"),
        ("keep = false", "keep = true", "aws.retention.left: with keep, documents, audit and keys are left"),
        ("logs_days = 14", "logs_days = 15", "aws.retention.logs_days: 15 is none of 1, 3, 5"),
        ('["public", "internal"]', "[]", "aws.callers.ragtune-dev-counsellor: no label"),
        ("[aws.search]", EXISTING + "[aws.search]", "existing.route_tables: 0 for 2 subnets"),
        ("[aws.search]", "[aws.organisation]\ntargets = []\n[aws.search]", "organisation.targets: empty"),
        (
            "[aws.search]",
            '[aws.organisation]\ntargets = ["x"]\n[aws.search]',
            "targets: 'x' is not of the form",
        ),
    ],
)
def test_a_wrong_value_names_file_key_and_value(tmp_path: Path, old: str, new: str, message: str) -> None:
    file = changed(tmp_path, old, new)
    with pytest.raises(SettingsError, match=re.escape(message)) as caught:
        load_deployment(file)
    assert str(caught.value).startswith(f"{file}: aws.")
    assert "\n" not in str(caught.value)


def test_a_file_without_the_table_says_which_have_it() -> None:
    with pytest.raises(SettingsError, match=r"has no \[aws\] table; use config/dev.toml"):
        load_deployment(Path("config/local.toml"))
