"""`python -m sparklet.serve.worker`: one of several processes of a server, started by the supervisor.

It reads one line of JSON from standard input, and stops when that is closed, so that it does not outlive the
supervisor.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import signal
import socket
import sys
import threading

from sparklet.errors import SparkletError
from sparklet.serve.peers import Peers
from sparklet.serve.process import run
from sparklet.serve.settings import Settings

__all__ = ["main"]


def main() -> int:
    """Serve on the inherited sockets; return the exit code."""
    told = json.loads(sys.stdin.readline())
    logging.basicConfig(level=logging.INFO, format=f"%(levelname)s worker {told['number']}: %(message)s")
    logging.getLogger("uvicorn").setLevel(logging.WARNING)
    settings = Settings.of(told["settings"])
    sockets = [socket.socket(fileno=number) for number in told["sockets"]]
    threading.Thread(target=_stop_with_supervisor, daemon=True).start()

    def started() -> None:
        # The supervisor waits for the first workers only, not for those that replace them.
        with contextlib.suppress(BrokenPipeError):
            os.write(told["started"], b"1")
        os.close(told["started"])

    try:
        run(settings, sockets, peers=Peers(told["folder"], told["number"], settings.workers), started=started)
    except SparkletError as error:
        logging.getLogger("sparklet.serve").error("%s", error)  # noqa: TRY400 - the reason is in the message
        return 1
    return 0


def _stop_with_supervisor() -> None:
    sys.stdin.read()
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    sys.exit(main())
