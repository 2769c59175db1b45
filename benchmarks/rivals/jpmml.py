"""JPMML: converted by pyspark2pmml, evaluated from Python by jpmml_evaluator over JPype, dict to dict."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from benchmarks.rivals.spark import quiet_session, schema_of_model

__all__ = ["answer", "load", "prepare", "score_one", "scorer"]


def prepare(folder: str, target: str) -> dict[str, Any]:
    """Convert the saved pipeline to `model.pmml`."""
    import pyspark2pmml
    from pyspark.ml import PipelineModel
    from pyspark.sql.types import StructType

    schema = schema_of_model(folder) | {"label": "double"}
    with quiet_session(spark_jars=pyspark2pmml.spark_jars()) as session:
        struct = StructType.fromDDL(", ".join(f"`{name}` {kind}" for name, kind in schema.items()))
        model = PipelineModel.load(f"{folder}/model")
        pyspark2pmml.PMMLBuilder(struct, model).buildFile(f"{target}/model.pmml")
        version = session.version
    return {"converted with": f"pyspark2pmml {pyspark2pmml.__version__}, PySpark {version}"}


def load(path: str) -> Any:
    """Return the evaluator; the first load of a process also starts the JVM."""
    import jpmml_evaluator

    backend = jpmml_evaluator.make_backend("jpype")
    return jpmml_evaluator.make_evaluator(f"{path}/model.pmml", backend=backend)


def score_one(model: Any, row: Mapping[str, Any]) -> Any:
    """Score a row; the evaluator writes into its argument, so it gets a copy."""
    return model.evaluate(dict(row))


def scorer(model: Any) -> Callable[[Mapping[str, Any]], Any]:
    """Return what is timed."""
    evaluate = model.evaluate
    return lambda row: evaluate(dict(row))


def answer(result: Any) -> list[Any]:
    """Return the outputs as floats; PMML has no rawPrediction."""
    probabilities = [float(result[name]) for name in ("probability(0)", "probability(1)") if name in result]
    prediction = result.get("prediction", result.get("label"))
    return [None, probabilities or None, float(prediction)]
