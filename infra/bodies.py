"""What the API lets through to the function: the form of each body, checked before anything is paid for."""

from typing import get_args

from aws_cdk import aws_apigateway as apigateway

from ragtune.api import MAX_BODY_BYTES
from ragtune.feedback import MAX_CITATIONS, Verdict

_KINDS, _SCHEMA = apigateway.JsonSchemaType, apigateway.JsonSchema
# Characters that are escaped count more: the function has the last word.
_TEXT = _SCHEMA(type=_KINDS.STRING, max_length=MAX_BODY_BYTES)
_SAID = _SCHEMA(type=_KINDS.STRING, min_length=1, max_length=MAX_BODY_BYTES)


def question(api: apigateway.RestApi) -> apigateway.Model:
    """The body of POST /ask."""
    properties = {
        "question": _SAID,
        "generator": _SCHEMA(type=_KINDS.STRING, max_length=100),
        "retrieval": _SCHEMA(type=_KINDS.BOOLEAN),
        "stream": _SCHEMA(type=_KINDS.BOOLEAN),
    }
    return _model(api, "Question", properties, required=["question"])


def feedback(api: apigateway.RestApi) -> apigateway.Model:
    """The body of POST /feedback."""
    document = _SCHEMA(type=_KINDS.STRING, pattern="^d_[0-9a-f]{16}$")
    properties = {
        "question": _SAID,
        "answer": _SAID,
        "verdict": _SCHEMA(type=_KINDS.STRING, enum=list(get_args(Verdict))),
        "correction": _TEXT,
        "citations": _SCHEMA(type=_KINDS.ARRAY, items=document, max_items=MAX_CITATIONS),
    }
    return _model(api, "Feedback", properties, required=["question", "answer", "verdict"])


def _model(
    api: apigateway.RestApi, name: str, properties: dict[str, apigateway.JsonSchema], *, required: list[str]
) -> apigateway.Model:
    schema = _SCHEMA(
        schema=apigateway.JsonSchemaVersion.DRAFT4,
        type=_KINDS.OBJECT,
        required=required,
        additional_properties=False,
        properties=properties,
    )
    return api.add_model(name, content_type="application/json", model_name=name, schema=schema)
