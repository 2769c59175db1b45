"""The processes of one server tell each other their metrics over private Unix sockets.

A scrape reaches one of the processes, which asks the others. The supervisor makes the folder of the sockets,
which only its user can enter.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable, Mapping
from typing import Any

__all__ = ["Peers"]

_log = logging.getLogger("sparklet.serve")
_SECONDS = 2.0


class Peers:
    """The processes of a server; this one has a `number` below their `count`.

    `folder` holds a socket for each process; a server with one process has none.
    """

    def __init__(self, folder: str | None = None, number: int = 0, count: int = 1) -> None:
        self.number, self._folder, self._count = number, folder, count
        self._server: asyncio.Server | None = None

    async def listen(self, snapshot: Callable[[], Mapping[str, Any]]) -> None:
        """Answer each connection to the socket of this process with its snapshot."""
        if self._folder is None:
            return

        async def answer(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(json.dumps(snapshot()).encode())
            await writer.drain()
            writer.close()

        self._server = await asyncio.start_unix_server(answer, self._socket(self._folder, self.number))

    async def snapshots(self, own: Mapping[str, Any]) -> dict[int, Mapping[str, Any]]:
        """Return the snapshots of all processes by number; one that does not answer in time is absent."""
        if self._folder is None:
            return {self.number: own}
        others = [number for number in range(self._count) if number != self.number]
        answers = await asyncio.gather(*[self._ask(self._folder, number) for number in others])
        known = {self.number: own, **dict(zip(others, answers, strict=True))}
        return {number: snapshot for number, snapshot in sorted(known.items()) if snapshot is not None}

    async def _ask(self, folder: str, number: int) -> Any:
        try:
            async with asyncio.timeout(_SECONDS):
                reader, writer = await asyncio.open_unix_connection(self._socket(folder, number))
                text = await reader.read(-1)
                writer.close()
            return json.loads(text)
        except (OSError, TimeoutError, ValueError) as error:
            _log.warning("worker %d does not tell its metrics: %s", number, type(error).__name__)
            return None

    @staticmethod
    def _socket(folder: str, number: int) -> str:
        return f"{folder}/{number}.sock"
