"""The routes of the Open Inference Protocol V2 over REST, which KServe's and Triton's clients call.

The protocol is `open_inference_rest.yaml` of kserve/open-inference-protocol, without its binary tensors.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from sparklet import __version__
from sparklet.errors import NullValueError
from sparklet.json import dump_bytes, loads
from sparklet.serve.answers import json_answer, version_header
from sparklet.serve.calls import media_type, read_body
from sparklet.serve.context import Context
from sparklet.serve.errors import BadRequestError, NotReadyError
from sparklet.serve.tensors import columns_of, metadata_of, tensor_of

__all__ = ["infer", "live", "model_metadata", "model_ready", "ready", "repository_index", "server_metadata"]


async def server_metadata(_context: Context, _request: Request) -> Response:
    """Answer with the name and the version of the server."""
    return json_answer({"name": "sparklet", "version": __version__, "extensions": ["model_repository"]})


async def live(_context: Context, _request: Request) -> Response:
    """Answer that the process runs."""
    return json_answer({"live": True})


async def ready(context: Context, _request: Request) -> Response:
    """Answer whether the server takes requests; the status is 503 while it starts and stops."""
    return json_answer({"ready": context.ready}, 200 if context.ready else 503)


async def model_metadata(context: Context, request: Request) -> Response:
    """Answer with the inputs and outputs of a model as tensors."""
    served = await context.served(request)
    return json_answer(
        {
            "name": served.name,
            "versions": list(context.store.entries[served.name].paths),
            "platform": "sparkml",
            "inputs": [metadata_of(column) for column in served.model.inputs],
            "outputs": [metadata_of(column) for column in served.model.outputs],
        },
        headers=version_header(served),
    )


async def model_ready(context: Context, request: Request) -> Response:
    """Answer whether a model can score; one that is not in memory yet can, as it is loaded when asked."""
    name, version = request.path_params["name"], request.path_params.get("version")
    try:
        context.store.find(name, version)
    except NotReadyError:
        return json_answer({"name": name, "ready": False}, 503)
    return json_answer({"name": name, "ready": True})


async def repository_index(context: Context, _request: Request) -> Response:
    """Answer with all versions of all models, and whether they are in memory."""
    return json_answer(
        [
            {
                "name": entry.name,
                "version": version,
                "state": "READY" if version in entry.loaded else "UNAVAILABLE",
                "reason": "refused" if version in entry.failed else "",
            }
            for entry in list(context.store.entries.values())
            for version in entry.paths
        ]
    )


async def infer(context: Context, request: Request) -> Response:
    """Score rows that are sent as tensors, one for each column, and answer with tensors."""
    media_type(request)
    if "inference-header-content-length" in request.headers:
        raise BadRequestError("binary tensors are not read over REST", "send the data of tensors as JSON")
    settings, call = context.settings, request.scope["call"]
    value = loads(await read_body(request, settings.max_body, settings.body_timeout))
    if value.__class__ is not dict:
        raise BadRequestError("the body is no JSON object")
    served = await context.served(request)
    call.check()
    names, columns = columns_of(value.get("inputs"), settings.max_rows)
    context.check_rows(len(columns[0]))
    selected = _selected(value.get("outputs"), served.names)
    rows = served.decoder.rows([dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)])
    scored = context.score(call, served, rows)
    answer: dict[str, Any] = {"model_name": served.name, "model_version": served.version}
    if isinstance(value.get("id"), str):
        answer["id"] = value["id"]
    kept = [_kept(index, row) for index, row in enumerate(scored)]
    answer["outputs"] = [
        tensor_of(column, [row[column.name] for row in kept])
        for column in served.model.outputs
        if column.name in selected
    ]
    return Response(dump_bytes(answer), 200, version_header(served), "application/json")


def _kept(index: int, row: dict[str, Any] | None) -> dict[str, Any]:
    if row is None:
        error = NullValueError("the model drops this row, which a tensor cannot tell")
        error.row = index
        raise error
    return row


def _selected(outputs: Any, names: Sequence[str]) -> Sequence[str]:
    """Return the outputs that a request asks for, by default all."""
    if outputs is None:
        return names
    asked = [each.get("name") if isinstance(each, dict) else None for each in _listed(outputs)]
    for name in asked:
        if name not in names:
            raise BadRequestError(f"the model has no output {str(name)[:80]!r}", f"it has {', '.join(names)}")
    return [str(name) for name in asked]


def _listed(outputs: Any) -> list[Any]:
    if not isinstance(outputs, list):
        raise BadRequestError("outputs is no list", 'such as [{"name": "prediction"}]')
    return outputs
