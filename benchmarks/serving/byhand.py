"""A server as one writes it by hand: FastAPI with a typed body around `scoreInstance`."""

from __future__ import annotations

import sys
from typing import Any

import sparklet
from sparklet.types import VectorUDT

__all__: list[str] = []


def main(model_folder: str, port: int) -> None:
    """Serve a model of numbers and strings; the answer has all outputs, vectors as lists."""
    import uvicorn
    from fastapi import FastAPI
    from pydantic import create_model

    model = sparklet.load(model_folder, undeclared="infer")
    types = {"string": str, "double": float, "int": int, "bigint": int}
    fields: dict[str, Any] = {
        column.name: (types.get(str(column.type), float) | None, None) for column in model.inputs
    }
    outputs: dict[str, Any] = {
        column.name: (list[float] if isinstance(column.type, VectorUDT) else float, ...)
        for column in model.outputs
    }
    Row, Scored = create_model("Row", **fields), create_model("Scored", **outputs)
    app = FastAPI()

    async def score(row: Any) -> Any:
        scored = model.scoreInstance(row.model_dump()) or {}
        plain = {
            name: value.toArray().tolist() if hasattr(value, "toArray") else value
            for name, value in scored.items()
        }
        return Scored(**plain)

    score.__annotations__ = {"row": Row, "return": Scored}
    app.post("/score")(score)
    uvicorn.run(app, port=port, access_log=False, log_level="warning")


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
