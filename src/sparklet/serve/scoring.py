"""`POST /models/{name}:score`: score a row, a list of rows, or an Arrow table."""

from __future__ import annotations

import time

from starlette.requests import Request
from starlette.responses import Response

from sparklet.errors import JsonError
from sparklet.json import dump_bytes
from sparklet.serve.answers import version_header
from sparklet.serve.calls import media_type, read_body
from sparklet.serve.context import Context
from sparklet.serve.ipc import ARROW, read_table, write_table
from sparklet.serve.served import Served

__all__ = ["score"]


async def score(context: Context, request: Request) -> Response:
    """Answer with the outputs of the row or the rows in the body, in its format.

    A JSON object is one row, an array of objects several; the row that a stage drops is null. An Arrow IPC
    stream is answered with one that has the outputs as further columns, without dropped rows.
    """
    kind = media_type(request)
    settings, call = context.settings, request.scope["call"]
    body = await read_body(request, settings.max_body, settings.body_timeout)
    served = await context.served(request)
    call.check()
    if kind == ARROW:
        return _score_arrow(context, request, served, body)
    rows = served.decoder(body)
    if rows.__class__ is dict:
        answer: object = context.score(call, served, (rows,))[0]
    else:
        if rows is None or None in rows:
            raise JsonError("is not a JSON object", value=None)
        answer = context.score(call, served, rows)
    return Response(dump_bytes(answer), 200, version_header(served), "application/json")


def _score_arrow(context: Context, request: Request, served: Served, body: bytes) -> Response:
    table = read_table(body, context.settings.max_rows)
    count = len(table)
    context.check_rows(count)
    started = time.perf_counter()
    scored = served.model.transform(table)
    context.record(request.scope["call"], count, started)
    return Response(write_table(scored), 200, version_header(served), ARROW)
