"""Write the golden models of `pyspark.ml.connect` and what they give: `python -m tests.connect.generate`.

Run it with Spark 3.5 and with Spark 4. It needs grpcio, grpcio-status, googleapis-common-protos and
zstandard beside PySpark. Models are loaded again before they score, as saving exchanges two arrays of
MaxAbsScaler. They score pandas tables that Arrow converts, which is what Spark passes to their functions.
"""

from __future__ import annotations

import json
import math
import shutil
from pathlib import Path
from typing import Any

import pandas
import pyarrow
import pyspark

from sparklet.types import parse_ddl
from sparklet.types.arrow import to_arrow

HERE = Path(__file__).resolve().parent
NAN, INF = math.nan, math.inf

TRAIN = [[1.0, 2.0, 0.0], [2.0, -1.0, 0.0], [-3.0, -2.0, 0.0]]
ARRAYS: list[Any] = [
    *TRAIN,
    [0.1, 1e300, -0.0],
    [NAN, INF, -INF],
    [1.0, 2.0, 3.0],
    [None, 1.0, None],
    [7.0],
    [1.0, 2.0],
    [],
    None,
]
MIXED = "a array<double>, b double, c boolean, d int"
MIXED_ROWS = [
    ([2.0, 3.5], 3.0, True, 1),
    ([-3.0, NAN], 4.0, False, 2),
    ([1.0, None], 4.0, True, 2),
    (None, 4.0, True, 2),
    ([1.0, 2.0], None, True, 2),
    ([1.0, 2.0], NAN, True, 2),
    ([1.0, 2.0], 3.0, None, 2),
    ([1.0, 2.0], 3.0, True, None),
    ([1.0], 3.0, True, 1),
    ([1.0, 2.0, 3.0], 3.0, True, 1),
    ([INF, -INF], -0.0, False, -1),
]


def cases() -> dict[str, tuple[Any, str, list[tuple[Any, ...]]]]:
    """Return the model, the schema and the rows of each case."""
    from pyspark.ml.connect import feature, pipeline, tuning
    from pyspark.ml.connect.evaluation import RegressionEvaluator

    train = pandas.DataFrame({"x": TRAIN})
    ones = pandas.DataFrame({"x": [[4.0], [2.0]]})
    arrays = [(value,) for value in ARRAYS]
    maximum = feature.MaxAbsScaler(inputCol="x", outputCol="s").fit(train)
    standard = feature.StandardScaler(inputCol="s", outputCol="t").fit(maximum.transform(train))
    alone = feature.StandardScaler(inputCol="x", outputCol="s").fit(train)
    validated = tuning.CrossValidatorModel(bestModel=pipeline.PipelineModel([maximum, standard]))
    validated = validated._set(
        estimator=pipeline.Pipeline(stages=[feature.MaxAbsScaler(inputCol="x", outputCol="s")]),
        evaluator=RegressionEvaluator(metricName="mse"),
        estimatorParamMaps=[{}],
    )
    made = {
        "max-abs": (maximum, "x array<double>", arrays),
        "max-abs-one": (feature.MaxAbsScaler(inputCol="x").fit(ones), "x array<double>", arrays),
        "standard": (alone, "x array<double>", arrays),
        "standard-int": (alone, "x array<int>", [([1, 2, None],), ([2**31 - 1, 0, -5],)]),
        "standard-float": (alone, "x array<float>", [([0.1, 2.5, None],)]),
        "pipeline": (pipeline.PipelineModel([maximum, standard]), "x array<double>", arrays[:6]),
        "cross-validator": (validated, "x array<double>", arrays[:6]),
    }
    if hasattr(feature, "ArrayAssembler"):
        options = {"inputCols": ["a", "b", "c", "d"], "outputCol": "s", "featureSizes": [2, 1, 1, 1]}
        for invalid in ("error", "keep"):
            assembler = feature.ArrayAssembler(**options, handleInvalid=invalid)
            made[f"assembler-{invalid}"] = (assembler, MIXED, MIXED_ROWS)
        wide = feature.ArrayAssembler(inputCols=["b"], outputCol="s", featureSizes=[3], handleInvalid="keep")
        made["assembler-scalar"] = (wide, "b double", [(1.0,), (None,)])
        made["assembler-scalar-boolean"] = (wide, "b boolean", [(True,), (None,)])
        nested = pipeline.PipelineModel([alone, feature.ArrayAssembler(inputCols=["s"], featureSizes=[3])])
        made["pipeline-assembler"] = (nested, "x array<double>", arrays[:6])
    return made


def main() -> None:
    """Write the goldens of this PySpark."""
    line = ".".join(pyspark.__version__.split(".")[:2])
    target = HERE / line
    shutil.rmtree(target, ignore_errors=True)
    for name, (model, schema, rows) in cases().items():
        folder = target / name
        model.saveToLocal(str(folder / "model"))
        loaded = type(model).loadFromLocal(str(folder / "model"))
        fields = parse_ddl(schema).fields
        columns = [field.name for field in fields]
        scored = []
        for row in rows:
            arrays = [pyarrow.array([v], to_arrow(f.dataType)) for v, f in zip(row, fields, strict=True)]
            table = pyarrow.table(arrays, names=columns).to_pandas(date_as_object=True)
            try:
                result = loaded.transform(table)
                scored.append({c: plain(result[c][0]) for c in result.columns if c not in columns})
            except Exception as error:
                print(name, row, str(error).splitlines()[0][:80])
                scored.append(None)
        record = {"schema": schema, "columns": columns, "rows": rows, "scored": scored}
        (folder / "case.json").write_text(json.dumps(record) + "\n", encoding="utf-8")
        print(line, name, scored)


def plain(value: Any) -> Any:
    """Return the Python value of an output."""
    return value.tolist() if hasattr(value, "tolist") else value


if __name__ == "__main__":
    main()
