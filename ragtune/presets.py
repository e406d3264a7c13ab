"""Base models as data: one TOML file each in `ragtune/presets/`, checked when it is loaded.

A preset says what a model may be used for, how it is prompted, how much fits, and where it is trained and
served. A file of one's own works like a shipped one: name its path in the settings.

    model = "nlpai-lab/kullm-polyglot-12.8b-v2"
    licence = "Apache-2.0"
    commercial = "check"
    context_tokens = 2048
    tokens_per_char = 1.0

>>> load_preset("kullm").stop
('###',)
>>> load_preset("kullm").tokens("요금은 1만원")
7
"""

import math
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Literal

from ragtune.errors import BadInput, SettingsError
from ragtune.records import decode_toml, digest, toml_values
from ragtune.settings import within
from ragtune.shape import Shape, read_shape

FOLDER = Path(__file__).with_name("presets")


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """The text around a question: `{question}` once in both, `{passages}` once in `with_passages`."""

    with_passages: str
    without_passages: str

    def __post_init__(self) -> None:
        fields = {"with_passages": ("{question}", "{passages}"), "without_passages": ("{question}",)}
        for name, marks in fields.items():
            for mark in marks:
                found = getattr(self, name).count(mark)
                if found != 1:
                    raise ValueError(f"{name}: needs {mark} exactly once, found it {found} times")


@dataclass(frozen=True, slots=True, kw_only=True)
class Adapter:
    """How LoRA is put on this model. `runtime` tells whether its server can load adapters while it runs;
    where it can't, the adapter is merged into the weights before serving."""

    targets: tuple[str, ...]  # module names, or all-linear
    runtime: bool
    rank: int = 16
    alpha: int = 32
    learning_rate: float = 2e-4

    def __post_init__(self) -> None:
        within("rank", self.rank, 1, 512)
        within("alpha", self.alpha, 1, 1024)
        within("learning_rate", self.learning_rate, 1e-7, 1e-1)
        if not self.targets:
            raise ValueError("targets: empty; name modules, or all-linear")


@dataclass(frozen=True, slots=True, kw_only=True)
class Instances:
    """SageMaker instance types, or `local` for a process on this machine."""

    training: str
    serving: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Preset:
    """A base model. `tokens_per_char` bounds the tokens of one common Korean syllable (see `tokens`)."""

    name: str
    model: str  # Hugging Face id, or a folder of this project
    licence: str
    commercial: Literal["yes", "no", "check"]
    licence_note: str  # what was read, and what remains to be checked
    template: Template
    stop: tuple[str, ...]
    stop_ids: tuple[int, ...]
    context_tokens: int  # prompt and answer together
    max_new_tokens: int
    tokens_per_char: float
    tokens_per_char_basis: str  # how the bound was measured, or why it holds
    lora: Adapter
    instances: Instances
    closed_vocabulary: bool = False  # it says only values that are one token each (the sample base)
    shape: Shape | None = None  # None: that of the model's folder
    container: dict[str, str] = field(default_factory=dict)  # options of its server beside those of all

    def __post_init__(self) -> None:
        within("context_tokens", self.context_tokens, 64, 1_000_000)
        within("max_new_tokens", self.max_new_tokens, 1, self.context_tokens // 2)
        within("tokens_per_char", self.tokens_per_char, 0.05, 3.0)
        for option in self.container:
            if not option.startswith("OPTION_") or option == "OPTION_TRUST_REMOTE_CODE":
                raise ValueError(f"container.{option}: is no option that a preset may set (OPTION_…)")
        if not all(self.stop):
            raise ValueError(f"stop: {self.stop!r} holds an empty string; leave it out")

    @property
    def digest(self) -> str:
        """Of the template and the limits: what changes a rendered prompt."""
        limits = [self.context_tokens, self.max_new_tokens, self.tokens_per_char]
        return digest([self.template, self.stop, limits])

    def tokens(self, text: str) -> int:
        """An upper bound of the tokens of `text`, without a tokenizer.

        Every preset's tokenizer is byte-level, so a text never has more tokens than UTF-8 bytes. The
        2,350 syllables of KS X 1001, three bytes each, are counted `tokens_per_char` instead.
        """
        syllables = common_syllables()
        common = sum(map(syllables.__contains__, text))
        other_bytes = len(text.encode("utf-8", "surrogatepass")) - 3 * common
        return math.ceil(common * self.tokens_per_char) + other_bytes

    def licensed(self, accepted: str = "") -> str:
        """Who decided that this model may be used here: "" where its licence leaves nothing to decide.

        Raises SettingsError unless `accepted` says who decided, where something is left.
        """
        if self.commercial == "yes":
            return ""
        if accepted.strip():
            return accepted.strip()
        state = "forbids commercial use" if self.commercial == "no" else "has not been decided on"
        raise SettingsError(
            f"preset {self.name!r}: its licence ({self.licence}) {state}: {self.licence_note} "
            'Decide, and say who did: --licence "name, date, why"'
        )

    def shape_of(self, folder: Path | None = None) -> Shape:
        """The model's shape. Raises BadInput when `folder` holds another one, or there is none to look at."""
        if folder is None:
            if self.shape is None:
                raise BadInput(f"preset {self.name!r}: states no [shape]; name the model's folder")
            return self.shape
        found = read_shape(folder)
        differing = self.shape.differences(found) if self.shape else []
        if differing:
            told = ", ".join(f"{name} {theirs} (the preset: {own})" for name, own, theirs in differing)
            raise BadInput(f"{folder}: is another model than preset {self.name!r} names: {told}")
        return found


@cache
def common_syllables() -> frozenset[str]:
    """The 2,350 Hangul syllables of KS X 1001, which make up nearly all of written Korean."""
    rows = (bytes((row, cell)).decode("euc_kr") for row in range(0xB0, 0xC9) for cell in range(0xA1, 0xFF))
    return frozenset(rows)


def preset_names() -> list[str]:
    """The shipped ones, sorted."""
    return sorted(path.stem for path in FOLDER.glob("*.toml"))


def load_preset(name: str, *, accept_non_commercial: bool = False) -> Preset:
    """The shipped preset `name`, or the one at a path that ends in .toml.

    Raises SettingsError when there is none or its file is wrong, and when the licence forbids
    commercial use and the caller has not accepted that.
    """
    path = Path(name) if name.endswith(".toml") else FOLDER / f"{name}.toml"
    if not name.endswith(".toml") and name not in preset_names():
        known = ", ".join(preset_names())
        raise SettingsError(f"preset {name!r}: unknown; use one of {known}, or a path that ends in .toml")
    preset = _read(path)
    if preset.commercial == "no" and not accept_non_commercial:
        raise SettingsError(
            f"preset {preset.name!r}: {preset.model} is licensed {preset.licence}, not for commercial use; "
            "choose another, or set accept_non_commercial = true if your use is not commercial"
        )
    return preset


def _read(path: Path) -> Preset:
    values = toml_values(path, "preset")
    return replace(decode_toml(Preset, {"name": path.stem, **values}, path), name=path.stem)
