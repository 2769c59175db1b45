"""One tree and ensembles of trees (`ml/tree/treeModels.scala`, 4.2)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import chain
from typing import Any

from sparklet.columns import Attribute, Column, Columns
from sparklet.ir import Emit
from sparklet.java import WHOLE, Layout
from sparklet.linalg import DenseVector, Vector
from sparklet.profile import Profile
from sparklet.records import record, replace
from sparklet.saved import SavedStage
from sparklet.stages.predictor import PredictionModel
from sparklet.stages.stage import Bound
from sparklet.stages.tree.forest import Forest, read_forest, read_tree
from sparklet.types import DOUBLE, VECTOR

__all__ = ["DecisionTreeModel", "TreeEnsembleModel", "TreeModel"]


@record(kw_only=True, eq=False)
class TreeModel(PredictionModel):
    """A model of trees: how features reach leaves, and their column. `numFeatures` is -1 where unknown."""

    leafCol: str = ""
    numFeatures: int
    forest: Forest

    @property
    def width(self) -> int | None:
        return self.numFeatures if self.numFeatures >= 0 else None

    def predictLayout(self, profile: Profile, layout: Layout) -> Callable[..., float]:
        """Return the function from the features' segments to the prediction."""
        raise TypeError(f"{type(self).__name__} has no predictLayout")

    def predict(self, profile: Profile) -> Emit:
        return lambda graph, features: graph.kernel(
            lambda layout: self.predictLayout(profile, layout), features
        )

    def leavesLayout(self, layout: Layout) -> Callable[..., tuple[float, ...]]:
        """Return the function from the features' segments to each tree's leaf, counted from the left."""
        return self.forest.values_of(layout, self.width, self.forest.ordinals)

    def bind(self, columns: Columns) -> Iterator[Bound]:
        features = self.features(columns)
        # Trees that consist of one leaf do not read the features, so Spark scores null as well.
        nulls = not self.forest.reach
        for bound in chain(super().bind(columns), self.moreColumns(columns, features)):
            yield replace(bound, nulls=True) if nulls else bound

    def moreColumns(self, columns: Columns, features: Column) -> Iterator[Bound]:
        """Yield the step after the prediction: the leaves, if they are an output."""
        if self.leafCol:
            yield self._leafColumn(columns, features, self.leavesLayout(WHOLE))

    def _leafColumn(
        self, columns: Columns, features: Column, leaves: Callable[[Vector], tuple[float, ...]]
    ) -> Bound:
        raise TypeError(f"{type(self).__name__} has no leaf column")


@record(kw_only=True, eq=False)
class DecisionTreeModel(TreeModel):
    """A model of one tree."""

    @classmethod
    def tree(cls, saved: SavedStage, stats: int) -> Mapping[str, Any]:
        """Read the tree; each node has `stats` impurity statistics."""
        numFeatures = saved.number("numFeatures", -1)
        return {"numFeatures": numFeatures, "forest": read_tree(saved, numFeatures, stats)}

    def predictLayout(self, profile: Profile, layout: Layout) -> Callable[..., float]:
        return self.forest.value_of(layout, self.width, self.forest.prediction)

    def _leafColumn(
        self, columns: Columns, features: Column, leaves: Callable[[Vector], tuple[float, ...]]
    ) -> Bound:
        attribute = Attribute("nominal", self.leafCol, numValues=len(self.forest.leaves[0]))
        target = columns.new(self.leafCol, DOUBLE, attribute=attribute)
        return Bound((features,), (target,), lambda x: leaves(x)[0])


@record(kw_only=True, eq=False)
class TreeEnsembleModel(TreeModel):
    """A model of several trees."""

    @classmethod
    def trees(cls, saved: SavedStage, stats: int = 0) -> Mapping[str, Any]:
        """Read the trees; each node has `stats` impurity statistics, which are not read where 0."""
        numFeatures, numTrees = saved.number("numFeatures", -1), saved.number("numTrees", 1)
        return {"numFeatures": numFeatures, "forest": read_forest(saved, numFeatures, numTrees, stats)}

    def weightedSum(self, profile: Profile, layout: Layout) -> Callable[..., float]:
        """Return the function from the features' segments to the trees' predictions times their weights."""
        return self.forest.sum_of(layout, self.width, profile.blas)

    def _leafColumn(
        self, columns: Columns, features: Column, leaves: Callable[[Vector], tuple[float, ...]]
    ) -> Bound:
        forest = self.forest

        def attributes() -> tuple[Attribute, ...]:
            return tuple(Attribute("nominal", numValues=len(tree)) for tree in forest.leaves)

        target = columns.new(self.leafCol, VECTOR, size=forest.size, attributes=attributes)
        return Bound((features,), (target,), lambda x: DenseVector(leaves(x)))
