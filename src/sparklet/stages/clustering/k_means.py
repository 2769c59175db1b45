"""K-means."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from operator import itemgetter
from typing import Any

from sparklet.columns import Attribute, Columns
from sparklet.linalg import Vector
from sparklet.saved import SavedStage
from sparklet.stages.clustering.distance_measure import closest, norm
from sparklet.stages.clustering.points import HasPoints
from sparklet.stages.shared import sized
from sparklet.stages.stage import Bound, stage
from sparklet.types import INTEGER

__all__ = ["KMeansModel"]


@stage("org.apache.spark.ml.clustering.KMeansModel")
class KMeansModel(HasPoints):
    """Predict the index of the nearest center.

    A saved model uses the Euclidean distance even if it was trained with cosine, because Spark does not
    restore the measure at load. Follows Spark's `ml/clustering/KMeans.scala` and
    `mllib/clustering/KMeansModel.scala` (4.2).
    """

    predictionCol: str = "prediction"
    clusterCenters: tuple[Vector, ...]

    @classmethod
    def data(cls, saved: SavedStage) -> Mapping[str, Any]:
        if saved.version >= (2, 0):
            table = saved.table()
            pairs = zip(
                table.column("clusterIdx", "int"), table.column("clusterCenter", "vector"), strict=True
            )
            return {"clusterCenters": [center for _, center in sorted(pairs, key=itemgetter(0))]}
        return saved.table().row(clusterCenters="array<vector>")

    def check(self) -> str | None:
        if not self.clusterCenters:
            return "there are no cluster centers"
        if len({center.size for center in self.clusterCenters}) > 1:
            return "the cluster centers differ in size"
        if any(norm(center) != norm(center) for center in self.clusterCenters):
            return "a cluster center has a NaN"
        if not self.predictionCol:
            return "predictionCol is empty, which Spark refuses for this class"
        return super().check()

    @property
    def width(self) -> int:
        return self.clusterCenters[0].size

    def bind(self, columns: Columns) -> Iterator[Bound]:
        features, of_points = self.points(columns)
        attribute = Attribute("nominal", self.predictionCol, numValues=len(self.clusterCenters))
        target = columns.new(self.predictionCol, INTEGER, attribute=attribute)
        predict = sized(closest(self.clusterCenters, columns.profile.blas), self.width)
        yield Bound((features,), (target,), of_points(predict))
