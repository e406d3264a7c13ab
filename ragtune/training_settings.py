"""The `[aws.training]` table: what the pipelines in an account run on. Without it there are none.

    [aws.training]
    preset = "kullm"
    licence = "Kim, 2026-11-20, legal note 41"
    image = "123456789012.dkr.ecr.ap-northeast-2.amazonaws.com/huggingface-pytorch-training@sha256:…"
    serving_image = "…/djl-inference@sha256:…"

Images are AWS's own, by digest: `aws ecr describe-images` names it. A tag may be moved, a digest may not.
"""

import re
from dataclasses import dataclass, field

from ragtune.pipeline_definition import Compute
from ragtune.presets import load_preset

_IMAGE = re.compile(
    r"(\d{12})\.dkr\.ecr\.[a-z0-9-]+\.amazonaws\.com(?:\.cn)?/([a-z0-9._/-]+)@sha256:[0-9a-f]{64}"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingSettings:
    """`licence` says who decided that the preset's model may be used, where its licence leaves it open."""

    preset: str
    image: str
    serving_image: str
    licence: str = ""
    teacher: str = (
        ""  # preset of a model that writes instructions beside the rules; its weights are a channel
    )
    teacher_licence: str = ""
    cpu: Compute = field(default_factory=lambda: Compute(instance="ml.m6i.xlarge"))
    gpu: Compute | None = None  # None: the preset's instance
    spot: bool = True

    def __post_init__(self) -> None:
        for name in ("image", "serving_image"):
            value = getattr(self, name)
            if not _IMAGE.fullmatch(value):
                raise ValueError(
                    f"{name}: {value!r} is not of the form ACCOUNT.dkr.ecr.REGION…/NAME@sha256:…"
                )
        load_preset(self.preset, accept_non_commercial=bool(self.licence)).licensed(self.licence)
        if self.teacher:
            decided = self.teacher_licence
            load_preset(self.teacher, accept_non_commercial=bool(decided)).licensed(decided)

    @property
    def tuning(self) -> Compute:
        """Where models are trained, merged and evaluated."""
        return self.gpu or Compute(
            instance=load_preset(self.preset, accept_non_commercial=True).instances.training
        )

    @property
    def merged(self) -> bool:
        """Whether the adapter is merged before serving."""
        return not load_preset(self.preset, accept_non_commercial=True).lora.runtime

    @property
    def repositories(self) -> tuple[tuple[str, str], ...]:
        """(account, repository) of both images."""
        found = (_IMAGE.fullmatch(image) for image in (self.image, self.serving_image))
        return tuple((one[1], one[2]) for one in found if one)
