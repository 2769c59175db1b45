"""Routes that describe the server: health, the index of models, OpenAPI and metrics."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from sparklet import __version__
from sparklet.serve.answers import json_answer, version_header
from sparklet.serve.context import Context
from sparklet.serve.metrics import exposition
from sparklet.serve.openapi import describe
from sparklet.serve.store import Entry

__all__ = ["health", "index", "metrics", "model", "openapi", "ping", "ready", "version"]


async def health(_context: Context, _request: Request) -> Response:
    """Answer that the process runs."""
    return json_answer({"status": "ok"})


async def ready(context: Context, _request: Request) -> Response:
    """Answer whether the server takes requests; the status is 503 while it starts and stops."""
    return json_answer({"ready": context.ready}, 200 if context.ready else 503)


async def ping(context: Context, _request: Request) -> Response:
    """Answer MLflow's health check."""
    return PlainTextResponse("\n", 200 if context.ready else 503)


async def version(_context: Context, _request: Request) -> Response:
    """Answer with the version of sparklet, where MLflow's server has its own."""
    return PlainTextResponse(__version__)


async def index(context: Context, _request: Request) -> Response:
    """Answer with the state of each model."""
    return json_answer({"models": [_facts(entry) for entry in list(context.store.entries.values())]})


async def model(context: Context, request: Request) -> Response:
    """Answer with the state of a model, the JSON Schema of its rows, its outputs and an example."""
    served = await context.served(request)
    facts = _facts(context.store.entries[served.name])
    facts |= {
        "version": served.version,
        "verified_rows": served.verified,
        "bytes": served.size,
        "schema": served.model.requestSchema(),
        "outputs": [{"name": each.name, "type": str(each.type)} for each in served.model.outputs],
        "example": served.example,
    }
    return json_answer(facts, headers=version_header(served))


def _facts(entry: Entry) -> dict[str, Any]:
    return {
        "name": entry.name,
        "current": entry.current,
        "previous": entry.previous,
        "versions": list(entry.paths),
        "aliases": dict(entry.aliases),
        "loaded": list(entry.loaded),
        "refused": list(entry.failed),
    }


async def openapi(context: Context, _request: Request) -> Response:
    """Answer with the description of the routes in OpenAPI 3.1."""
    return json_answer(describe(context.store))


async def metrics(context: Context, _request: Request) -> Response:
    """Answer with the metrics of all workers in Prometheus' text format."""
    text = exposition(await context.peers.snapshots(context.snapshot()))
    return Response(text, media_type="text/plain; version=0.0.4; charset=utf-8")
