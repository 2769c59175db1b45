"""Several processes that share the sockets of a server."""

from __future__ import annotations

import json
import logging
import os
import selectors
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from types import FrameType

from sparklet.records import as_dict
from sparklet.serve.settings import Settings

__all__ = ["supervise"]

_log = logging.getLogger("sparklet.serve")
_SHORT_LIFE = 5.0


class _Worker:
    """A worker process, and when it was started."""

    def __init__(
        self, settings: Settings, number: int, sockets: Sequence[socket.socket], folder: str
    ) -> None:
        self.number, self.born = number, time.monotonic()
        self.started, written = os.pipe()
        handles = [listener.fileno() for listener in sockets]
        self.process = subprocess.Popen(
            [sys.executable, "-m", "sparklet.serve.worker"],
            stdin=subprocess.PIPE,
            pass_fds=(*handles, written),
            start_new_session=True,  # Ctrl+C reaches the supervisor only, which tells the workers
        )
        os.close(written)
        told = {"settings": as_dict(settings), "number": number, "folder": folder}
        told |= {"sockets": handles, "started": written}
        if self.process.stdin is not None:
            self.process.stdin.write(json.dumps(told).encode() + b"\n")
            self.process.stdin.flush()

    def wait_until_started(self) -> bool:
        """Return whether the worker has loaded its models; False if it ends before."""
        said = os.read(self.started, 1)
        os.close(self.started)
        return said == b"1"


def supervise(
    settings: Settings, sockets: Sequence[socket.socket], started: Callable[[], None] = lambda: None
) -> int:
    """Start the workers, replace those that end, and stop all of them on SIGTERM; return the exit code.

    If a worker cannot load its models at the start, the server ends with exit code 1.
    """
    stopping = False
    reader, writer = os.pipe()
    os.set_blocking(writer, False)

    def stop(_signal: int, _frame: FrameType | None) -> None:
        nonlocal stopping
        stopping = True

    handlers = {sig: signal.signal(sig, stop) for sig in (signal.SIGTERM, signal.SIGINT)}
    handlers[signal.SIGCHLD] = signal.signal(signal.SIGCHLD, lambda _signal, _frame: None)
    signal.set_wakeup_fd(writer)
    with (
        tempfile.TemporaryDirectory(prefix="sparklet-serve-") as folder,
        selectors.DefaultSelector() as events,
    ):
        events.register(reader, selectors.EVENT_READ)
        workers: list[_Worker] = []
        try:
            workers = [_Worker(settings, number, sockets, folder) for number in range(settings.workers)]
            if False in [worker.wait_until_started() for worker in workers]:
                return 1
            started()
            while not stopping:
                if events.select(timeout=1.0):
                    os.read(reader, 4096)
                for index, worker in enumerate(workers):
                    if worker.process.poll() is not None:
                        workers[index] = _replaced(worker, settings, sockets, folder)
            return 0
        finally:
            _stop(workers, settings.drain)
            signal.set_wakeup_fd(-1)
            for sig, handler in handlers.items():
                signal.signal(sig, handler)
            os.close(reader)
            os.close(writer)


def _replaced(worker: _Worker, settings: Settings, sockets: Sequence[socket.socket], folder: str) -> _Worker:
    """Start a worker instead of one that ended, after a pause if that lived shortly."""
    _log.error("worker %d ended with %s", worker.number, worker.process.returncode)
    if worker.process.stdin is not None:
        worker.process.stdin.close()
    if time.monotonic() - worker.born < _SHORT_LIFE:
        time.sleep(1.0)
    successor = _Worker(settings, worker.number, sockets, folder)
    os.close(successor.started)
    return successor


def _stop(workers: Sequence[_Worker], drain: float) -> None:
    """Stop workers: those that have not ended `drain` seconds after SIGTERM are killed."""
    for worker in workers:
        worker.process.terminate()
    end = time.monotonic() + drain + _SHORT_LIFE
    for worker in workers:
        try:
            worker.process.wait(max(0.1, end - time.monotonic()))
        except subprocess.TimeoutExpired:
            worker.process.kill()
            worker.process.wait()
        if worker.process.stdin is not None:
            worker.process.stdin.close()
