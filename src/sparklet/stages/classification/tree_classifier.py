"""The base of tree classifiers: raw predictions from the segments of the features."""

from __future__ import annotations

from collections.abc import Callable

from sparklet.ir import Emit
from sparklet.java import Layout
from sparklet.profile import Profile
from sparklet.records import record
from sparklet.stages.classification.classifier import ProbabilisticClassificationModel
from sparklet.stages.tree.tree_models import TreeModel

__all__ = ["TreeClassificationModel"]


@record(kw_only=True, eq=False)
class TreeClassificationModel(TreeModel, ProbabilisticClassificationModel):
    """A classifier that consists of trees. A subclass defines `rawLayout`."""

    def rawLayout(self, profile: Profile, layout: Layout) -> Callable[..., tuple[float, ...]]:
        """Return the function from the features' segments to the raw prediction of each class."""
        raise TypeError(f"{type(self).__name__} has no rawLayout")

    def predictRaw(self, profile: Profile) -> Emit:
        return lambda graph, features: graph.kernel(
            lambda layout: self.rawLayout(profile, layout), features, self.classes
        )

    def predict(self, profile: Profile) -> Emit:
        raw, decide = self.predictRaw(profile), self.raw2prediction(profile)
        return lambda graph, features: decide(graph, raw(graph, features))
