"""The environment of the container that serves a model: AWS's LMI image with vLLM, set by its preset alone.

    container_environment(load_preset("kullm"), cards=1)["OPTION_MAX_MODEL_LEN"]     # '2048'

Weights lie in /opt/ml/model, put there from S3 before the container starts; it reaches no network. Names of
the options: DJL Serving's LMI guide, asynchronous mode (docs.djl.ai, "LMI vLLM engine").
"""

from ragtune.errors import BadInput
from ragtune.presets import Preset

MODEL = "/opt/ml/model"
_OFFLINE = {
    "HF_HUB_OFFLINE": "1",
    "TRANSFORMERS_OFFLINE": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "VLLM_NO_USAGE_STATS": "1",
    "VLLM_DO_NOT_TRACK": "1",
}
_ENGINE = {
    "HF_MODEL_ID": MODEL,
    "OPTION_ASYNC_MODE": "true",
    "OPTION_ROLLING_BATCH": "disable",
    "OPTION_ENTRYPOINT": "djl_python.lmi_vllm.vllm_async_service",
    "OPTION_TRUST_REMOTE_CODE": "false",  # code comes from the account, never with weights
    "OPTION_ENABLE_PREFIX_CACHING": "true",  # every prompt of a preset begins alike
    "OPTION_MODEL_LOADING_TIMEOUT": "1800",  # seconds; 25 GB from a fresh volume
    "SERVING_FAIL_FAST": "true",
}
MOST_ADAPTERS = 4


def container_environment(preset: Preset, *, cards: int, adapters: int = 0) -> dict[str, str]:
    """Variables of the container, sorted. `cards` are those of one instance, `adapters` those loaded at once.

    Raises BadInput for adapters on a model whose server can't load them, and where heads can't be divided.
    """
    if adapters and not preset.lora.runtime:
        raise BadInput(f"preset {preset.name!r}: its server loads no adapters; merge before serving")
    if not 0 <= adapters <= MOST_ADAPTERS:
        raise BadInput(f"adapters: {adapters} is not between 0 and {MOST_ADAPTERS}")
    if cards < 1 or (preset.shape and preset.shape.heads % cards):
        raise BadInput(f"cards: {cards} don't divide the model's heads evenly; use another instance")
    own = {
        "OPTION_TENSOR_PARALLEL_DEGREE": str(cards),
        "OPTION_MAX_MODEL_LEN": str(preset.context_tokens),
        "OPTION_DTYPE": preset.container.get("OPTION_DTYPE", "bf16"),
    }
    if adapters:
        rank = max(8, 1 << (preset.lora.rank - 1).bit_length())  # vLLM takes powers of two from 8
        own |= {
            "OPTION_ENABLE_LORA": "true",
            "OPTION_MAX_LORAS": str(adapters),
            "OPTION_MAX_LORA_RANK": str(rank),
        }
    return dict(sorted({**_ENGINE, **_OFFLINE, **own, **preset.container}.items()))
