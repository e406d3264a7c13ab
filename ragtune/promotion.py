"""Which model an account serves: one value in the account's parameter store, and the names around it.

    arn:aws:sagemaker:ap-northeast-2:123456789012:model-package/ragtune-prod/3,s3://…/output/model/,yes
    package                                                                    weights              serving

CloudFormation reads it whenever the endpoint's stack is deployed, so what was promoted stays; the state
machine of promotions changes it. A value is one text, so that no reader ever sees half of a change.
"""

from dataclasses import dataclass
from typing import Literal, Protocol

from ragtune.errors import BadInput

State = Literal["candidate", "approved", "rejected", "current", "stopped"]
NONE = "none/none/0"  # in place of a package's ARN: what is split by / has three parts here, too
ADAPTER_FILE = "adapter.tar.gz"  # below the weights of an adapter: what an adapter component is given
RECORD = "serving/current"  # in the models bucket: what serves, for those who answer with it
VARIANT = "all"  # of the endpoint; scaling names it, so it stays the same from version to version


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """Of what stands around the endpoint of the deployment `name`."""

    name: str

    @property
    def endpoint(self) -> str:
        """The endpoint, and the stack that owns it."""
        return f"{self.name}-model"

    @property
    def component(self) -> str:
        """The adapter on the base, for models whose server loads adapters."""
        return f"{self.name}-tuned"

    @property
    def base(self) -> str:
        """The base under the adapter."""
        return f"{self.name}-base"

    @property
    def machine(self) -> str:
        """The state machine that changes what serves."""
        return f"{self.name}-promotion"

    @property
    def idle(self) -> str:
        """The alarm that says that nobody has asked for long."""
        return f"{self.name}-model-idle"

    @property
    def current(self) -> str:
        """The parameter that says what serves."""
        return f"/ragtune/{self.name}/model/current"

    @property
    def previous(self) -> str:
        """The parameter that says what served before another package did."""
        return f"/ragtune/{self.name}/model/previous"


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """What the parameter holds. `package` is NONE before the first promotion."""

    package: str = NONE  # ARN
    weights: str = "none"  # s3://…/
    serving: bool = False

    @property
    def version(self) -> int:
        """The package's number; 0 for none."""
        return int(self.package.rpartition("/")[2])

    @property
    def text(self) -> str:
        """As the parameter holds it.

        >>> Served().text
        'none/none/0,none,no'
        """
        return ",".join((self.package, self.weights, "yes" if self.serving else "no"))


def read_served(text: str) -> Served:
    """The value of a parameter. Raises BadInput when somebody wrote something else there.

    >>> read_served("none/none/0,none,no") == Served()
    True
    """
    parts = text.split(",")
    if len(parts) != 3 or parts[2] not in ("yes", "no"):
        raise BadInput(f"the parameter of what serves holds {text[:80]!r}; promote a version to set it right")
    return Served(package=parts[0], weights=parts[1], serving=parts[2] == "yes")


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """A package. `stopped`: it would serve, were the endpoint not stopped."""

    name: str
    version: int
    state: State
    preset: str
    made_at: str  # ISO 8601
    arn: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """The state machine's last run."""

    state: str  # RUNNING, SUCCEEDED, FAILED, TIMED_OUT, ABORTED
    started: str  # ISO 8601


class Models(Protocol):
    """The tuned models of an account, for people. What changes, a state machine changes, in minutes."""

    @property
    def name(self) -> str:
        """Of all of them: the deployment's."""

    def versions(self) -> list[Version]:
        """Every version, the newest first."""

    def last_change(self) -> Change | None:
        """Of what serves; None before the first."""

    def promote(self, version: int | None = None) -> Version:
        """Let a version serve, by default the newest. Raises BadInput for one that may not."""

    def rollback(self) -> Served:
        """Let what served before serve again. Raises BadInput where nothing did."""

    def serve(self, *, on: bool) -> Served:
        """Stop the endpoint, or start it again. Raises BadInput before the first promotion."""
