"""The pipeline of these tests: text, an integer, vectors between, and two kinds of output."""

from __future__ import annotations


def churn(spark):
    """Return a pipeline that Spark fits on random rows, and their table."""
    from pyspark.ml import Pipeline
    from pyspark.ml.classification import LogisticRegression
    from pyspark.ml.feature import OneHotEncoder, SQLTransformer, StringIndexer, VectorAssembler

    table = spark.sql(
        "SELECT CAST(18 + id * 7 % 50 AS INT) AS age, elt(1 + id * 5 % 3, 'SF', 'LA', 'NY') AS city, "
        "CAST(id * 13 % 7 > 3 AS DOUBLE) AS label FROM range(60)"
    )
    stages = [
        SQLTransformer(statement="SELECT *, age / 7 + age * 2 AS scaled FROM __THIS__"),
        StringIndexer(inputCol="city", outputCol="cityIndex", handleInvalid="skip"),
        OneHotEncoder(inputCol="cityIndex", outputCol="cityVector"),
        VectorAssembler(inputCols=["age", "scaled", "cityVector"], outputCol="features"),
        LogisticRegression(maxIter=5),
    ]
    return Pipeline(stages=stages).fit(table), table


def rows_of(table):
    """Return the rows of a Spark DataFrame as dicts, with vectors as lists."""
    return [
        {
            name: value.toArray().tolist() if hasattr(value, "toArray") else value
            for name, value in row.items()
        }
        for row in (record.asDict() for record in table.collect())
    ]
