"""Stages that give back what they are given, written in each of the ways that there are."""

import numpy as np
import pyarrow as pa

from sparklet.saved.arrow import decode_nullable
from sparklet.spark import OnlineTransformer

TYPES = {
    "a_double": "double",
    "a_float": "float",
    "a_bigint": "bigint",
    "an_int": "int",
    "a_smallint": "smallint",
    "a_tinyint": "tinyint",
    "a_boolean": "boolean",
    "a_string": "string",
    "a_date": "date",
    "a_moment": "timestamp_ntz",
    "a_decimal": "decimal(10,3)",
    "a_vector": "vector",
    "an_array": "array<string>",
    "numbers": "array<double>",
}


class Echo(OnlineTransformer):
    seen = TYPES

    def inputs(self):
        return dict(self.seen)

    def outputs(self):
        return {name + "_out": kind for name, kind in TYPES.items()}


class ByRow(Echo):
    def scoreInstance(self, row):
        return {name + "_out": value for name, value in row.items()}


class Untyped(ByRow):
    seen = dict.fromkeys(TYPES)


class ByArrow(Echo):
    def scoreBatch(self, batch):
        return {name + "_out": batch[name] for name in batch.schema.names}


class ByTable(Echo):
    def scoreBatch(self, batch):
        return pa.RecordBatch.from_arrays(batch.columns, names=[n + "_out" for n in batch.schema.names])


class ByList(Echo):
    def scoreBatch(self, batch):
        return {name + "_out": decode_nullable(batch[name]) for name in batch.schema.names}


class Widened(OnlineTransformer):
    def inputs(self):
        return {"a_float": "double", "an_int": "double", "a_decimal": "double", "a_tinyint": "bigint"}

    def outputs(self):
        return {name + "_out": kind for name, kind in self.inputs().items()}

    def scoreInstance(self, row):
        assert all(isinstance(v, (float, int, type(None))) for v in row.values()), row
        return {name + "_out": value for name, value in row.items()}


class Pandas(OnlineTransformer):
    batchFormat = "pandas"

    def inputs(self):
        return {"a_double": "double", "a_string": "string", "a_vector": "vector"}

    def outputs(self):
        return {"twice": "double", "size": "bigint", "pair": "vector(2)"}

    def scoreBatch(self, frame):
        sizes = [0 if v is None else len(v) for v in frame["a_vector"]]
        return frame.assign(twice=frame["a_double"] * 2, size=sizes, pair=[[1.0, float(n)] for n in sizes])[
            ["twice", "size", "pair"]
        ]


class Matrix(OnlineTransformer):
    def inputs(self):
        return {"a_double": "double"}

    def outputs(self):
        return {"v": "vector(3)"}

    def scoreBatch(self, batch):
        x = batch["a_double"].to_numpy(zero_copy_only=False)
        return {"v": np.stack([x, x + 1, np.zeros(len(x))], axis=1)}


class Wrong(OnlineTransformer):
    inputType, outputType = None, "double"

    def inputs(self):
        return {"a_string": None}

    def outputs(self):
        return {"n": "double"}

    def scoreInstance(self, row):
        return {"n": row["a_string"]}
