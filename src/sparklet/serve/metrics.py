"""Count requests by model, version and outcome, with their times in logarithmic buckets from 1 µs.

An observation adds to a list of Python integers. A scrape turns the lists into Prometheus' histograms.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric

from sparklet.serve.calls import Call

__all__ = ["BOUNDS", "Metrics", "exposition"]

BOUNDS: Sequence[float] = tuple([float(f"{1e-6 * 1.5**power:.3g}") for power in range(41)])
"""The upper bounds of the buckets in seconds: from 1 µs to 11 s, each 1.5 times the one before."""

_LE = [*map(repr, BOUNDS), "+Inf"]


class Histogram:
    """Counts of times by bucket, and their total."""

    __slots__ = ("counts", "total")

    def __init__(self) -> None:
        self.counts, self.total = [0] * (len(BOUNDS) + 1), 0.0

    def observe(self, seconds: float) -> None:
        """Count a time."""
        self.counts[bisect_left(BOUNDS, seconds)] += 1
        self.total += seconds


class Metrics:
    """The counts of one server process."""

    def __init__(self) -> None:
        self._requests: dict[tuple[str, str, str], Histogram] = {}
        self._scores: dict[tuple[str, str], tuple[Histogram, list[int]]] = {}

    def record(self, call: Call, seconds: float) -> None:
        """Count a request that took `seconds`, and the time of its scores if it has any."""
        key = (call.model, call.version, call.outcome)
        requests = self._requests.get(key)
        if requests is None:
            requests = self._requests[key] = Histogram()
        requests.observe(seconds)
        if call.rows:
            scores = self._scores.get(key[:2])
            if scores is None:
                scores = self._scores[key[:2]] = (Histogram(), [0])
            scores[0].observe(call.score_seconds)
            scores[1][0] += call.rows

    def snapshot(self, **gauges: float) -> dict[str, Any]:
        """Return the counts as plain JSON values, to which the gauges of the process are added."""
        return {
            "requests": [[*key, each.counts, each.total] for key, each in self._requests.items()],
            "scores": [
                [*key, each.counts, each.total, rows[0]] for key, (each, rows) in self._scores.items()
            ],
            "gauges": gauges,
        }


_GAUGES = {
    "models": "Models that the server knows",
    "loaded_versions": "Versions of models in memory",
    "model_bytes": "Bytes of the models in memory",
    "in_flight_requests": "Requests that are being answered",
}


class _Collector:
    """Turn the snapshots of the processes of a server into metrics with the label `worker`."""

    def __init__(self, snapshots: Mapping[int, Mapping[str, Any]]) -> None:
        self._snapshots = snapshots

    def collect(self) -> Iterator[Metric]:
        labels = ["worker", "model", "version"]
        requests = HistogramMetricFamily(
            "sparklet_request_seconds",
            "Time of a request, from its headers to its answer",
            labels=[*labels, "outcome"],
        )
        scores = HistogramMetricFamily(
            "sparklet_score_seconds", "Time in which the rows of a request were scored", labels=labels
        )
        rows = CounterMetricFamily("sparklet_rows", "Rows that were scored", labels=labels)
        gauges = {
            name: GaugeMetricFamily(f"sparklet_{name}", text, labels=["worker"])
            for name, text in _GAUGES.items()
        }
        for number, snapshot in self._snapshots.items():
            worker = str(number)
            for model, version, outcome, counts, total in snapshot["requests"]:
                requests.add_metric([worker, model, version, outcome], _buckets(counts), total)
            for model, version, counts, total, count in snapshot["scores"]:
                scores.add_metric([worker, model, version], _buckets(counts), total)
                rows.add_metric([worker, model, version], count)
            for name, value in snapshot["gauges"].items():
                gauges[name].add_metric([worker], value)
        yield from (requests, scores, rows, *gauges.values())


def _buckets(counts: Sequence[int]) -> list[tuple[str, float]]:
    buckets, below = [], 0
    for bound, count in zip(_LE, counts, strict=True):
        below += count
        buckets.append((bound, float(below)))
    return buckets


def exposition(snapshots: Mapping[int, Mapping[str, Any]]) -> bytes:
    """Return the snapshots of workers, by their number, in Prometheus' text format."""
    registry = CollectorRegistry()
    registry.register(_Collector(snapshots))
    text: bytes = generate_latest(registry)
    return text
