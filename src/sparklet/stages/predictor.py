"""Models that predict from a feature vector (`ml/Predictor.scala`)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from sparklet.columns import Column, Columns, wants
from sparklet.ir import Emit
from sparklet.profile import Profile
from sparklet.records import record
from sparklet.stages.stage import Bound, Stage
from sparklet.types import DOUBLE

__all__ = ["HasFeaturesCol", "PredictionModel"]


@record(kw_only=True, eq=False)
class HasFeaturesCol(Stage):
    """A model that reads a feature vector."""

    predictor: ClassVar[bool] = True

    featuresCol: str = "features"
    labelCol: str = "label"

    @property
    def width(self) -> int | None:
        """Return the number of features in training, None if it is unknown."""
        return None

    def features(self, columns: Columns) -> Column:
        """Return the features column."""
        return columns.take(self.featuresCol, wants.VECTOR, self.width)


@record(kw_only=True, eq=False)
class PredictionModel(HasFeaturesCol):
    """A model with one prediction (double). A subclass defines `predict`."""

    predictionCol: str = "prediction"

    def predict(self, profile: Profile) -> Emit:
        """Return the function from features to the prediction."""
        raise TypeError(f"{type(self).__name__} has no predict")

    def bind(self, columns: Columns) -> Iterator[Bound]:
        if self.predictionCol:
            target = columns.new(self.predictionCol, DOUBLE)
            yield Bound((self.features(columns),), (target,), emit=self.predict(columns.profile))
