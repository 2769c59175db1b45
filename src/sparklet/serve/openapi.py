"""Describe the routes and the rows of each model in OpenAPI 3.1."""

from __future__ import annotations

from typing import Any

from sparklet import __version__
from sparklet.serve.served import Served
from sparklet.serve.store import Entry, Store

__all__ = ["describe"]

_ERROR = {
    "type": "object",
    "required": ["code", "message", "stage", "column", "row", "value", "hint"],
    "properties": {"code": {"type": "string"}, "message": {"type": "string"}},
}


def describe(store: Store) -> dict[str, Any]:
    """Return the OpenAPI document of a server.

    A model that is in memory has the JSON Schema of its rows, and a row of its certificate as an example.
    """
    schemas: dict[str, Any] = {"sparklet.Error": _ERROR}
    paths: dict[str, Any] = {}
    for entry in list(store.entries.values()):
        served = entry.loaded.get(entry.current or "")
        row: dict[str, Any] = {"type": "object"}
        if served is not None:
            schemas[entry.name] = _component(served)
            row = {"$ref": f"#/components/schemas/{entry.name}"}
        paths[f"/models/{entry.name}:score"] = {"post": _score(entry, served, row)}
        paths[f"/models/{entry.name}"] = {
            "get": _get(f"describe-{entry.name}", f"The versions, schema and example of {entry.name}")
        }
    for path, text in _OTHERS.items():
        paths[path] = {"get": _get(path.strip("/"), text)}
    return {
        "openapi": "3.1.0",
        "info": {"title": "sparklet", "version": __version__},
        "paths": paths,
        "components": {
            "schemas": schemas,
            "responses": {
                "error": {
                    "description": "why the request is refused",
                    "content": {
                        "application/json": {"schema": {"$ref": "#/components/schemas/sparklet.Error"}}
                    },
                }
            },
        },
    }


_OTHERS = {
    "/models": "The state of each model",
    "/health": "Whether the process runs",
    "/ready": "Whether the server takes requests",
    "/metrics": "Metrics for Prometheus",
}


def _get(name: str, summary: str) -> dict[str, Any]:
    error = {"$ref": "#/components/responses/error"}
    responses = {"200": {"description": "the answer"}, "4XX": error, "5XX": error}
    return {"operationId": name, "summary": summary, "responses": responses}


def _score(entry: Entry, served: Served | None, row: dict[str, Any]) -> dict[str, Any]:
    content: dict[str, Any] = {"schema": {"oneOf": [row, {"type": "array", "items": row}]}}
    if served is not None and served.example is not None:
        content["example"] = served.example
    operation = _get(f"score-{entry.name}", f"Score a row or a list of rows with {entry.name}")
    operation["requestBody"] = {"required": True, "content": {"application/json": content}}
    return operation


def _component(served: Served) -> dict[str, Any]:
    """Return the JSON Schema of a row with its references relative to the OpenAPI document."""
    schema = served.model.requestSchema()
    schema.pop("$schema")
    prefix = f"#/components/schemas/{served.name}/$defs/"

    def moved(value: Any) -> Any:
        if isinstance(value, dict):
            return {
                key: prefix + each.removeprefix("#/$defs/")
                if key == "$ref" and isinstance(each, str)
                else moved(each)
                for key, each in value.items()
            }
        return [moved(each) for each in value] if isinstance(value, list) else value

    component: dict[str, Any] = moved(schema)
    return component
