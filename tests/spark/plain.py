"""Plain PySpark in a process of its own: load the pipeline, score the rows, write what it gives."""

import sys


def main(model, given, target):
    from pyspark.ml import PipelineModel

    from sparklet.testing import spark_session

    spark = spark_session()
    PipelineModel.load(model).transform(spark.read.parquet(given)).write.parquet(target)
    spark.stop()


if __name__ == "__main__":
    main(*sys.argv[1:])
