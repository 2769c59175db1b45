"""What the routes of a server share: settings, models and metrics."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from starlette.requests import Request

from sparklet.errors import RowError
from sparklet.java.clock import one_moment
from sparklet.serve.calls import Call
from sparklet.serve.errors import BodyTooLargeError, DeadlineError, UnknownModelError
from sparklet.serve.metrics import Metrics
from sparklet.serve.peers import Peers
from sparklet.serve.served import Served
from sparklet.serve.settings import Settings
from sparklet.serve.store import Store

__all__ = ["Context"]

_log = logging.getLogger("sparklet.serve")
_ROWS_PER_CHECK = 64
_Result = TypeVar("_Result")


class Context:
    """The settings, the models, the metrics and the loader thread of one server process."""

    def __init__(self, settings: Settings, peers: Peers) -> None:
        self.settings, self.peers = settings, peers
        self.store = Store(settings)
        self.metrics = Metrics()
        self.ready = False
        self.in_flight = 0
        self._loader = ThreadPoolExecutor(1, thread_name_prefix="loader")

    async def change(self, change: Callable[..., _Result], *arguments: Any) -> _Result:
        """Return the result of a method of the store that changes it, called on the loader thread."""
        return await asyncio.get_running_loop().run_in_executor(self._loader, change, *arguments)

    async def poll(self) -> None:
        """Look for new versions every `settings.poll` seconds."""
        while True:
            await asyncio.sleep(self.settings.poll)
            try:
                await self.change(self.store.refresh)
            except Exception as error:  # noqa: BLE001 - the next look may succeed
                _log.error("the folders of models cannot be read: %s", error)

    def close(self) -> None:
        """Stop the loader thread after the load that runs."""
        self._loader.shutdown(wait=True, cancel_futures=True)

    async def served(self, request: Request) -> Served:
        """Return the model that the path parameters of a request name; wait for it until the deadline."""
        parameters = request.path_params
        return await self.named(
            request.scope["call"],
            parameters["name"],
            parameters.get("version"),
            parameters.get("alias"),
        )

    async def named(
        self, call: Call, name: str, version: str | None = None, alias: str | None = None
    ) -> Served:
        """Return a version of a model, loaded if it is not in memory; raise the errors of `Store.load`."""
        served = self.store.find(name, version, alias)
        if served is None:
            loading = self.change(self.store.load, name, version, alias)
            try:
                served = await asyncio.wait_for(loading, call.remaining())
            except TimeoutError:
                raise DeadlineError("the model was not loaded before the deadline of the request") from None
        call.model, call.version = served.name, served.version
        return served

    def default_name(self) -> str:
        """Return the model of routes that name none: that of `--default`, else the only one."""
        name = self.settings.default
        if name is not None:
            return name
        if len(self.store.entries) != 1:
            raise UnknownModelError("the server has several models", "start it with --default NAME")
        return next(iter(self.store.entries))

    def check_rows(self, count: int) -> None:
        """Raise `BodyTooLargeError` for more rows than a request may have."""
        limit = self.settings.max_rows
        if count > limit:
            raise BodyTooLargeError(f"{count} rows are more than {limit}", "split them, or raise --max-rows")

    def score(
        self, call: Call, served: Served, rows: Sequence[Mapping[str, Any]]
    ) -> list[dict[str, Any] | None]:
        """Return the scores of rows, which have one current time; the error of a row has its index.

        Raises `DeadlineError` between two rows when the deadline passes.
        """
        self.check_rows(len(rows))
        started = time.perf_counter()
        if len(rows) == 1:
            scored = _score_each(call, served, rows)
        else:
            with one_moment():
                scored = _score_each(call, served, rows)
        self.record(call, len(rows), started)
        return scored

    def record(self, call: Call, rows: int, started: float) -> None:
        """Record rows that were scored since `started`."""
        call.rows, call.score_seconds = rows, time.perf_counter() - started

    def snapshot(self) -> dict[str, Any]:
        """Return the metrics of this process as plain JSON values."""
        entries = list(self.store.entries.values())
        return self.metrics.snapshot(
            models=len(entries),
            loaded_versions=len([version for entry in entries for version in entry.loaded]),
            model_bytes=self.store.size(),
            in_flight_requests=self.in_flight,
        )


def _score_each(call: Call, served: Served, rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any] | None]:
    score, scored = served.model.scoreInstance, []
    for index, row in enumerate(rows):
        if index % _ROWS_PER_CHECK == 0:
            call.check()
        try:
            scored.append(score(row))
        except RowError as error:
            error.row = index
            raise
    return scored
