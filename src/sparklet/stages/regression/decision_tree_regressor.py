"""A decision tree that predicts a number."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from sparklet.columns import Column, Columns
from sparklet.linalg import Vector
from sparklet.saved import SavedStage
from sparklet.stages.stage import Bound, stage
from sparklet.stages.tree.tree_models import DecisionTreeModel

__all__ = ["DecisionTreeRegressionModel"]


@stage("org.apache.spark.ml.regression.DecisionTreeRegressionModel")
class DecisionTreeRegressionModel(DecisionTreeModel):
    """Predict the mean of the training rows that ended in the same leaf, and their variance where asked for.

    Follows Spark's `ml/regression/DecisionTreeRegressor.scala` and `mllib/tree/impurity/Variance.scala`
    (4.2).
    """

    varianceCol: str | None = None

    @classmethod
    def data(cls, saved: SavedStage) -> Mapping[str, Any]:
        return cls.tree(saved, 3)

    def predictVariance(self) -> Callable[[Vector], float]:
        """Return the function from features to the variance in the leaf."""
        leaf = self.leaf()
        variances = [_variance(*row) if row else 0.0 for row in self.forest.by_leaf(self.forest.stats)]
        return lambda features: variances[leaf(features)]

    def moreColumns(self, columns: Columns, features: Column) -> Iterator[Bound]:
        """Yield the variance, where it is asked for, and then the leaf."""
        if self.varianceCol:
            yield Bound((features,), (columns.new(self.varianceCol, "double"),), self.predictVariance())
        yield from super().moreColumns(columns, features)


def _variance(count: float, total: float, squares: float) -> float:
    if count == 0.0:
        return 0.0
    return (squares - (total * total) / count) / count
