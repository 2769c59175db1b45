"""Write small model folders as Spark does."""

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from sparklet.saved import Table
from sparklet.saved.arrow import columns_of

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
LFS = "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a2146\nsize 1234\n"


def metadata(className="org.apache.spark.ml.feature.NGram", uid="ngram_1", **more):
    return {
        "class": className,
        "timestamp": 1,
        "sparkVersion": "3.5.1",
        "uid": uid,
        "paramMap": {},
        "defaultParamMap": {},
        **more,
    }


def write_text(folder: Path, content, part="part-00000") -> Path:
    """Write one part file of a text folder, with the bookkeeping that Spark leaves beside it."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "_SUCCESS").touch()
    (folder / f".{part}.crc").write_bytes(b"crc\0")
    file = folder / part
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    return file


def write_stage(folder: Path, *args, part="part-00000", **more) -> Path:
    """Write the metadata of a stage and return its folder."""
    write_text(folder / "metadata", json.dumps(metadata(*args, **more)) + "\n", part)
    return folder


def write_pipeline(folder: Path, uids, className="org.apache.spark.ml.PipelineModel") -> Path:
    """Write a pipeline of NGram stages with these uids."""
    write_stage(folder, className, "pipeline", paramMap={"stageUids": list(uids)})
    width = len(str(len(uids)))
    for place, uid in enumerate(uids):
        write_stage(folder / "stages" / f"{place:0{width}d}_{uid}", uid=uid)
    return folder


def write_data(folder: Path, columns, part="part-00000-c000.snappy.parquet", **options) -> Path:
    """Write one Parquet file; `columns` maps name -> (type, values)."""
    folder.mkdir(parents=True, exist_ok=True)
    fields = [pa.field(name, kind) for name, (kind, _) in columns.items()]
    arrays = [pa.array(values, kind) for kind, values in columns.values()]
    file = folder / part
    with file.open("wb") as handle:
        pq.write_table(pa.table(arrays, schema=pa.schema(fields)), handle, **options)
    (folder / "_SUCCESS").touch()
    return file


def of_arrow(array) -> Table:
    """Return a table at "here" of one column "c"."""
    return Table("here", len(array), columns_of(pa.table({"c": array})))


def dense(*values):
    return {"type": 1, "size": None, "indices": None, "values": list(values)}


def sparse(size, indices, values):
    return {"type": 0, "size": size, "indices": indices, "values": values}


def dense_matrix(rows, columns, values, transposed=False):
    return {
        "type": 1,
        "numRows": rows,
        "numCols": columns,
        "colPtrs": None,
        "rowIndices": None,
        "values": values,
        "isTransposed": transposed,
    }


def sparse_matrix(rows, columns, pointers, indices, values, transposed=False):
    return {
        **dense_matrix(rows, columns, values, transposed),
        "type": 0,
        "colPtrs": pointers,
        "rowIndices": indices,
    }
