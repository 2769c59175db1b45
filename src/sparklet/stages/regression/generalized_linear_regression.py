"""Generalized linear models: families of distributions and links."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from sparklet.columns import Column, Columns, wants
from sparklet.errors import NullValueError
from sparklet.jvm_math import div, dot, exp, normal_cdf
from sparklet.jvm_math import pow as java_pow
from sparklet.linalg import Vector
from sparklet.profile import Profile
from sparklet.saved import SavedStage
from sparklet.stages.predictor import PredictionModel
from sparklet.stages.shared import sized, to_double
from sparklet.stages.stage import Bound, stage

__all__ = ["GeneralizedLinearRegressionModel"]

Function = Callable[[float], float]

_EPSILON = 1e-16
_LARGEST = 1.7976931348623157e308  # Double.MaxValue

_LINKS_OF_FAMILIES = {
    "gaussian": ("identity", "log", "inverse"),
    "binomial": ("logit", "probit", "cloglog"),
    "poisson": ("log", "identity", "sqrt"),
    "gamma": ("inverse", "identity", "log"),
}
"""The links that each family takes, its default first."""

_FAMILIES_OF_POWERS = {0.0: "gaussian", 1.0: "poisson", 2.0: "gamma"}
_LINKS_OF_POWERS = {0.0: "log", 1.0: "identity", -1.0: "inverse", 0.5: "sqrt"}


@stage("org.apache.spark.ml.regression.GeneralizedLinearRegressionModel")
class GeneralizedLinearRegressionModel(PredictionModel):
    """Predict the mean of a distribution by a function of a dot.

    A null offset makes the answer null, even where the features are null. Follows Spark's
    `ml/regression/GeneralizedLinearRegression.scala` (4.2).
    """

    family: str = "gaussian"
    link: str | None = None
    variancePower: float = 0.0
    linkPower: float | None = None
    linkPredictionCol: str | None = None
    offsetCol: str | None = None
    intercept: float
    coefficients: Vector

    @classmethod
    def data(cls, saved: SavedStage) -> Mapping[str, Any]:
        return saved.table().row(intercept="double", coefficients="vector")

    def check(self) -> str | None:
        family = self.family.lower()
        if family == "tweedie":
            if not (self.variancePower >= 1.0 or self.variancePower == 0.0):
                return f"variancePower is {self.variancePower}, expected 0 or at least 1"
        elif family not in _LINKS_OF_FAMILIES:
            return f"family is {self.family!r}, expected one of {', '.join(_LINKS_OF_FAMILIES)}, tweedie"
        elif self.link is not None and self.link.lower() not in _LINKS_OF_FAMILIES[family]:
            return f"the {self.family} family does not support the {self.link} link"
        return super().check()

    @property
    def width(self) -> int:
        return self.coefficients.size

    def _linear(self, profile: Profile) -> Callable[[Vector, float], float]:
        product, intercept = dot(self.coefficients, profile.blas), self.intercept
        checked = sized(product, self.coefficients.size)
        return lambda features, offset: checked(features) + intercept + offset

    def _fitted(self) -> Function:
        """Return the function from the linear predictor to the mean."""
        family = self.family.lower()
        if family == "tweedie":
            family = _FAMILIES_OF_POWERS.get(self.variancePower, "tweedie")
            if self.linkPower in _LINKS_OF_POWERS:
                unlink = _UNLINKS[_LINKS_OF_POWERS[self.linkPower]]
            elif self.linkPower is not None:
                unlink = _power(self.linkPower)
            elif family == "tweedie":
                unlink = _power(1.0 - self.variancePower)
            else:
                unlink = _UNLINKS[_LINKS_OF_FAMILIES[family][0]]
        else:
            unlink = _UNLINKS[self.link.lower() if self.link is not None else _LINKS_OF_FAMILIES[family][0]]
        project = {"gaussian": _finite, "binomial": _between}.get(family, _positive)
        return lambda eta: project(unlink(eta))

    def bind(self, columns: Columns) -> Iterator[Bound]:
        if not self.linkPredictionCol and not self.predictionCol:
            return
        source: tuple[Column, ...] = (self.features(columns),)
        linear = self._linear(columns.profile)
        link: Callable[..., float | None] = lambda features: linear(features, 0.0)  # noqa: E731 - one of two
        if self.offsetCol:
            offset = columns.take(self.offsetCol, wants.NUMBER)
            source += (offset,)
            link = _with_offset(linear, to_double(offset) or float)
        fitted = self._fitted()

        def predict(*values: Any) -> float | None:
            eta = link(*values)
            return None if eta is None else fitted(eta)

        if self.linkPredictionCol:
            made = columns.new(self.linkPredictionCol, "double")
            yield Bound(source, (made,), link, nulls=len(source) > 1)
            source, link = (made,), lambda eta: eta
        if self.predictionCol:
            prediction = columns.new(self.predictionCol, "double")
            yield Bound(source, (prediction,), predict, nulls=True)


def _with_offset(
    linear: Callable[[Vector, float], float], cast: Callable[[Any], float]
) -> Callable[[Vector | None, Any], float | None]:
    def link(features: Vector | None, offset: Any) -> float | None:
        if offset is None:
            return None
        if features is None:
            raise NullValueError
        return linear(features, cast(offset))

    return link


def _power(power: float) -> Function:
    inverse = div(1.0, power)
    return lambda eta: java_pow(eta, inverse)


_UNLINKS: Mapping[str, Function] = {
    "identity": lambda eta: eta,
    "log": exp,
    "inverse": lambda eta: div(1.0, eta),
    "sqrt": lambda eta: eta * eta,
    "logit": lambda eta: 1.0 / (1.0 + exp(-1.0 * eta)),
    "probit": normal_cdf,
    "cloglog": lambda eta: 1.0 - exp(-1.0 * exp(eta)),
}


def _finite(mean: float) -> float:
    if mean == -math.inf:
        return -_LARGEST
    return _LARGEST if mean == math.inf else mean


def _between(mean: float) -> float:
    if mean < _EPSILON:
        return _EPSILON
    return min(mean, 1.0 - _EPSILON)


def _positive(mean: float) -> float:
    if mean < _EPSILON:
        return _EPSILON
    return _LARGEST if mean == math.inf else mean
