"""The state machine, run: whatever happens to the update, what is written is what serves."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from infra.promotion_states import Place, machine
from ragtune.promotion import NONE, Names, Served
from tests.infra.state_machine import Course, Refused, run

NAMES = Names(name="ragtune-dev")
BUCKET = "ragtune-dev-models-123456789012-ap-northeast-2"
WEIGHTS = f"s3://{BUCKET}/runs/"
PLACE = Place(
    names=NAMES,
    partition="aws",
    role="arn:aws:iam::123456789012:role/change",
    topic="arn:aws:sns:ap-northeast-2:123456789012:ragtune-dev-alarms",
    bucket=BUCKET,
)
DEFINITION = machine(PLACE)
BUSY = "Stack is in UPDATE_IN_PROGRESS state and can not be updated."


def arn(version: int) -> str:
    return f"arn:aws:sagemaker:ap-northeast-2:123456789012:model-package/ragtune-dev/{version}"


def served(version: int, *, serving: bool = True) -> Served:
    return Served(package=arn(version), weights=f"{WEIGHTS}{version}/output/model/", serving=serving)


@dataclass(kw_only=True)
class Account:
    """What an account holds: parameters, the one stack, packages; `fails` makes an update roll back."""

    stack: Served = field(default_factory=Served)
    packages: dict[str, tuple[str, str]] = field(default_factory=dict)  # ARN -> approval, weights
    fails: bool = False
    busy: bool = False
    no_bucket: bool = False
    recorded: tuple[str, str] = ("", "")
    left: list[str] = field(default_factory=list)  # statuses before the stack stands still
    meanwhile: Callable[[], object] = lambda: None
    told: list[str] = field(default_factory=list)
    updates: list[dict[str, Any]] = field(default_factory=list)
    parameters: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.parameters = {NAMES.current: self.stack.text, NAMES.previous: Served().text}
        for version in (1, 2, 3):
            self.packages.setdefault(arn(version), ("Approved", served(version).weights))

    def run(self, **given: str) -> Course:
        services = {
            "ssm:getParameter": lambda asked: {"Parameter": {"Value": self.parameters[asked["Name"]]}},
            "ssm:putParameter": self._put,
            "sagemaker:describeModelPackage": self._package,
            "cloudformation:updateStack": self._update,
            "cloudformation:describeStacks": self._look,
            "s3:putObject": self._record,
            "sns:publish": lambda asked: self.told.append(asked["Message"]),
        }
        return run(DEFINITION, given, services)

    def _put(self, asked: dict[str, Any]) -> None:
        assert asked["Overwrite"]
        self.parameters[asked["Name"]] = asked["Value"]

    def _record(self, asked: dict[str, Any]) -> None:
        if self.no_bucket:
            raise Refused("AccessDenied")
        self.recorded = f"s3://{asked['Bucket']}/{asked['Key']}", asked["Body"]

    def _package(self, asked: dict[str, Any]) -> dict[str, Any]:
        if asked["ModelPackageName"] not in self.packages:
            raise Refused("AccessDenied")
        approval, weights = self.packages[asked["ModelPackageName"]]
        source = {"ModelDataSource": {"S3DataSource": {"S3Uri": weights}}}
        return {"ModelApprovalStatus": approval, "InferenceSpecification": {"Containers": [source]}}

    def _update(self, asked: dict[str, Any]) -> None:
        self.updates.append(asked)
        if self.busy:
            raise Refused(BUSY)
        self.left = ["UPDATE_IN_PROGRESS", "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS"]
        if self.fails:
            self.left = ["UPDATE_IN_PROGRESS", "UPDATE_ROLLBACK_IN_PROGRESS"]
        else:
            package, weights, serving = self.parameters[NAMES.current].split(",")
            self.stack = Served(package=package, weights=weights, serving=serving == "yes")

    def _look(self, _: dict[str, Any]) -> dict[str, Any]:
        if self.left:
            status = self.left.pop(0)
        else:
            self.meanwhile()
            status = "UPDATE_ROLLBACK_COMPLETE" if self.fails else "UPDATE_COMPLETE"
        output = {"OutputKey": "Served", "OutputValue": self.stack.text}
        return {"Stacks": [{"StackStatus": status, "Outputs": [output]}]}

    @property
    def current(self) -> str:
        return self.parameters[NAMES.current]

    @property
    def previous(self) -> str:
        return self.parameters[NAMES.previous]


def test_an_approved_version_serves_and_the_one_before_is_remembered() -> None:
    account = Account(stack=served(1))
    course = account.run(package=arn(2))
    assert (course.path[-1], course.error, account.told) == ("Done", "", [])
    assert account.stack == served(2)
    assert (account.current, account.previous) == (served(2).text, served(1).text)
    assert account.updates == [
        {"StackName": "ragtune-dev-model", "UsePreviousTemplate": True, "RoleARN": PLACE.role}
    ]


def test_what_serves_is_written_down_for_those_who_answer_with_it() -> None:
    account = Account(stack=served(1))
    account.run(package=arn(2))
    assert account.recorded == (f"s3://{BUCKET}/serving/current", served(2).text)
    account.no_bucket = True
    assert account.run(package=arn(3)).path[-1] == "Done"
    assert account.stack == served(3)


def test_rollback_is_the_same_way_with_the_version_before() -> None:
    account = Account(stack=served(1))
    account.run(package=arn(2))
    account.run(package=account.previous.split(",")[0])
    assert account.stack == served(1)
    assert account.previous == served(2).text


def test_an_update_that_fails_half_way_leaves_the_old_one_and_tells() -> None:
    account = Account(stack=served(1), fails=True)
    course = account.run(package=arn(2))
    assert (course.path[-1], course.error) == ("Failed", "NotServed")
    assert account.stack == served(1)
    assert (account.current, account.previous) == (served(1).text, Served().text)
    (message,) = account.told
    assert "rolled back" in message
    assert arn(2) in message


def test_the_first_version_has_none_before_it() -> None:
    account = Account()
    account.run(package=arn(1))
    assert account.stack == served(1)
    assert account.previous.startswith(NONE)


@pytest.mark.parametrize("approval", ["PendingManualApproval", "Rejected"])
def test_what_nobody_approved_does_not_serve(approval: str) -> None:
    account = Account(stack=served(1), packages={arn(2): (approval, served(2).weights)})
    course = account.run(package=arn(2))
    assert course.error == "NotServed"
    assert (account.stack, account.updates) == (served(1), [])
    assert "not approved" in account.told[0]


@pytest.mark.parametrize("weights", ["s3://elsewhere/runs/2/", f"{WEIGHTS.replace('runs', 'data')}2/"])
def test_weights_from_elsewhere_do_not_serve(weights: str) -> None:
    account = Account(stack=served(1), packages={arn(2): ("Approved", weights)})
    assert account.run(package=arn(2)).error == "NotServed"
    assert account.updates == []


def test_a_folder_of_weights_ends_in_a_slash() -> None:
    account = Account(stack=served(1), packages={arn(2): ("Approved", served(2).weights.rstrip("/"))})
    account.run(package=arn(2))
    assert account.stack == served(2)


def test_a_package_that_it_may_not_read_is_told_and_changes_nothing() -> None:
    account = Account(stack=served(1))
    assert account.run(package=arn(9)).error == "NotServed"
    assert (account.current, account.updates) == (served(1).text, [])
    assert "AccessDenied" in account.told[0]


def test_the_same_again_does_nothing() -> None:
    account = Account(stack=served(2))
    assert account.run(package=arn(2)).path[-2:] == ["Changed", "Done"]
    assert account.updates == []


def test_who_comes_second_with_the_same_version_ends_well() -> None:
    """EventBridge may deliver an approval twice: the second finds the stack busy with what it wants."""
    account = Account(stack=served(1), busy=True, left=["UPDATE_IN_PROGRESS"])
    account.meanwhile = lambda: setattr(account, "stack", served(2))
    assert account.run(package=arn(2)).path[-1] == "Done"
    assert (account.current, account.told) == (served(2).text, [])


def test_who_comes_second_with_another_version_is_told_and_nothing_false_is_written() -> None:
    account = Account(stack=served(1), busy=True, left=["UPDATE_IN_PROGRESS"])
    account.meanwhile = lambda: setattr(account, "stack", served(3))
    assert account.run(package=arn(2)).error == "NotServed"
    assert account.current == served(3).text
    assert BUSY in account.told[0]


def test_stop_and_start_keep_the_version_and_the_one_before() -> None:
    account = Account(stack=served(1))
    account.run(package=arn(2))
    account.run(serving="no")
    assert account.stack == served(2, serving=False)
    account.run(serving="yes")
    assert account.stack == served(2)
    assert account.previous == served(1).text


def test_a_promotion_starts_what_was_stopped() -> None:
    account = Account(stack=served(1, serving=False))
    account.run(package=arn(2))
    assert account.stack == served(2)


def test_every_state_is_passed_by_these() -> None:
    """A branch that no case takes is no branch that was shown."""
    seen: set[str] = set()
    closed = served(2).weights.rstrip("/")
    for account, given in (
        (Account(stack=served(1)), {"package": arn(2)}),
        (Account(stack=served(1), fails=True), {"package": arn(2)}),
        (Account(packages={arn(2): ("Rejected", closed)}), {"package": arn(2)}),
        (Account(packages={arn(2): ("Approved", closed)}), {"package": arn(2)}),
        (Account(stack=served(1)), {"serving": "no"}),
    ):
        seen |= set(account.run(**given).path)
    assert seen == set(DEFINITION["States"])
