"""One row of [indexers, assembler, LightGBM of 100 trees of depth 6], beside LightGBM's own libraries.

    PYTHONPATH=src python -m benchmarks.boosters

It needs lightgbm and pyarrow, and measures lleaves and treelite (tl2cgen) where they are installed. sparklet
scores a dict with texts; the others get the finished features, as a row of numpy. Answers are compared first.
"""

from __future__ import annotations

import json
import random
import statistics
import struct
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

CITIES, NUMBERS, TEXTS = 30, 10, 5
TREES, DEPTH, ROWS, BLOCKS = 100, 6, 200, 31
SYNAPSE = "com.microsoft.azure.synapse.ml.lightgbm."
FEATURE = "org.apache.spark.ml.feature."


def table(count: int, seed: int) -> list[list[float]]:
    """Return rows of features: the indices of five texts, and ten numbers of which some are missing."""
    rng = random.Random(seed)  # noqa: S311 - no secret
    return [
        [float(rng.randrange(CITIES)) for _ in range(TEXTS)]
        + [float("nan") if rng.random() < 0.05 else rng.gauss(0, 1) for _ in range(NUMBERS)]
        for _ in range(count)
    ]


def train() -> Any:
    """Return a booster whose first five features are categories."""
    import lightgbm
    import numpy

    features = numpy.array(table(20000, 1))
    label = numpy.nan_to_num(features[:, 5] + features[:, 6]) + (features[:, 0] % 7 > 3) > 0.5
    params = {"objective": "binary", "max_depth": DEPTH, "num_leaves": 1 << DEPTH, "verbosity": -1}
    params |= {"num_threads": 1, "min_data_in_leaf": 5, "seed": 1}
    data = lightgbm.Dataset(features, label.astype(float), categorical_feature=list(range(TEXTS)))
    return lightgbm.train(params, data, TREES)


def utf(text: str) -> bytes:
    """Return a text as Java serializes names."""
    return struct.pack(">H", len(text)) + text.encode()


def booster_object(text: str) -> bytes:
    """Return the Java object that holds the text of a model."""
    fields = b"\0\1L" + utf("model") + b"\x74" + utf("Ljava/lang/String;") + b"\x78\x70"
    content = b"\x7c" + struct.pack(">Q", len(text)) + text.encode()
    return (
        b"\xac\xed\0\5\x73\x72" + utf("LightGBMBooster".rjust(16, ".")) + bytes(8) + b"\2" + fields + content
    )


def write_stage(path: Path, name: str, uid: str, **params: Any) -> Path:
    """Write the metadata of a stage."""
    (path / "metadata").mkdir(parents=True)
    facts = {"class": name, "timestamp": 1, "sparkVersion": "3.5.0", "uid": uid, "paramMap": params}
    (path / "metadata/part-00000").write_text(json.dumps(facts | {"defaultParamMap": {}}) + "\n")
    return path


def write_pipeline(path: Path, text: str) -> Path:
    """Write the folder that Spark would save for the pipeline."""
    import pyarrow as pa
    import pyarrow.parquet

    texts, numbers = [f"text{i}" for i in range(TEXTS)], [f"number{i}" for i in range(NUMBERS)]
    indices = [f"{name}Index" for name in texts]
    write_stage(path, "org.apache.spark.ml.PipelineModel", "pipeline", stageUids=["index", "join", "boost"])
    stages = path / "stages"
    indexer = write_stage(
        stages / "0_index", FEATURE + "StringIndexerModel", "index", inputCols=texts, outputCols=indices
    )
    (indexer / "data").mkdir()
    labels = [[[f"value{i}" for i in range(CITIES)]] * TEXTS]
    column = pa.array(labels, pa.list_(pa.list_(pa.string())))
    pyarrow.parquet.write_table(pa.table({"labelsArray": column}), indexer / "data/part-00000.parquet")
    joined = {"inputCols": indices + numbers, "outputCol": "features", "handleInvalid": "keep"}
    write_stage(stages / "1_join", FEATURE + "VectorAssembler", "join", **joined)
    model = write_stage(stages / "2_boost", SYNAPSE + "LightGBMClassificationModel", "boost")
    (model / "complexParams").mkdir()
    (model / "complexParams/lightGBMBooster").write_bytes(booster_object(text))
    return path


def rivals(booster: Any, folder: Path) -> Iterator[tuple[str, Callable[[Any], float]]]:
    """Yield functions from a row of numpy to the probability."""
    yield "lightgbm, Booster.predict", lambda row: booster.predict(row)[0]
    file = str(folder / "model.txt")
    booster.save_model(file)
    with suppress(ImportError):
        import lleaves

        compiled = lleaves.Model(model_file=file)
        compiled.compile()
        yield "lleaves", lambda row: compiled.predict(row, n_jobs=1)[0]
    with suppress(ImportError):
        import tl2cgen
        import treelite

        model, library = treelite.frontend.load_lightgbm_model(file), str(folder / "model.so")
        tl2cgen.export_lib(model, toolchain="gcc", libpath=library, params={"parallel_comp": 1})
        predictor = tl2cgen.Predictor(library, nthread=1)
        yield "treelite (tl2cgen)", lambda row: predictor.predict(tl2cgen.DMatrix(row)).ravel()[0]


def microseconds(function: Callable[[Any], Any], rows: list[Any]) -> float:
    """Return the mean time of a row."""
    start = time.perf_counter()
    for row in rows:
        function(row)
    return (time.perf_counter() - start) / len(rows) * 1e6


def main() -> None:
    """Compare the answers, then print the medians of blocks that take turns."""
    import numpy

    import sparklet

    booster, features = train(), table(ROWS, 2)
    with tempfile.TemporaryDirectory() as folder:
        model = sparklet.load(write_pipeline(Path(folder, "model"), booster.model_to_string()))
        dicts = [
            {f"text{i}": f"value{int(x)}" for i, x in enumerate(row[:TEXTS])}
            | {f"number{i}": x for i, x in enumerate(row[TEXTS:])}
            for row in features
        ]
        arrays = [numpy.array([row]) for row in features]
        mine = [model.scoreInstance(row)["probability"].values[1] for row in dicts]
        timed: dict[str, tuple[Callable[[Any], Any], list[Any]]] = {"sparklet": (model.scoreInstance, dicts)}
        for name, function in rivals(booster, Path(folder)):
            answers = [float(function(row)) for row in arrays]
            equal = sum(a == b for a, b in zip(mine, answers, strict=True))
            furthest = max(abs(a - b) for a, b in zip(mine, answers, strict=True))
            print(f"{name}: {equal} of {ROWS} probabilities are equal, the others differ by {furthest:.1e}")
            if name.startswith("lightgbm") and equal < ROWS:
                raise SystemExit("sparklet and LightGBM disagree")
            timed[name] = function, arrays
        blocks: dict[str, list[float]] = {name: [] for name in timed}
        for _ in range(BLOCKS):
            for name, (function, rows) in timed.items():
                blocks[name].append(microseconds(function, rows))
        least = statistics.median(blocks["sparklet"])
        for name, times in blocks.items():
            median = statistics.median(times)
            print(f"{name:26} {median:9.2f} µs a row, {median / least:6.1f}x, least {min(times):.2f} µs")


if __name__ == "__main__":
    main()
