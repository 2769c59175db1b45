"""Stages of JPMML-SparkML that stand between an assembler and a booster."""

__all__ = ["STAGES"]

STAGES = {
    "org.jpmml.sparkml.feature.SparseToDenseTransformer": "vector_densifier",
    "org.jpmml.sparkml.feature.VectorDensifier": "vector_densifier",
    # The name in older releases.
    "org.jpmml.sparkml.xgboost.SparseToDenseTransformer": "vector_densifier",
}
"""The module that defines each stage, by its class name."""
