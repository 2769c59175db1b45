"""Routes that change what the server does; they are on a Unix socket of their own, if at all."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from sparklet.serve.answers import json_answer
from sparklet.serve.context import Context
from sparklet.serve.served import Served

__all__ = ["load", "refresh", "refusals", "rollback", "unload"]


async def load(context: Context, request: Request) -> Response:
    """Load a version, by default the newest, from its files again, and let it answer."""
    name, version = request.path_params["name"], request.path_params.get("version")
    return _answers(await context.change(context.store.activate, name, version))


async def rollback(context: Context, request: Request) -> Response:
    """Let the version before the current one answer."""
    return _answers(await context.change(context.store.rollback, request.path_params["name"]))


async def unload(context: Context, request: Request) -> Response:
    """Answer no more requests to a model."""
    name = request.path_params["name"]
    await context.change(context.store.unload, name)
    return json_answer({"name": name, "current": None})


async def refusals(context: Context, _request: Request) -> Response:
    """Answer with the reason for each version that was refused."""
    return json_answer(
        {
            entry.name: {version: str(failure.error) for version, failure in entry.failed.items()}
            for entry in list(context.store.entries.values())
            if entry.failed
        }
    )


async def refresh(context: Context, _request: Request) -> Response:
    """Look for new versions now, as `--poll` does."""
    await context.change(context.store.refresh)
    return json_answer({"models": len(context.store.entries)})


def _answers(served: Served) -> Response:
    return json_answer(
        {
            "name": served.name,
            "current": served.version,
            "verified_rows": served.verified,
            "bytes": served.size,
        }
    )
