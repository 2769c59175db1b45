"""How a call is timed."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

__all__ = ["Timing", "bare", "timed"]


@dataclass(frozen=True)
class Timing:
    """Seconds for one call: the least of many, the median, and two high percentiles."""

    least: float
    p50: float
    p99: float
    p999: float


def timed(function: Callable[[], Any], times: int) -> Timing:
    """Call a function once to warm up and then `times` times, each timed by itself."""
    function()
    taken = []
    for _ in range(times):
        start = time.perf_counter()
        function()
        taken.append(time.perf_counter() - start)
    taken.sort()
    high = (taken[min(times - 1, times * share // 1000)] for share in (990, 999))
    return Timing(taken[0], statistics.median(taken), *high)


def bare(seconds: float, times: int) -> Timing:
    """Time a loop of plain arithmetic that takes about so long: what is slow then is slow by the machine."""

    def loop(count: int) -> None:
        value = 0
        for _ in range(count):
            value = value * 3 & 65535

    some = 1000
    count = max(1, round(some * seconds / timed(lambda: loop(some), 100).p50))
    return timed(lambda: loop(count), times)
