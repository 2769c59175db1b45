"""A random forest that classifies."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sparklet.linalg import DenseVector, Vector
from sparklet.profile import Profile
from sparklet.saved import SavedStage
from sparklet.stages.classification.classifier import ProbabilisticClassificationModel, Raw, normalize
from sparklet.stages.stage import stage
from sparklet.stages.tree.forest import Forest
from sparklet.stages.tree.tree_models import TreeEnsembleModel, number_of

__all__ = ["RandomForestClassificationModel"]


@stage("org.apache.spark.ml.classification.RandomForestClassificationModel")
class RandomForestClassificationModel(TreeEnsembleModel, ProbabilisticClassificationModel):
    """Classify by votes: each tree shares its one vote among the classes as its leaf saw them in training.

    The trees' weights have no effect, as in Spark.
    Follows Spark's `ml/classification/RandomForestClassifier.scala` (4.2).
    """

    numClasses: int

    @classmethod
    def data(cls, saved: SavedStage) -> Mapping[str, Any]:
        numClasses = number_of(saved, "numClasses", 1)
        return {"numClasses": numClasses, **cls.trees(saved, numClasses)}

    @property
    def classes(self) -> int:
        return self.numClasses

    def predictRaw(self, profile: Profile) -> Raw:
        leaves, shares = self.leaves(), _shares(self.forest)

        def vote(features: Vector) -> DenseVector:
            votes = []
            for column in zip(*[shares[leaf] for leaf in leaves(features)], strict=True):
                total = 0.0
                for share in column:
                    total += share
                votes.append(total)
            return DenseVector(tuple(votes))

        return vote

    def raw2probability(self, profile: Profile) -> Callable[[Vector], DenseVector]:
        return lambda raw: normalize(raw.values)


def _shares(forest: Forest) -> list[tuple[float, ...]]:
    import numpy

    stats = forest.stats
    totals = numpy.zeros(len(stats))
    for count in stats.T:
        totals = totals + count
    with numpy.errstate(all="ignore"):
        shares = stats / totals[:, None]
    # Spark passes over a leaf without any training rows.
    shares[totals == 0] = 0.0
    return forest.by_leaf(shares)
