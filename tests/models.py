"""Saved models written by hand, in Spark's format, for tests that need no Spark."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from sparklet.saved import FILES, is_listed, listing

VECTOR = pa.struct(
    [
        ("type", pa.int8()),
        ("size", pa.int32()),
        ("indices", pa.list_(pa.int32())),
        ("values", pa.list_(pa.float64())),
    ]
)
MATRIX = pa.struct(
    [
        ("type", pa.int8()),
        ("numRows", pa.int32()),
        ("numCols", pa.int32()),
        ("colPtrs", pa.list_(pa.int32())),
        ("rowIndices", pa.list_(pa.int32())),
        ("values", pa.list_(pa.float64())),
        ("isTransposed", pa.bool_()),
    ]
)


def dense(*values):
    return {"type": 1, "size": None, "indices": None, "values": list(values)}


def dense_matrix(rows, cols, values, transposed=True):
    return {
        "type": 1,
        "numRows": rows,
        "numCols": cols,
        "colPtrs": None,
        "rowIndices": None,
        "values": list(values),
        "isTransposed": transposed,
    }


def save_stage(folder, className, uid, params=None, data=None, version="4.3.0", **extra):
    """Write a stage; `data` is a list of (column, Arrow type, values)."""
    folder = Path(folder)
    (folder / "metadata").mkdir(parents=True)
    metadata = {
        "class": className,
        "timestamp": 1,
        "sparkVersion": version,
        "uid": uid,
        "paramMap": params or {},
        "defaultParamMap": {},
        **extra,
    }
    (folder / "metadata" / "part-00000").write_text(json.dumps(metadata) + "\n", encoding="utf-8")
    if data is not None:
        (folder / "data").mkdir()
        table = pa.table({name: pa.array(values, kind) for name, kind, values in data})
        pq.write_table(table, folder / "data" / "part-00000-x.snappy.parquet")
    return str(folder)


def seal(path):
    """Write the list of the model's files, as they are now."""
    shutil.rmtree(path / FILES, ignore_errors=True)
    names = [file.relative_to(path).as_posix() for file in path.rglob("*") if file.is_file()]
    names = [name for name in names if is_listed(name)]
    digests = {name: hashlib.sha256((path / name).read_bytes()).hexdigest() for name in names}
    (path / FILES).mkdir()
    (path / FILES / "part-00000.txt").write_text(listing(digests))
    return path


def save_pipeline(folder, stages, version="4.3.0"):
    """Write a PipelineModel; `stages` is a list of (class, uid, params, data)."""
    folder = Path(folder)
    uids = [uid for _, uid, _, _ in stages]
    path = save_stage(
        folder, "org.apache.spark.ml.PipelineModel", "pipeline", {"stageUids": uids}, version=version
    )
    for place, (className, uid, params, data) in enumerate(stages):
        name = f"{place:0{len(str(len(stages)))}d}_{uid}"
        save_stage(folder / "stages" / name, className, uid, params, data, version)
    return path


FEATURE = "org.apache.spark.ml.feature."


def indexer(uid="si", labels=("SF", "LA"), **params):
    return (
        FEATURE + "StringIndexerModel",
        uid,
        {"inputCol": "city", "outputCol": "city_i", **params},
        [("labelsArray", pa.list_(pa.list_(pa.string())), [[list(labels)]])],
    )


def encoder(uid="ohe", size=2, **params):
    return (
        FEATURE + "OneHotEncoderModel",
        uid,
        {"inputCol": "city_i", "outputCol": "city_v", **params},
        [("categorySizes", pa.list_(pa.int32()), [[size]])],
    )


def assembler(uid="va", inputs=("age", "city_v"), output="features", **params):
    return FEATURE + "VectorAssembler", uid, {"inputCols": list(inputs), "outputCol": output, **params}, None


def linear_regression(uid="lr", weights=(2.0, 10.0), intercept=1.0, **params):
    return (
        "org.apache.spark.ml.regression.LinearRegressionModel",
        uid,
        params,
        [
            ("intercept", pa.float64(), [intercept]),
            ("coefficients", VECTOR, [dense(*weights)]),
            ("scale", pa.float64(), [1.0]),
        ],
    )


def logistic_regression(uid="logit", weights=(2.0, 10.0), intercept=1.0, **params):
    return (
        "org.apache.spark.ml.classification.LogisticRegressionModel",
        uid,
        params,
        [
            ("numClasses", pa.int32(), [2]),
            ("numFeatures", pa.int32(), [len(weights)]),
            ("interceptVector", VECTOR, [dense(intercept)]),
            ("coefficientMatrix", MATRIX, [dense_matrix(1, len(weights), weights)]),
            ("isMultinomial", pa.bool_(), [False]),
        ],
    )


CITY = (indexer(), encoder(), assembler(), linear_regression())
"""Four stages from (age, city) to prediction = 2 age + 10 (city is SF) + 1."""
