"""Decision tree for regression."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from sparklet.columns import Column, Columns
from sparklet.java import WHOLE, Layout
from sparklet.saved import SavedStage
from sparklet.stages.stage import Bound, stage
from sparklet.stages.tree.tree_models import DecisionTreeModel
from sparklet.types import DOUBLE

if TYPE_CHECKING:
    import numpy

__all__ = ["DecisionTreeRegressionModel"]


@stage("org.apache.spark.ml.regression.DecisionTreeRegressionModel")
class DecisionTreeRegressionModel(DecisionTreeModel):
    """Predict the mean of the training rows in the same leaf, and their variance if it is an output.

    Follows Spark's `ml/regression/DecisionTreeRegressor.scala` and `mllib/tree/impurity/Variance.scala`
    (4.2).
    """

    varianceCol: str | None = None

    @classmethod
    def data(cls, saved: SavedStage) -> Mapping[str, Any]:
        return cls.tree(saved, 3)

    def varianceLayout(self, layout: Layout) -> Callable[..., float]:
        """Return the function from the features' segments to the variance in the leaf."""
        return self.forest.value_of(layout, self.width, _variances(self.forest.stats))

    def moreColumns(self, columns: Columns, features: Column) -> Iterator[Bound]:
        """Yield the variance, if it is an output, and then the leaf."""
        if self.varianceCol:
            target = columns.new(self.varianceCol, DOUBLE)
            yield Bound((features,), (target,), self.varianceLayout(WHOLE))
        yield from super().moreColumns(columns, features)


def _variances(stats: numpy.ndarray) -> numpy.ndarray:
    """Return the variance of each node from the count, sum and sum of squares, 0.0 for an empty node."""
    import numpy

    count, total, squares = stats.T
    with numpy.errstate(all="ignore"):
        return numpy.where(count == 0.0, 0.0, (squares - (total * total) / count) / count)
