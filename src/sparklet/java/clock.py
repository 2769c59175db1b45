"""The moment of a call, which is one for all rows of it, as `current_timestamp` is one for a Spark query."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

__all__ = ["now", "one_moment"]

_moment: ContextVar[dt.datetime | None] = ContextVar("moment", default=None)


def now() -> dt.datetime:
    """Return the moment of the current call as an instant: a `datetime` without tzinfo, in UTC.

    >>> with one_moment():
    ...     now() == now()
    True
    """
    return _moment.get() or dt.datetime.now(dt.UTC).replace(tzinfo=None)


@contextmanager
def one_moment() -> Iterator[None]:
    """Make `now` return one moment inside the block; a block inside another has the moment of that one."""
    token = _moment.set(now())
    try:
        yield
    finally:
        _moment.reset(token)
