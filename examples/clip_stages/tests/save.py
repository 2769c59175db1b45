"""Save a pipeline of both stages with Spark, beside rows and Spark's scores: `python tests/save.py FOLDER`.

The Scala stage is compiled with the compiler in PySpark's jars. Needs Java 17 and the extra `spark`.
"""

from __future__ import annotations

import math
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import pyspark
from clip_stages.transformers import Sign
from pyspark.ml import PipelineModel
from pyspark.ml.linalg import Vectors, VectorUDT
from pyspark.ml.param.shared import HasInputCol, HasOutputCol
from pyspark.ml.util import JavaMLWritable
from pyspark.ml.wrapper import JavaTransformer
from pyspark.sql import SparkSession
from pyspark.sql.types import DoubleType, StructType

import sparklet

HERE = Path(__file__).resolve().parent
NUMBERS = [-2.5, -0.0, 0.0, 1e-300, 3.0, math.nan, math.inf, -math.inf, None]
VECTORS = [
    Vectors.dense(-9.0, 0.5, 9.0),
    Vectors.dense(math.nan, -0.0, math.inf),
    Vectors.sparse(3, [1], [7.5]),
    Vectors.sparse(3, [], []),
]


class ClipModel(JavaTransformer, JavaMLWritable, HasInputCol, HasOutputCol):
    """The Scala stage, for PySpark."""

    def __init__(self, lower: list[float], upper: list[float], **params: str) -> None:
        super().__init__()
        self._java_obj = self._new_java_obj(
            "com.example.clip.ClipModel", self.uid, _doubles(lower), _doubles(upper)
        )
        self._set(**params)


def _doubles(values: list[float]) -> Any:
    gateway = pyspark.SparkContext._gateway
    array = gateway.new_array(gateway.jvm.double, len(values))
    for index, value in enumerate(values):
        array[index] = value
    return array


def compiled(folder: Path) -> Path:
    """Compile the Scala stage into a folder of classes, and return it."""
    jars = str(Path(pyspark.__file__).with_name("jars") / "*")
    source = HERE.parent / "scala" / "ClipModel.scala"
    subprocess.run(
        ["java", "-cp", jars, "scala.tools.nsc.Main", "-d", str(folder), "-cp", jars, str(source)], check=True
    )
    return folder


def save(target: str, classes: Path) -> None:
    """Save the pipeline in a session that has the compiled classes."""
    builder = SparkSession.builder.master("local[1]").config("spark.ui.enabled", "false")
    spark = builder.config("spark.driver.extraClassPath", str(classes)).getOrCreate()
    schema = StructType().add("x", DoubleType()).add("features", VectorUDT(), nullable=False)
    rows = [(number, VECTORS[index % len(VECTORS)]) for index, number in enumerate(NUMBERS)]
    clip = ClipModel([-1.0, 0.0, 0.0], [1.0, 1.0, 5.0], inputCol="features", outputCol="clipped")
    model = PipelineModel([Sign(inputCol="x", outputCol="sign"), clip])
    sparklet.save(model, target, example=spark.createDataFrame(rows, schema), overwrite=True)
    spark.stop()


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        save(sys.argv[1] if sys.argv[1:] else str(HERE / "model"), compiled(Path(folder)))
