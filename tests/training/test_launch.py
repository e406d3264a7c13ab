import json
import sys
from pathlib import Path

import pytest

from ragtune.errors import BadInput
from training import launch
from training.launch import Cluster, find_cluster, launched


def test_one_card_and_modules_that_share_nothing_are_plain_processes(tmp_path: Path) -> None:
    assert launched("training.train", {}, tmp_path) == ([sys.executable, "-m", "training.train"], {})
    several = {"SM_NUM_GPUS": "8"}
    assert launched("training.evaluate", several, tmp_path)[0] == [sys.executable, "-m", "training.evaluate"]


def test_several_cards_are_a_process_each_on_the_hosts_own_loopback(tmp_path: Path) -> None:
    (tmp_path / "dev").mkdir()
    for name in ("nvidia0", "nvidia1", "nvidia2", "nvidia3", "nvidiactl"):
        (tmp_path / "dev" / name).touch()
    command, variables = launched("training.train", {}, tmp_path)
    assert command[2:] == [
        "torch.distributed.run", "--nproc-per-node", "4", "--standalone", "--local-addr", "127.0.0.1",
        "-m", "training.train",
    ]  # fmt: skip
    assert 60 < int(variables["TORCH_ELASTIC_SHUTDOWN_TIMEOUT"]) < 120  # what spot gives


def test_hosts_are_those_of_the_container(tmp_path: Path) -> None:
    told = {"current_host": "algo-2", "hosts": ["algo-1", "algo-2"], "network_interface_name": "eth0"}
    path = tmp_path / launch.RESOURCES
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps(told), encoding="utf-8")
    command, variables = launched("training.train", {"SM_NUM_GPUS": "8"}, tmp_path)
    assert command[3:] == [
        "--nproc-per-node", "8", "--nnodes", "2", "--node-rank", "1", "--master-addr", "algo-1",
        "--master-port", "29400", "-m", "training.train",
    ]  # fmt: skip
    assert variables["NCCL_SOCKET_IFNAME"] == "eth0"


def test_variables_win_over_the_container(tmp_path: Path) -> None:
    found = find_cluster(
        {"SM_HOSTS": '["algo-2", "algo-1"]', "SM_CURRENT_HOST": "algo-1", "SM_NUM_GPUS": "1"}, tmp_path
    )
    assert found == Cluster(hosts=("algo-1", "algo-2"), place=0, cards=1)


@pytest.mark.parametrize(
    ("variables", "message"),
    [
        ({"SM_NUM_GPUS": "many"}, "SM_NUM_GPUS: 'many' is no number of cards"),
        ({"SM_HOSTS": "algo-1"}, "SM_HOSTS: 'algo-1' is no JSON list of names"),
        ({"SM_HOSTS": '["a"]', "SM_CURRENT_HOST": "b"}, "SM_CURRENT_HOST: 'b' is none of SM_HOSTS, a"),
    ],
)
def test_wrong_variables_are_quoted(tmp_path: Path, variables: dict[str, str], message: str) -> None:
    with pytest.raises(BadInput, match=message.replace("[", r"\[")):
        launched("training.train", variables, tmp_path)
