"""A rival's child process, as its parent sees it."""

from __future__ import annotations

import json
import os
import selectors
import shutil
import signal
import subprocess
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from benchmarks.rivals.adapter import CACHE, Unable, family
from benchmarks.rivals.registry import Rival, command

__all__ = ["Process", "converted"]


class Process:
    """Start a rival's child and speak with it; ends it, and all it started, at the end of a `with` block."""

    def __init__(self, rival: Rival) -> None:
        self.rival = rival
        words, variables = command(rival)
        home = CACHE / "work" / rival.name
        home.mkdir(parents=True, exist_ok=True)
        with (home / "log").open("ab") as log:
            self._child = subprocess.Popen(
                words,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                env=variables,
                cwd=home,
                start_new_session=True,
            )
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._pipe(self._child.stdout), selectors.EVENT_READ)
        self._read = b""

    @staticmethod
    def _pipe(pipe: Any) -> Any:
        if pipe is None:
            raise Unable("its pipes are closed")
        return pipe

    def ask(self, do: str, limit: float = 900.0, **arguments: Any) -> dict[str, Any]:
        """Send a command and return the reply; `Unable` has the rival's error, or comes after `limit` s."""
        stdin, stdout = self._pipe(self._child.stdin), self._pipe(self._child.stdout)
        try:
            stdin.write(json.dumps({"do": do, **arguments}).encode() + b"\n")
            stdin.flush()
        except BrokenPipeError:
            raise Unable(f"its process ended with code {self._child.wait()}") from None
        while b"\n" not in self._read:
            if not self._selector.select(limit):
                self.kill()
                raise Unable(f"no answer to {do!r} within {limit:.0f} s")
            piece = os.read(stdout.fileno(), 1 << 20)
            if not piece:
                raise Unable(f"its process ended with code {self._child.wait()}")
            self._read += piece
        line, _, self._read = self._read.partition(b"\n")
        reply: dict[str, Any] = json.loads(line)
        if "error" in reply:
            raise Unable(reply["error"])
        return reply

    def resident(self) -> int:
        """Return the bytes of memory that the process and its children hold."""
        total = 0
        for process in family(self._child.pid):
            with suppress(OSError):
                pages = int((process / "statm").read_text(encoding="utf-8").split()[1])
                total += pages * os.sysconf("SC_PAGE_SIZE")
        return total

    def kill(self) -> None:
        """End the process and what it started."""
        with suppress(ProcessLookupError):
            os.killpg(self._child.pid, signal.SIGKILL)
        self._child.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        for pipe in (self._child.stdin, self._child.stdout):
            if pipe is not None:
                pipe.close()
        self.kill()
        self._selector.close()


def converted(rival: Rival, folder: Path) -> tuple[str, dict[str, Any]]:
    """Return what the rival loads for a fitted workload, converted on first use, and what it says of that.

    Raises `Unable` with the first line of the error of a conversion that fails, now or before.
    """
    if not rival.converts:
        return str(folder / "model"), {}
    key = "-".join(str(part) for part in (rival.name, *rival.packages))
    target = CACHE / "converted" / rival.name / folder.name
    stamp = target / "facts.json"
    known = json.loads(stamp.read_text(encoding="utf-8")) if stamp.exists() else {}
    if known.get("key") != key:
        # What a conversion that was stopped has left is in the way of the next.
        shutil.rmtree(target, ignore_errors=True)
        target.mkdir(parents=True)
        known = {"key": key, **_convert(rival, folder, target)}
        stamp.write_text(json.dumps(known), encoding="utf-8")
    if "error" in known:
        raise Unable(known["error"])
    return str(target), known["facts"]


def _convert(rival: Rival, folder: Path, target: Path) -> dict[str, Any]:
    with Process(rival) as process:
        try:
            source = str(folder)
            if rival.name == "mleap":
                from benchmarks.rivals import mleap

                source = mleap.describe(source, str(target))
            return {"facts": process.ask("prepare", limit=600.0, folder=source, target=str(target))["facts"]}
        except Unable as error:
            return {"error": f"cannot convert: {error}"}
