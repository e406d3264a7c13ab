"""The `[aws.model]` table: the endpoint that serves what the model pipeline made. Without it there is none.

    [aws.model]
    instance = "ml.g6e.2xlarge"
    least = 2
    most = 4
    callers = ["billing-app"]

Preset, its licence and the image are those of `[aws.training]`. The preset decides the way: where its server
loads adapters, a base with an adapter component on it; else one merged model.
"""

from dataclasses import dataclass

from ragtune.network_settings import matches
from ragtune.planning import Instance, fitting, instances, serving_memory
from ragtune.presets import Preset, load_preset
from ragtune.serving import container_environment
from ragtune.settings import within
from ragtune.training_settings import TrainingSettings

_ADAPTERS = 2  # the one that serves and, while they change, the next


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointSettings:
    """`least` and `most` are instances of a merged model, or copies of the base under its adapter."""

    instance: str = ""  # "": the preset's
    least: int = 1  # 0, with adapters only: asleep while nobody asks
    most: int = 2
    concurrent: int = 8  # requests at once on each, which scaling aims at
    base: str = ""  # with adapters: where `ragtune stage` brought the base, staged/models/qwen3/4f0c…
    watch_minutes: int = 10  # of a switch, while old and new stand and alarms decide
    idle_minutes: int = 0  # merged only: stopped when nobody has asked for so long; 0: never
    errors: int = 5  # failed requests in five minutes: an alarm, and the way back during a switch
    latency_s: float = 20.0  # of the slowest twentieth of answers: likewise
    callers: tuple[str, ...] = ()  # names of IAM roles that may ask the model itself
    ami: str = "al2023-ami-sagemaker-inference-gpu-4-1"  # with the driver that the image's CUDA needs

    def __post_init__(self) -> None:
        within("least", self.least, 0, 100)
        within("most", self.most, max(1, self.least), 100)
        within("concurrent", self.concurrent, 1, 1_000)
        within("watch_minutes", self.watch_minutes, 1, 60)
        within("errors", self.errors, 1, 10_000)
        within("latency_s", self.latency_s, 0.1, 60)
        if self.idle_minutes:
            within("idle_minutes", self.idle_minutes, 15, 24 * 60)
        if self.idle_minutes % 5:
            raise ValueError(f"idle_minutes: {self.idle_minutes} is no multiple of 5")
        if self.base:
            matches("base", self.base, r"staged/[\w.-]+(/[\w.-]+)*", "staged/models/qwen3/4f0c…")
        for role in self.callers:
            matches("callers", role, r"[\w+=,.@-]{1,64}", "a role's name, without its path")
        matches("ami", self.ami, r"[a-z0-9.-]{10,63}", "al2023-ami-sagemaker-inference-gpu-4-1")


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """What serves and on what. Raises ValueError for an instance that can't hold the model, and for wishes
    that the model's way does not have."""

    settings: EndpointSettings
    training: TrainingSettings

    def __post_init__(self) -> None:
        own = self.settings
        if self.merged and own.least == 0:
            raise ValueError("least: 0, but a merged model can't sleep; say 1, and idle_minutes for dev")
        if self.merged and own.base:
            raise ValueError(
                f"base: {own.base!r}, but preset {self.preset.name!r} is merged before it serves"
            )
        if not self.merged and not own.base:
            raise ValueError("base: missing; name the folder that `ragtune stage` brought the base model to")
        if not self.merged and own.idle_minutes:
            raise ValueError(f"idle_minutes: {own.idle_minutes}, but with adapters least = 0 does that")
        self._check_room()

    def _check_room(self) -> None:
        shape = self.preset.shape
        if shape is None:
            return
        memory = serving_memory(shape, context=self.preset.context_tokens, sequences=1)
        if self.instance not in fitting(memory):
            room, needed = self.instance.card_bytes / 1e9, memory.on(self.instance.cards) / 1e9
            told = f"each card has {room:.1f} GB, {self.preset.name} needs {needed:.1f} GB and some to spare"
            raise ValueError(f"instance: {self.instance.name}: {told}; see `ragtune plan`")

    @property
    def preset(self) -> Preset:
        """Whose licence the training's settings were asked about."""
        return load_preset(self.training.preset, accept_non_commercial=True)

    @property
    def merged(self) -> bool:
        """Whether one merged model serves, or an adapter on its base."""
        return self.training.merged

    @property
    def instance(self) -> Instance:
        """With its cards."""
        wanted = self.settings.instance or self.preset.instances.serving
        found = {one.name: one for one in instances()}
        if wanted not in found:
            raise ValueError(f"instance: {wanted!r} is none of {', '.join(found)}")
        return found[wanted]

    @property
    def container(self) -> dict[str, str]:
        """The container's variables."""
        adapters = 0 if self.merged else _ADAPTERS
        return container_environment(self.preset, cards=self.instance.cards, adapters=adapters)
