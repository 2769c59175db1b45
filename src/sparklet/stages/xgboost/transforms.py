"""What XGBoost and its Spark stages compute from margins, in float32: the fallback of `_native/floats.h`."""

from __future__ import annotations

import math
from collections.abc import Callable

from sparklet.stages.xgboost.libm import expf, logf

__all__ = ["MULTICLASS", "TRANSFORMS", "add_float", "margin_of", "softmax", "two_classes"]

Elements = tuple[float, ...]


def two_classes(raw: Elements) -> Elements:
    """Return the probabilities of two classes from [-margin, margin].

    Follows `transform_margin` in `xgboost/spark/core.py` (3.2) and `scipy.special.expit` of float32.

    >>> two_classes((-0.0, 0.0))
    (0.5, 0.5)
    """
    import numpy

    one = numpy.float32(1.0)
    second = one / (one + numpy.float32(expf(-raw[1])))
    return float(one - second), float(second)


def softmax(raw: Elements) -> Elements:
    """Return the probabilities of several classes, as `scipy.special.softmax` does of a row of float32.

    >>> softmax((0.0, 0.0, -1000.0))
    (0.5, 0.5, 0.0)
    """
    import numpy

    margins = numpy.array([raw], numpy.float32)
    with numpy.errstate(all="ignore"):
        powers = numpy.exp(margins - margins.max(axis=1, keepdims=True))
        # numpy's order of summation is part of what is followed here.
        return tuple((powers / numpy.add.reduce(powers, axis=1, keepdims=True))[0].tolist())


def _sigmoid(margins: Elements) -> Elements:
    """Follow `Sigmoid` in `src/common/math.h` (3.2)."""
    import numpy

    float32 = numpy.float32
    one = float32(1.0)
    return tuple(
        float(one / (float32(expf(min(-margin, float(float32(88.7))))) + one + float32(1e-16)))
        for margin in margins
    )


def _exp(margins: Elements) -> Elements:
    return tuple(map(expf, margins))


def _hinge(margins: Elements) -> Elements:
    return tuple(1.0 if margin > 0.0 else 0.0 for margin in margins)


TRANSFORMS: dict[str, tuple[str | None, Callable[[Elements], Elements]] | None] = {
    **dict.fromkeys(
        "reg:squarederror reg:linear reg:squaredlogerror reg:pseudohubererror reg:absoluteerror "
        "reg:quantileerror binary:logitraw rank:pairwise rank:ndcg rank:map".split()
    ),
    **dict.fromkeys(("reg:logistic", "binary:logistic"), ("float_sigmoid", _sigmoid)),
    **dict.fromkeys(
        "count:poisson reg:gamma reg:tweedie survival:cox survival:aft".split(), ("float_exp", _exp)
    ),
    "binary:hinge": (None, _hinge),
}
"""By objective, the function from margins to predictions and its name in C, if it has one.

None where the margins are the predictions.
"""


def _softprob(margins: Elements) -> Elements:
    """Follow `Softmax` in `src/common/math.h` (3.2): powers in float, their sum in double."""
    import numpy

    most = margins[0]
    for margin in margins[1:]:
        most = margin if most != most or margin > most else most
    with numpy.errstate(all="ignore"):
        powers = [
            numpy.float32(expf(float(numpy.float32(margin) - numpy.float32(most)))) for margin in margins
        ]
        total = 0.0
        for power in powers:
            total += float(power)
        return tuple([float(power / numpy.float32(total)) for power in powers])


def _index_of_largest(margins: Elements) -> Elements:
    return (float(margins.index(max(margins))),)


MULTICLASS: dict[str, Callable[[Elements], Elements]] = {
    "multi:softprob": _softprob,
    "multi:softmax": _index_of_largest,
}
"""The function from margins to what the booster predicts, by objective of several classes."""


def add_float(terms: Elements) -> Callable[[Elements], Elements]:
    """Return the function that adds a number to each margin in float32.

    >>> add_float((1.0, 0.1))((2.0, 0.2))
    (3.0, 0.30000001192092896)
    """
    import numpy

    added = [numpy.float32(term) for term in terms]
    return lambda margins: tuple(
        [float(term + numpy.float32(margin)) for term, margin in zip(added, margins, strict=True)]
    )


def margin_of(objective: str, base_score: float, version: tuple[int, ...]) -> float:
    """Return the margin of a base score, which is stored as a prediction (`ProbToMargin`).

    >>> margin_of("binary:logistic", 0.5, (1, 7, 6)), margin_of("reg:squarederror", 0.5, (1, 7, 6))
    (-0.0, 0.5)
    """
    import numpy

    transform = TRANSFORMS.get(objective)
    if transform is None or objective == "binary:hinge":
        return base_score
    if transform[0] == "float_exp":
        return logf(base_score)
    one, score, eps = numpy.float32(1.0), numpy.float32(base_score), numpy.float32(1e-6)
    if version >= (3, 2):
        score = min(max(score, eps), one - eps)
    if not 0.0 < score < 1.0:
        return math.nan
    return -logf(float(one / score - one))
