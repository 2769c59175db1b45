"""What the objectives of LightGBM make of the sums of the trees (`ObjectiveFunction::ConvertOutput`, 4.6)."""

from __future__ import annotations

import math
from collections.abc import Callable

from sparklet.ir import Graph, Node
from sparklet.java import exp

__all__ = ["converter", "number", "unsupported"]

Elements = tuple[float, ...]

_VALUES = frozenset("regression regression_l1 quantile huber fair mape".split())
_EXPONENTIAL = frozenset("poisson gamma tweedie".split())
_UNCHANGED = frozenset(("", "lambdarank", "rank_xendcg", "custom", "none", "null", "na"))
_SIGMOIDS = frozenset(("binary", "cross_entropy", "xentropy"))
_LAMBDA = frozenset(("cross_entropy_lambda", "xentlambda"))
_SEVERAL = frozenset(("multiclass", "multiclassova"))


def unsupported(objective: tuple[str, ...], classes: int) -> str | None:
    """Return why an objective is not supported for that number of classes, None if it is."""
    name = objective[0] if objective else ""
    known = _VALUES | _EXPONENTIAL | _UNCHANGED | _SIGMOIDS | _LAMBDA | _SEVERAL
    if name not in known:
        return f"objective {name[:40]} is not supported"
    if name in _SEVERAL and number(_param(objective, "num_class")) != classes:
        return f"objective {name} has not the {classes} classes of the booster"
    if classes > 1 and name not in _SEVERAL | _UNCHANGED:
        return f"objective {name} with {classes} classes is not supported"
    if name in ("binary", "multiclassova") and not number(_param(objective, "sigmoid")) > 0:
        return f"objective {name} has no positive sigmoid"
    return None


def converter(objective: tuple[str, ...], classes: int) -> Callable[[Graph, Node], Node]:
    """Return the function from the node of the sums to that of the predictions, both dense vectors."""
    name = objective[0] if objective else ""
    if name == "multiclass":
        return lambda graph, sums: graph.apply(softmax, sums, classes)
    if name in _LAMBDA:
        return lambda graph, sums: graph.apply(_lambda, sums, classes)
    if name in ("regression", "regression_l1", "quantile", "fair", "mape") and "sqrt" in objective[1:]:
        return lambda graph, sums: graph.apply(_squared, sums, classes)
    if name in _EXPONENTIAL:
        return _elementwise(lambda graph, x: graph.exp(x), classes)
    if name in _SIGMOIDS or name == "multiclassova":
        factor = number(_param(objective, "sigmoid")) if name in ("binary", "multiclassova") else 1.0

        def sigmoid(graph: Graph, x: Node) -> Node:
            return graph.divide(1.0, graph.plus(1.0, graph.exp(graph.multiply(x, -factor))))

        return _elementwise(sigmoid, classes)
    return lambda _, sums: sums


def _elementwise(function: Callable[[Graph, Node], Node], classes: int) -> Callable[[Graph, Node], Node]:
    return lambda graph, sums: graph.dense([function(graph, x) for x in graph.elements(sums, classes)])


def _param(objective: tuple[str, ...], name: str) -> str:
    """Return a parameter of an objective, such as that of `sigmoid:1`; the last one counts."""
    values = [word.partition(":")[2] for word in objective if word.partition(":")[0] == name]
    return values[-1] if values else ""


def softmax(sums: Elements) -> Elements:
    """Return the probabilities of several classes (`Common::Softmax`).

    >>> softmax((0.0, 0.0, -1000.0))
    (0.5, 0.5, 0.0)
    """
    most = sums[0]
    for value in sums[1:]:
        most = most if value < most else value  # noqa: FURB136 - the order matters to NaN
    powers, total = [exp(value - most) for value in sums], 0.0
    for power in powers:
        total += power
    return tuple([power / total if total else math.nan for power in powers])


def _lambda(sums: Elements) -> Elements:
    return tuple([math.log1p(exp(x)) for x in sums])


def _squared(sums: Elements) -> Elements:
    return tuple([float((x > 0) - (x < 0)) * x * x for x in sums])


def number(text: str) -> float:
    """Return a decimal number as LightGBM reads those of an objective (`Common::Atof`), NaN for another text.

    It is not always the nearest double.

    >>> number("0.7"), number("1e-3"), number("one")
    (0.7, 0.001, nan)
    """
    import re

    parts = re.fullmatch(r"(\d{0,300})(?:\.(\d{0,300}))?(?:[eE]([-+]?)(\d{1,4}))?", text, re.ASCII)
    if parts is None or not (parts[1] or parts[2]):
        return math.nan
    value = _digits(parts[1])
    if parts[2]:
        value += _digits(parts[2]) / _power(10.0, len(parts[2]))
    scale, left = 1.0, min(int(parts[4] or 0), 308)
    for step, factor in ((50, 1e50), (8, 1e8), (1, 10.0)):
        while left >= step:
            scale *= factor
            left -= step
    return value / scale if parts[3] == "-" else value * scale


def _digits(text: str) -> float:
    value = 0.0
    for digit in text:
        value = value * 10.0 + int(digit)
    return value


def _power(base: float, power: int) -> float:
    """Follow `Common::Pow`."""
    if power == 0:
        return 1.0
    if power % 2 == 0:
        return _power(base * base, power // 2)
    if power % 3 == 0:
        return _power(base * base * base, power // 3)
    return base * _power(base, power - 1)
