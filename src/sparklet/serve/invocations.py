"""`POST /invocations`, the route of MLflow's scoring server, for its clients."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from sparklet.errors import JsonError
from sparklet.json import dump_bytes, loads
from sparklet.linalg import as_list
from sparklet.serve.answers import version_header
from sparklet.serve.calls import media_type, read_body
from sparklet.serve.context import Context
from sparklet.serve.errors import BadRequestError, MediaTypeError

__all__ = ["invocations"]

_FORMS = ("dataframe_split", "dataframe_records", "instances", "inputs")


async def invocations(context: Context, request: Request) -> Response:
    """Score rows in one of MLflow's JSON forms with the default model.

    The answer is `{"predictions": [...]}` with an object of all outputs for each row. As in
    `sparklet.mlflow`, a vector is a list, and a row that a stage drops has null in all outputs.
    """
    if media_type(request) not in ("", "application/json"):
        raise MediaTypeError("only application/json is read", "send dataframe_split or dataframe_records")
    settings, call = context.settings, request.scope["call"]
    value = loads(await read_body(request, settings.max_body, settings.body_timeout))
    served = await context.named(call, context.default_name())
    call.check()
    scored = context.score(call, served, served.decoder.rows(_rows(value, settings.max_rows)))
    dropped = dict.fromkeys(served.names)
    predictions = [
        dropped if row is None else {name: as_list(value) for name, value in row.items()} for row in scored
    ]
    text = dump_bytes({"predictions": predictions})
    return Response(text, 200, version_header(served), "application/json")


def _rows(value: Any, most_rows: int) -> list[dict[str, Any]]:
    forms = [form for form in _FORMS if form in value] if value.__class__ is dict else []
    if len(forms) != 1:
        raise BadRequestError(f"the body is no JSON object with one of {', '.join(_FORMS)}")
    data = value[forms[0]]
    if forms[0] == "dataframe_split":
        return _of_split(data, most_rows)
    if data.__class__ is dict and forms[0] == "inputs":
        return _of_columns(data, most_rows)
    if data.__class__ is not list:
        raise BadRequestError(f"{forms[0]} is no list of rows")
    for index, row in enumerate(data):
        if row.__class__ is not dict:
            error = JsonError("is not a JSON object", value=row)
            error.row = index
            raise error
    return data


def _of_split(data: Any, most_rows: int) -> list[dict[str, Any]]:
    columns: Any = data.get("columns") if data.__class__ is dict else None
    rows: Any = data.get("data") if data.__class__ is dict else None
    if not _are_names(columns) or rows.__class__ is not list:
        raise BadRequestError("dataframe_split is no object with columns and data")
    if any(row.__class__ is not list or len(row) != len(columns) for row in rows):
        raise BadRequestError("a row of dataframe_split has another number of values than columns")
    return [dict(zip(columns, row, strict=True)) for row in rows[: most_rows + 1]]


def _are_names(columns: Any) -> bool:
    if columns.__class__ is not list or not all(name.__class__ is str for name in columns):
        return False
    return len(set(columns)) == len(columns)


def _of_columns(data: dict[str, Any], most_rows: int) -> list[dict[str, Any]]:
    """Return the rows of columns; values that are no lists are one row."""
    columns: list[Sequence[Any]] = [
        values if values.__class__ is list else [values] for values in data.values()
    ]
    if len({len(values) for values in columns}) > 1:
        raise BadRequestError("the columns of inputs have different lengths")
    count = min(len(columns[0]), most_rows + 1) if columns else 0
    return [{name: values[row] for name, values in zip(data, columns, strict=True)} for row in range(count)]
