"""How a call is timed."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

__all__ = ["Timing", "timed"]


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
