"""What the classifiers made of trees share: raw predictions from the segments of the features."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sparklet.jvm_math import WHOLE, Layout
from sparklet.linalg import DenseVector
from sparklet.profile import Profile
from sparklet.stages.classification.classifier import ProbabilisticClassificationModel, Raw
from sparklet.stages.tree.tree_models import TreeModel

__all__ = ["TreeClassificationModel"]


@dataclass(frozen=True, kw_only=True, eq=False)
class TreeClassificationModel(TreeModel, ProbabilisticClassificationModel):
    """A classifier made of trees. A subclass writes `rawLayout`."""

    def rawLayout(self, profile: Profile, layout: Layout) -> Callable[..., tuple[float, ...]]:
        """Return the function from the features' segments to the raw prediction of each class."""
        raise TypeError(f"{type(self).__name__} has no rawLayout")

    def predictRaw(self, profile: Profile) -> Raw:
        raw = self.rawLayout(profile, WHOLE)
        return lambda features: DenseVector(raw(features))

    def predictLayout(self, profile: Profile, layout: Layout) -> Callable[..., float]:
        raw, decide = self.rawLayout(profile, layout), self.raw2prediction(profile)

        def predict(*segments: Any) -> float:
            return decide(DenseVector(raw(*segments)))

        return predict
