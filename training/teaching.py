"""Teachers for the data pipeline: a model loaded inside the job, or a server on this machine.

SM_CHANNEL_TEACHER=weights SM_HP_TEACHER_PRESET=qwen3 …    in a container without a network
SM_HP_TEACHER_URL=http://127.0.0.1:8000 …                  whatever speaks the model container's contract
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

from ragtune.errors import BadInput
from ragtune.instructions.teacher import Teacher
from ragtune.ports import Generator, Prompt
from ragtune.presets import Preset, load_preset
from ragtune.settings import ModelSettings, Settings
from ragtune.stopping import until
from ragtune.wiring import open_model
from training.jobs import Job

AT_ONCE = 8  # calls of a server, which batches them itself
LOOPBACK = ("127.0.0.1", "localhost", "::1")


class ServedTeacher:
    """A server that several are asked of at once."""

    def __init__(self, generator: Generator) -> None:
        self.name = " ".join([generator.name, *generator.versions().values()])
        self._generator = generator

    def answers(self, prompts: Sequence[Prompt]) -> list[str]:
        """See teacher.Teacher."""
        with ThreadPoolExecutor(AT_ONCE) as pool:
            return list(pool.map(self._answer, prompts))

    def _answer(self, prompt: Prompt) -> str:
        return "".join(until(iter(self._generator.generate(prompt)), prompt.stop))


def open_teacher(job: Job, settings: Settings) -> tuple[Teacher, Preset] | None:
    """The job's teacher with its preset, None when it has none.

    Raises BadInput for a server elsewhere: pages may not leave this machine.
    """
    folder, url = job.optional("teacher"), job.value("teacher_url", "")
    if folder is None and not url:
        return None
    name = job.value("teacher_preset")
    preset = load_preset(name, accept_non_commercial=True)  # decided when the run was started
    if folder:
        from training.loaded_teacher import LoadedTeacher  # noqa: PLC0415 - torch is needed for this alone

        return LoadedTeacher(folder, preset, four_bits=job.value("teacher_bits", "16") == "4"), preset
    if urlsplit(url).hostname not in LOOPBACK:
        raise BadInput(f"teacher_url: {url!r} is not on this machine; pages would leave it")
    model = ModelSettings(url=url, preset=name)
    return ServedTeacher(open_model("teacher", model, settings).generator), preset
