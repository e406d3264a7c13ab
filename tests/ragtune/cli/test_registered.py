"""One way for people: the deployment's file says whether this machine's registry or an account is meant."""

from pathlib import Path

import pytest

from tests.ragtune.cli.conftest import Run

ACCOUNT = Path("config/prod-model.toml").absolute()


@pytest.mark.parametrize("command", ["promote", "rollback", "start", "stop"])
def test_an_account_knows_its_own_models_alone(command: str, run: Run) -> None:
    code, _, told = run("model", command, "tuned", "--config", str(ACCOUNT))
    assert code == 2
    assert "model 'tuned': not registered" in " ".join(told.split())
    assert "'ragtune-prod'" in told


@pytest.mark.parametrize("command", ["start", "stop"])
def test_on_this_machine_there_is_no_endpoint_to_stop(command: str, run: Run) -> None:
    code, _, told = run("model", command, "tuned")
    assert code == 2
    assert "serves on this machine" in " ".join(told.split())


def test_the_registry_of_this_machine_is_listed(run: Run) -> None:
    code, shown, _ = run("model", "list")
    assert (code, "models" in shown) == (0, True)
