"""Two kinds of plots as SVG: bars and lines, on logarithmic scales."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from html import escape

__all__ = ["bars", "lines", "shown"]

COLOURS = {
    "sparklet": "#c2410c",
    "floor": "#6b7280",
    "mleap": "#15803d",
    "onnx": "#1d4ed8",
    "jpmml": "#7e22ce",
    "spark": "#b45309",
    "mlflow": "#0e7490",
}
FONT = 'font-family="sans-serif" font-size="13"'


def shown(seconds: float) -> str:
    """Return a time in the unit that reads best.

    >>> shown(1.5e-6), shown(0.25)
    ('1.5 µs', '250 ms')
    """
    for limit, scale, unit in ((1e-6, 1e9, "ns"), (1e-3, 1e6, "µs"), (1.0, 1e3, "ms")):
        if seconds < limit:
            return f"{seconds * scale:.3g} {unit}"
    return f"{seconds:.3g} s"


def _page(width: int, height: int, title: str, parts: Sequence[str]) -> str:
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" {FONT}>'
    back = f'<rect width="{width}" height="{height}" fill="white"/>'
    return "\n".join(
        [head, back, f'<text x="12" y="22" font-weight="bold">{escape(title)}</text>', *parts, "</svg>\n"]
    )


def _text(x: float, y: float, text: str, anchor: str = "start", colour: str = "#111827") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{colour}">{escape(text)}</text>'


def _decades(values: Sequence[float]) -> range:
    return range(math.floor(math.log10(min(values))), math.ceil(math.log10(max(values))) + 1)


def bars(title: str, values: Mapping[str, float]) -> str:
    """Return a bar for each rival's seconds."""
    decades = _decades([*values.values(), *[value * 0.9 for value in values.values()]])
    left, width, step = 90, 480, 28
    height = 50 + step * len(values)
    parts = []
    for decade in decades:
        x = left + width * (decade - decades[0]) / (len(decades) - 1)
        parts += [f'<path d="M{x:.1f} 34V{height - 12}" stroke="#e5e7eb"/>']
    for place, (name, value) in enumerate(sorted(values.items(), key=lambda item: item[1])):
        y = 38 + step * place
        long = width * (math.log10(value) - decades[0]) / (len(decades) - 1)
        colour = COLOURS.get(name, "#374151")
        parts += [
            f'<rect x="{left}" y="{y}" width="{long:.1f}" height="20" fill="{colour}"/>',
            _text(left - 8, y + 15, name, "end"),
            _text(left + long + 6, y + 15, shown(value)),
        ]
    return _page(left + width + 100, height, title, parts)


def lines(title: str, axis: str, series: Mapping[str, Sequence[tuple[int, float]]]) -> str:
    """Return a line for each rival: its seconds (up) over what grows (right)."""
    points = [point for line in series.values() for point in line]
    xs, ys = [float(x) for x, _ in points], [y for _, y in points]
    decades = _decades(ys)
    left, top, width, height = 70, 40, 440, 260
    low, high = math.log10(min(xs)), math.log10(max(xs))

    def place(x: float, y: float) -> tuple[float, float]:
        right = (math.log10(x) - low) / ((high - low) or 1.0)
        up = (math.log10(y) - decades[0]) / (len(decades) - 1)
        return left + width * right, top + height * (1 - up)

    parts = []
    for decade in decades:
        _, y = place(min(xs), 10.0**decade)
        parts += [
            f'<path d="M{left} {y:.1f}H{left + width}" stroke="#e5e7eb"/>',
            _text(left - 8, y + 4, shown(10.0**decade), "end"),
        ]
    for x in sorted(set(xs)):
        parts.append(_text(place(x, min(ys))[0], top + height + 20, f"{x:.0f}", "middle"))
    parts.append(_text(left + width / 2, top + height + 40, axis, "middle"))
    taken: list[float] = []
    for name, line in sorted(series.items(), key=lambda item: -item[1][-1][1]):
        colour = COLOURS.get(name, "#374151")
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in (place(*point) for point in line))
        x, y = place(*line[-1])
        y = max(y, taken[-1] + 15) if taken else y
        taken.append(y)
        parts += [
            f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>',
            _text(x + 6, y + 4, name, colour=colour),
        ]
    return _page(left + width + 90, top + height + 56, title, parts)
