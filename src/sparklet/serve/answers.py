"""Answers in JSON."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.responses import Response

from sparklet.errors import SparkletError
from sparklet.json import dump_bytes
from sparklet.serve.errors import RequestError, status_of
from sparklet.serve.served import Served

__all__ = ["error_answer", "json_answer", "version_header"]


def json_answer(value: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """Return a value as an answer in JSON; raise `JsonError` for a value that has no form in JSON."""
    return Response(dump_bytes(value), status, headers, "application/json")


def error_answer(error: SparkletError) -> Response:
    """Return an error as an answer: its `to_dict()`, with the status that fits it."""
    headers = dict(error.headers) if isinstance(error, RequestError) else None
    return json_answer(error.to_dict(), status_of(error), headers)


def version_header(served: Served) -> dict[str, str]:
    """Return the header that tells which version of a model answered."""
    return {"x-model-version": served.version}
