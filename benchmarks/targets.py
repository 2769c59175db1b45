"""What the project asks of itself, beside what a run measured."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from benchmarks.plots import shown
from benchmarks.workloads import WORKLOADS

__all__ = ["Figures", "targets"]

Figures = Mapping[str, Any]

ROWS = (  # workload, rival, bound; the floor is a divisor, and sparklet that of the others
    ("lr", "floor", 2.0),
    ("lr", "onnx", 15.0),
    ("lr", "spark", 50_000.0),
    ("lr", "mleap", 1.0),
    ("gbt", "floor", 1.8),
    ("gbt", "onnx", 8.0),
    ("gbt", "jpmml", 8.0),
    ("rf", "floor", 1.1),
)
POINTS = (("scaled-1000", 3.0), ("assembled-5000", 3.0), ("prepared-1000", 4.0), ("stages-48", 3.0))
IMPORT = 0.03  # seconds
COLD = (  # figure, what it is, rival, bound, whether at least
    ("seconds", "process start to first score", "onnx", 1.3, False),
    ("load", "warm load", "onnx", 1.5, False),
    ("load", "warm load", "spark", 300.0, True),
    ("seconds", "process start to first score", "spark", 20.0, True),
    ("resident", "resident memory", "spark", 5.0, True),
)
BATCH = {"memory": 10.0, "parquet": 3.0}
INSTRUCTIONS = 3.0


def targets(found: Figures) -> Iterator[list[str]]:
    """Yield lines of four cells: what, the bound, what this run measured, whether it is met."""
    yield from _rows(found.get("rows", {}))
    yield from _growth(found.get("growth", {}))
    yield from _cold(found.get("cold", {}))
    yield from _batch(found.get("batch", {}))
    for name, rivals in found.get("instructions", {}).items():
        counts = [rivals.get(rival, {}).get("instructions") for rival in ("sparklet", "floor")]
        if all(counts):
            yield _line(f"instructions, {name}: sparklet / floor", counts[0] / counts[1], INSTRUCTIONS)


def _rows(rows: Figures) -> Iterator[list[str]]:
    for name, rival, bound in ROWS:
        ratio = rows.get(name, {}).get(rival, {}).get("against")
        if ratio and rival == "floor":
            yield _line(f"one row, {name}: sparklet / floor", 1.0 / ratio, bound)
        elif ratio:
            yield _line(f"one row, {name}: {rival} / sparklet", ratio, bound, least=True)


def _growth(growth: Figures) -> Iterator[list[str]]:
    for name, bound in POINTS:
        ratio = growth.get(name, {}).get("floor", {}).get("against")
        if ratio:
            yield _line(f"one row, {WORKLOADS[name].title}: sparklet / floor", 1.0 / ratio, bound)
    for series in ("trees", "features", "stages"):
        ratios = [
            (rivals["mleap"]["against"], WORKLOADS[name].at)
            for name, rivals in growth.items()
            if WORKLOADS[name].series == series and rivals.get("mleap", {}).get("against")
        ]
        if ratios:
            ratio, at = min(ratios)
            yield _line(f"one row, {at} {series}, the least: mleap / sparklet", ratio, 1.0, least=True)


def _cold(cold: Figures) -> Iterator[list[str]]:
    for name in ("lr", "gbt"):
        rivals = cold.get(name, {})
        seconds = rivals.get("sparklet", {}).get("import")
        if seconds and name == "lr":
            yield _line("import sparklet", seconds, IMPORT, unit=shown)
        for figure, what, rival, bound, least in COLD:
            ratio = rivals.get(rival, {}).get("against", {}).get(figure)
            if ratio and least:
                yield _line(f"{what}, {name}: {rival} / sparklet", ratio, bound, least=True)
            elif ratio:
                yield _line(f"{what}, {name}: sparklet / {rival}", 1.0 / ratio, bound)


def _batch(batch: Figures) -> Iterator[list[str]]:
    for name, rivals in batch.items():
        for sink, bound in BATCH.items():
            rates = [
                rivals.get(rival, {}).get(sink, {}).get("rows a second and core")
                for rival in ("sparklet", "spark")
            ]
            if all(rates):
                what = f"batch, {name}, {sink}, rows a second and core: sparklet / spark"
                yield _line(what, rates[0] / rates[1], bound, least=True)


def _ratio(value: float) -> str:
    if value == round(value):
        return f"{value:,.0f}x"
    return f"{value:,.0f}x" if value >= 20 else f"{value:.2f}x"


def _line(
    what: str, measured: float, bound: float, *, least: bool = False, unit: Callable[[float], str] = _ratio
) -> list[str]:
    met = measured >= bound if least else measured <= bound
    asked = f"{'≥' if least else '≤'} {f'{bound:g}x' if unit is _ratio and bound < 20 else unit(bound)}"
    return [what, asked, unit(measured), "met" if met else "**missed**"]
