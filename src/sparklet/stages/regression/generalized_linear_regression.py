"""Generalized linear models: families of distributions and links."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NoReturn

from sparklet.columns import Column, Columns, wants
from sparklet.errors import NullValueError
from sparklet.ir import Emit, Graph, Node
from sparklet.java import div, exp, normal_cdf
from sparklet.java import pow as java_pow
from sparklet.linalg import Vector
from sparklet.profile import Profile
from sparklet.saved import SavedStage
from sparklet.stages.predictor import PredictionModel
from sparklet.stages.stage import Bound, Rounding, stage
from sparklet.types import DOUBLE, VECTOR

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
"""The links that each family supports, the default first."""

_FAMILIES_OF_POWERS = {0.0: "gaussian", 1.0: "poisson", 2.0: "gamma"}
_LINKS_OF_POWERS = {0.0: "log", 1.0: "identity", -1.0: "inverse", 0.5: "sqrt"}


@stage("org.apache.spark.ml.regression.GeneralizedLinearRegressionModel")
class GeneralizedLinearRegressionModel(PredictionModel):
    """Predict the mean of a distribution by a function of a dot product.

    A null offset makes the prediction null, even if the features are null. Follows Spark's
    `ml/regression/GeneralizedLinearRegression.scala` (4.2).
    """

    rounding = Rounding(
        "exp, log and pow differ in the last bit between the C library and the JVM", ("predictionCol",)
    )

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

    def _linear(self, graph: Graph, features: Node, offset: Node | float, profile: Profile) -> Node:
        product = graph.dot(features, self.coefficients, profile.blas)
        return graph.plus(graph.plus(product, self.intercept), offset)

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
        profile, nulls = columns.profile, False
        link: Emit = self._without_offset(profile)
        if self.offsetCol:
            source, nulls = (*source, columns.take(self.offsetCol, wants.NUMBER)), True
            link = self._with_offset(profile)
        if self.linkPredictionCol:
            target = columns.new(self.linkPredictionCol, DOUBLE)
            yield Bound(source, (target,), emit=link, nulls=nulls)
            source, link, nulls = (target,), lambda _, eta: eta, True
        if self.predictionCol:
            prediction, fitted = columns.new(self.predictionCol, DOUBLE), self._fitted()
            yield Bound(
                source,
                (prediction,),
                emit=lambda graph, *x: _mean(graph, link(graph, *x), fitted),
                nulls=nulls,
            )

    def _without_offset(self, profile: Profile) -> Emit:
        return lambda graph, features: self._linear(graph, features, 0.0, profile)

    def _with_offset(self, profile: Profile) -> Emit:
        def emit(graph: Graph, features: Node, offset: Node) -> Node:
            absent = graph.is_null(offset)
            graph.guard(graph.both(graph.negation(absent), graph.is_null(features)), _refuse_null)
            if offset.null:
                # Spark does not read the features of a row without offset.
                features = graph.select(absent, None, features, type=VECTOR)
            return self._linear(graph, features, graph.to_double(offset), profile)

        return emit


def _refuse_null() -> NoReturn:
    raise NullValueError


def _mean(graph: Graph, eta: Node, fitted: Function) -> Node:
    return graph.call(fitted, eta, type=DOUBLE, strict=True, null=eta.null)


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
