"""A server as one writes it by hand: FastAPI with a typed body around `scoreInstance`."""

from __future__ import annotations

import sys
from typing import Any

import sparklet

__all__: list[str] = []


def main(model_folder: str, port: int) -> None:
    """Serve a model with the columns of the benchmark."""
    import uvicorn
    from fastapi import FastAPI
    from pydantic import create_model

    model = sparklet.load(model_folder, undeclared="infer")
    types = {"string": str, "double": float, "int": int, "bigint": int}
    fields: dict[str, Any] = {
        column.name: (types.get(str(column.type), float) | None, None) for column in model.inputs
    }
    Row, Scored = create_model("Row", **fields), create_model("Scored", prediction=(float, ...))
    app = FastAPI()

    async def score(row: Any) -> Any:
        scored = model.scoreInstance(row.model_dump()) or {}
        return Scored(prediction=scored["prediction"])

    score.__annotations__ = {"row": Row, "return": Scored}
    app.post("/score")(score)
    uvicorn.run(app, port=port, access_log=False, log_level="warning")


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
