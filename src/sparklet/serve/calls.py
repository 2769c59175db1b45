"""One request: its identity, its deadline, its body and what the metrics record of it."""

from __future__ import annotations

import asyncio
import itertools
import math
import re
import secrets
import time

from starlette.requests import ClientDisconnect, Request
from starlette.types import Message

from sparklet.serve.errors import (
    BadRequestError,
    BodyTooLargeError,
    DeadlineError,
    MediaTypeError,
    RequestTimeoutError,
)

__all__ = ["Call", "media_type", "read_body"]

_ID = re.compile(rb"[A-Za-z0-9._-]{1,128}")
_PROCESS = secrets.token_hex(8)
_numbers = itertools.count()


class Call:
    """What the server knows of a request beside its text.

    `id` is that of the header `X-Request-Id` if it is a short word, else a new one. `model`, `version` and
    `rows` are set by the route that scores.
    """

    __slots__ = ("deadline", "id", "model", "outcome", "rows", "score_seconds", "started", "version")

    def __init__(self, headers: list[tuple[bytes, bytes]]) -> None:
        self.started = time.perf_counter()
        self.model = self.version = ""
        self.outcome = "ok"
        self.rows = 0
        self.score_seconds = 0.0
        self.deadline: float | None = None
        given = None
        for name, value in headers:
            if name == b"x-request-id":
                given = value
        self.id = (
            given
            if given is not None and _ID.fullmatch(given)
            else f"{_PROCESS}-{next(_numbers):x}".encode("ascii")
        )

    def read_deadline(self, headers: list[tuple[bytes, bytes]]) -> None:
        """Take the deadline of the header `X-Request-Deadline`, in seconds of Unix time.

        Raises `BadRequestError` for another value, `DeadlineError` if it has passed.
        """
        for name, value in headers:
            if name == b"x-request-deadline":
                try:
                    self.deadline = float(value)
                except ValueError:
                    self.deadline = math.nan
                if not math.isfinite(self.deadline):
                    hint = "seconds since 1970, such as 1764416000.25"
                    raise BadRequestError("X-Request-Deadline is not a Unix time", hint)
        self.check()

    def check(self) -> None:
        """Raise `DeadlineError` if the deadline has passed."""
        if self.deadline is not None and time.time() > self.deadline:
            raise DeadlineError("the deadline of the request has passed")

    def remaining(self) -> float | None:
        """Return the seconds before the deadline, None without one."""
        return None if self.deadline is None else max(0.0, self.deadline - time.time())


def media_type(request: Request) -> str:
    """Return the content type of a request without parameters; raise `MediaTypeError` for an encoded body."""
    encoding = request.headers.get("content-encoding", "identity")
    if encoding != "identity":
        raise MediaTypeError(f"content encoding {encoding[:40]!r} is not read", "send the body unencoded")
    kind: str = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    return kind


async def read_body(request: Request, limit: int, seconds: float) -> bytes:
    """Return the body of a request.

    Raises `BodyTooLargeError` for a body of more than `limit` bytes, before it is read if its length is
    stated, and `RequestTimeoutError` if it does not arrive in time.
    """
    length = request.headers.get("content-length", "")
    if length.isdecimal() and int(length[:20]) > limit:
        raise _too_large(limit)
    message = await _received(request, seconds)
    body: bytes = message.get("body", b"")
    if not message.get("more_body", False):
        if len(body) > limit:
            raise _too_large(limit)
        return body
    parts, size, end = [body], len(body), time.monotonic() + seconds
    while message.get("more_body", False):
        message = await _received(request, end - time.monotonic())
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        if size > limit:
            raise _too_large(limit)
    return b"".join(parts)


async def _received(request: Request, seconds: float) -> Message:
    try:
        async with asyncio.timeout(seconds):
            message: Message = await request.receive()
    except TimeoutError:
        raise RequestTimeoutError("the body of the request did not arrive in time") from None
    if message["type"] == "http.disconnect":
        raise ClientDisconnect
    return message


def _too_large(limit: int) -> BodyTooLargeError:
    return BodyTooLargeError(f"the body has more than {limit} bytes", "split it, or raise --max-body")
