"""Send requests to a server at a given rate, whether or not it keeps up, and print the latencies as JSON.

    python -m benchmarks.serving.load PORT PATH RATE SECONDS < body

RATE 0 sends the next request when an answer arrives, on each connection, which measures the capacity.
Latency counts from the moment at which a request was due, so waiting for a slow server is part of it. The
process does not sleep in the last moment before a request is due, because timers are late.
"""

from __future__ import annotations

import json
import random
import re
import select
import socket
import sys
import time
from collections import deque
from collections.abc import Sequence

__all__: list[str] = []

CONNECTIONS = 16
_LATE = 100e-6
_WARM = 0.2
"""The part of the time at the start that is not counted."""


class Load:
    """Connections to a server, and the requests that wait for one."""

    def __init__(self, port: int, path: str, body: bytes) -> None:
        head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        self.request = f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body
        self.sockets: dict[int, socket.socket] = {}
        self.sent: dict[int, float] = {}
        self.parts: dict[int, bytes] = {}
        self.latencies: list[float] = []
        self.failures = 0
        for _ in range(CONNECTIONS):
            connection = socket.create_connection(("127.0.0.1", port))
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.sockets[connection.fileno()] = connection
        self.free = deque(self.sockets)

    def send(self, due: float) -> None:
        """Send a request that was due at a moment."""
        number = self.free.popleft()
        self.sent[number] = due
        self.sockets[number].sendall(self.request)

    def receive(self, seconds: float) -> None:
        """Wait up to a time for answers, and take those that have arrived completely."""
        for number in select.select(self.sent, (), (), max(0.0, seconds))[0]:
            answer = self.parts.pop(number, b"") + self.sockets[number].recv(1 << 16)
            if not _is_complete(answer):
                self.parts[number] = answer
                continue
            self.latencies.append(time.perf_counter() - self.sent.pop(number))
            self.failures += not answer.startswith(b"HTTP/1.1 200")
            self.free.append(number)


def _is_complete(answer: bytes) -> bool:
    head, _, body = answer.partition(b"\r\n\r\n")
    length = re.search(rb"content-length: (\d+)", head, re.IGNORECASE)
    return length is not None and len(body) == int(length[1])


def run(load: Load, rate: float, seconds: float) -> float:
    """Send requests for a time; return the answers per second."""
    chance, waiting = random.Random(1), deque[float]()  # noqa: S311 - a seeded load
    start = time.perf_counter()
    end, warm, due, counted = start + seconds, start + seconds * _WARM, start, 0.0
    while (now := time.perf_counter()) < end:
        if not counted and now > warm:
            load.latencies.clear()
            counted = now
        while rate and due <= now:
            waiting.append(due)
            due += chance.expovariate(rate)
        while load.free and (waiting or not rate):
            load.send(waiting.popleft() if rate else time.perf_counter())
        load.receive((due if rate else end) - time.perf_counter() - _LATE)
    # What still waits has waited at least until now.
    load.latencies += [end - moment for moment in (*waiting, *load.sent.values())]
    return len(load.latencies) / (time.perf_counter() - counted)


def main(arguments: Sequence[str]) -> None:
    """Run the load that the arguments describe."""
    port, path, rate, seconds = arguments
    load = Load(int(port), path, sys.stdin.buffer.read())
    answers = run(load, float(rate), float(seconds))
    ordered = sorted(load.latencies)
    quantiles = {
        name: ordered[min(len(ordered) - 1, int(len(ordered) * part))] * 1e6
        for name, part in (("p50", 0.5), ("p99", 0.99), ("p99.9", 0.999))
    }
    print(json.dumps({"rate": answers, "failures": load.failures, "count": len(ordered), **quantiles}))


if __name__ == "__main__":
    main(sys.argv[1:])
