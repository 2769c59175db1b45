"""The parity cases: one module for each of Spark's packages; importing one registers its cases."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Mapping

# What `test_no_case_is_missing` shall not ask for, and why: (stage, what it says is lacking) or (stage, "*").
EXEMPT: Mapping[tuple[str, str], str] = {
    ("DCT", "inf in a vector"): "refused: what Spark gives depends on the order of its fast transforms",
    ("DCT", "-inf in a vector"): "refused, likewise",
    (
        "ColumnPruner",
        "*",
    ): "private to RFormulaModel, in whose folder alone Spark writes it; its cases run it",
    ("VectorAttributeRewriter", "*"): "likewise",
    ("LocalLDAModel", "-inf in a vector"): "overflows the stack of Spark's JVM, which then exits",
    ("DistributedLDAModel", "-inf in a vector"): "likewise",
    ("OneHotEncoder", "*"): "the transformer of Spark 2, which no Spark since 3.0 can load",
    ("ONNXModel", "*"): "tests/stages/test_onnx.py compares with onnxruntime",
    ("OnnxTransformer", "*"): "tests/spark/test_onnx.py compares with Spark",
    ("IsolationForestModel", "*"): "stored scores are compared in tests/stages/test_isolation_forest.py",
    ("ExtendedIsolationForestModel", "*"): "likewise",
    ("SparseToDenseTransformer", "*"): "tests/stages/test_jpmml.py compares with Spark's toDense",
    ("VectorDensifier", "*"): "likewise",
    ("LightGBMClassificationModel", "*"): "stored answers are compared in tests/stages/test_lightgbm.py",
    ("LightGBMRankerModel", "*"): "likewise",
    ("LightGBMRegressionModel", "*"): "likewise",
    (
        "XGBoostClassificationModel",
        "*",
    ): "stored answers of XGBoost4J-Spark are compared in tests/stages/test_xgboost4j.py",
    ("XGBoostRankerModel", "*"): "likewise",
    ("XGBoostRegressionModel", "*"): "likewise",
}


def load_all() -> None:
    """Import every module of cases; needs pyspark."""
    for module in pkgutil.iter_modules(__path__):
        importlib.import_module(f"{__name__}.{module.name}")
