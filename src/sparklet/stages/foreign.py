"""The libraries whose stages sparklet does not score, so that errors can call them by name."""

from __future__ import annotations

from sparklet.stages.authored import is_python

__all__ = ["FOREIGN_ADVICE", "SPARK", "foreign"]

SPARK = "org.apache.spark.ml."

FOREIGN_ADVICE = """\
Of a pipeline with stages of other libraries,
  - the columns before these stages can be scored: load(path, outputs=[...]);
  - Spark can score everything that its JVM runs, in a session with the jars of the library:
    load(path, engine="jvm") (docs/jvm.md);
  - a package can register what sparklet runs in their place (docs/authors.md)."""

# The longest prefix that fits is the library; the text after it is what else helps.
_LIBRARIES = {
    "ai.catboost.spark.": ("CatBoost", ""),
    "ai.h2o.sparkling.": ("H2O Sparkling Water", ""),
    "biz.k11i.xgboost.": ("XGBoost Predictor", ""),
    "catboost_spark.": ("CatBoost", ""),
    "com.databricks.": ("Databricks", ""),
    "com.intel.analytics.": ("BigDL", ""),
    "com.johnsnowlabs.": ("Spark NLP", ""),
    "com.linkedin.relevance.isolationforest.": ("isolation-forest", ""),
    "com.microsoft.azure.synapse.ml.": ("SynapseML", ""),
    "com.microsoft.ml.spark.": ("MMLSpark, now SynapseML", ""),
    "com.nvidia.": ("Spark RAPIDS", ""),
    "com.salesforce.op.": ("TransmogrifAI", ""),
    "elephas.": ("Elephas", ""),
    "horovod.": ("Horovod", ""),
    "ml.combust.": ("MLeap", ""),
    "ml.dmlc.xgboost4j.": ("XGBoost4J-Spark", ""),
    "org.apache.spark.ml.mleap.": ("MLeap", ""),
    "org.jpmml.sparkml.": ("JPMML-SparkML", ""),
    "pysparkling.": ("H2O Sparkling Water", ""),
    "spark_rapids_ml.": ("Spark RAPIDS ML", "; save what its cpu() returns, which is Spark's own model"),
    "sparkdl.": ("Deep Learning Pipelines", ""),
    "sparkdl.xgboost.": ("the Databricks Runtime", "; train it with xgboost.spark, which replaces it"),
    "sparknlp.": ("Spark NLP", ""),
    "synapse.ml.": ("SynapseML", ""),
    "xgboost.spark.": ("XGBoost", ""),
}


def foreign(className: str) -> str | None:
    """Return why a class of another library cannot be scored, None for Spark's and for user-written classes.

    >>> foreign("com.johnsnowlabs.nlp.DocumentAssembler")
    'a stage of Spark NLP, which sparklet does not score'
    >>> foreign("com.example.Stage"), foreign("shop.stages.Basket")
    ('a stage of a JVM library, which sparklet does not score', None)
    """
    known = [prefix for prefix in _LIBRARIES if className.startswith(prefix)]
    if known:
        library, more = _LIBRARIES[max(known, key=len)]
        return f"a stage of {library}, which sparklet does not score{more}"
    return (
        None
        if is_python(className) or className.startswith(SPARK)
        else "a stage of a JVM library, which sparklet does not score"
    )
