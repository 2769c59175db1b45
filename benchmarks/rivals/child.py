"""One rival in a process of its own: commands come in as lines of JSON, answers go out the same way.

    python -m benchmarks.rivals.child sparklet

What a rival prints goes to stderr, so that answers stay apart. MLeap's JVM speaks the same protocol.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
import time
from collections.abc import Callable
from typing import Any

from benchmarks.rivals.adapter import Unable, first_line

__all__: list[str] = []

SLOW = 0.01  # seconds of a call, from which a turn ends with its time
TURN = 50  # rows that are timed one by one before a block is timed
# A block is as short as the clock allows: a longer one would often hold a turn of another process.
BLOCK = 100e-6  # seconds
READY = 8  # rows that are made ready where a rival wants them so


class Child:
    """Carry out commands with one adapter."""

    def __init__(self, adapter: Any) -> None:
        self.adapter = adapter
        self.model: Any = None
        self.rows: list[Any] = []
        self.prepared: list[Any] = []
        self.kept: list[Any] = []
        self.turn = 0

    def rows_from(self, path: str) -> dict[str, Any]:
        """Take the rows of a file of JSON."""
        with open(path, encoding="utf-8") as file:  # noqa: PTH123 - pathlib would count in the cold start
            self.rows = json.load(file)
        return {"count": len(self.rows)}

    def prepare(self, folder: str, target: str) -> dict[str, Any]:
        """Convert a fitted model into what the rival loads."""
        return {"facts": self.adapter.prepare(folder, target) or {}}

    def load(self, path: str, times: int = 1) -> dict[str, Any]:
        """Load a model, several times; the last one stays."""
        taken = []
        for _ in range(times):
            start = time.perf_counter()
            self.model = self.adapter.load(path)
            taken.append(time.perf_counter() - start)
        return {"seconds": taken}

    def keep(self, path: str, row: dict[str, Any], copies: int) -> dict[str, Any]:
        """Load a model so many times, let each score a row and keep all."""
        for _ in range(copies):
            model = self.adapter.load(path)
            self.adapter.score_one(model, row)
            self.kept.append(model)
        return {}

    def one(self, row: dict[str, Any]) -> dict[str, Any]:
        """Score one row, as a service does first."""
        ready = getattr(self.adapter, "ready", None)
        self.adapter.score_one(self.model, ready(self.model, row) if ready else row)
        return {}

    def answers(self) -> dict[str, Any]:
        """Return what the rival says of each row, or its error; rows that fail are not timed later."""
        if hasattr(self.adapter, "answers"):
            return {"answers": self.adapter.answers(self.model, self.rows)}
        found: list[Any] = []
        for row in self.rows:
            try:
                found.append(self.adapter.answer(self.adapter.score_one(self.model, row)))
            except Exception as error:  # noqa: BLE001 - an error is an answer too
                found.append(first_line(error))
        self.rows = [row for row, answer in zip(self.rows, found, strict=True) if not isinstance(answer, str)]
        if not self.rows:
            raise Unable(f"every row fails: {found[0] if found else 'there is none'}")
        return {"answers": found}

    def time(self, seconds: float, least: int = 3) -> dict[str, Any]:
        """Score rows in turn for so long: the time of each call, and the mean of blocks of calls."""
        ready = getattr(self.adapter, "ready", None)
        score = self._scorer()
        if ready is not None and not self.prepared:
            self.prepared = [ready(self.model, row) for row in self.rows[:READY]]
        rows = self.prepared or self.rows
        clock, calls, blocks = time.perf_counter, [], []
        end = clock() + seconds
        while clock() < end or len(calls) < least:
            turn = []
            for row in self._next(rows, least if ready else TURN):
                start = clock()
                score(row)
                turn.append(clock() - start)
                if turn[0] > SLOW and start > end and len(calls) + len(turn) >= least:
                    break
            calls += turn
            middle = sorted(turn)[len(turn) // 2]
            count = max(1, min(TURN, round(BLOCK / middle)))
            if ready is not None or count == 1:
                blocks.append(middle)
                continue
            block = self._next(rows, count)
            start = clock()
            for row in block:
                score(row)
            blocks.append((clock() - start) / count)
        return {"calls": calls, "blocks": blocks}

    def _scorer(self) -> Callable[[Any], Any]:
        if hasattr(self.adapter, "scorer"):
            found: Callable[[Any], Any] = self.adapter.scorer(self.model)
            return found
        score, model = self.adapter.score_one, self.model
        return lambda row: score(model, row)

    def _next(self, rows: list[Any], count: int) -> list[Any]:
        chosen = [rows[(self.turn + i) % len(rows)] for i in range(count)]
        self.turn += count
        return chosen

    def batch(self, path: str, sink: str) -> dict[str, Any]:
        """Score a Parquet file of rows; see `batch.py`."""
        found: dict[str, Any] = self.adapter.score_batch(self.model, path, sink)
        return found

    def reference(self, path: str) -> dict[str, Any]:
        """Write the answers that others are compared with; see `batch.py`."""
        found: dict[str, Any] = self.adapter.reference(self.model, path)
        return found


def main() -> None:
    """Answer commands until stdin ends."""
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    child: Child | None = None
    for line in sys.stdin:
        request = json.loads(line)
        try:
            if child is None:
                child = Child(importlib.import_module(f"benchmarks.rivals.{sys.argv[1]}"))
            reply = getattr(child, request.pop("do"))(**request)
        except Exception as error:  # noqa: BLE001 - the parent makes a row of it
            reply = {"error": first_line(error)}
        out.write(json.dumps(reply) + "\n")
        out.flush()


if __name__ == "__main__":
    main()
