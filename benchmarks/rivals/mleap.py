"""MLeap in a JVM of its own (`mleap/Child.scala`), through its row API.

The newest runtime that Maven resolved when this was written is 0.20.0, whose line is Spark 3.2; its exporter
for that line did not resolve. So the very numbers that Spark fitted are handed to MLeap's own model classes,
saved by MLeap as its bundle, and loaded from that. MLeap has no counterpart of Spark's ImputerModel: its own
Imputer, one for each column, takes its place.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from benchmarks.rivals.adapter import CACHE, Unable
from sparklet.saved import SavedStage, open_model

__all__ = ["command", "describe"]

HERE = Path(__file__).with_name("mleap")
HOME = CACHE / "mleap"


def command() -> list[str]:
    """Return what starts the child, after resolving MLeap with Maven and compiling `Child.scala` once."""
    sources = [HERE / "pom.xml", HERE / "Child.scala"]
    stamp, text = HOME / "built", "".join(source.read_text(encoding="utf-8") for source in sources)
    path = f"{HOME / 'classes'}:{HOME / 'lib'}/*"
    if not stamp.exists() or stamp.read_text(encoding="utf-8") != text:
        (HOME / "classes").mkdir(parents=True, exist_ok=True)
        _run(
            [
                "mvn",
                "-q",
                "-B",
                "-f",
                str(sources[0]),
                "dependency:copy-dependencies",
                f"-DoutputDirectory={HOME / 'lib'}",
            ]
        )
        compiler = ["java", "-cp", path, "scala.tools.nsc.Main", "-usejavacp", "-nowarn"]
        _run([*compiler, "-d", str(HOME / "classes"), str(sources[1])])
        stamp.write_text(text, encoding="utf-8")
    return ["java", "-Xmx2g", "-Xss16m", "-cp", path, "Child"]


def _run(words: list[str]) -> None:
    try:
        done = subprocess.run(words, check=False, capture_output=True, text=True)
    except FileNotFoundError:
        raise Unable(f"{words[0]} is not there") from None
    if done.returncode:
        lines = [
            line for line in (done.stdout + done.stderr).splitlines() if "ERROR" in line or "error" in line
        ]
        raise Unable(f"{words[0]} failed: {(lines or ['no reason given'])[0][:200]}")


def describe(folder: str, target: str) -> str:
    """Write the fitted pipeline down for the JVM's side; return the file."""
    schema = json.loads(Path(folder, "facts.json").read_text(encoding="utf-8"))["schema"]
    fields = [{"name": name, "type": kind} for name, kind in schema.items()]
    Path(target, "schema.json").write_text(json.dumps(fields), encoding="utf-8")
    sizes: dict[str, int] = dict.fromkeys(schema, -1)
    stages = [made for saved in open_model(f"{folder}/model").stages() for made in _stage(saved, sizes)]
    path = Path(target, "pipeline.json")
    path.write_text(json.dumps(stages), encoding="utf-8")
    return str(path)


def _stage(saved: SavedStage, sizes: dict[str, int]) -> Iterator[dict[str, Any]]:
    kind, params = saved.className.rpartition(".")[2], saved.params
    plain: dict[str, Any] = {"op": kind, "input": params.get("inputCol"), "output": params.get("outputCol")}
    if kind == "StringIndexerModel":
        yield plain | {"labels": saved.table().row()["labelsArray"][0], "invalid": params["handleInvalid"]}
        sizes[plain["output"]] = -1
    elif kind == "OneHotEncoderModel":
        (source,), (made,) = params["inputCols"], params["outputCols"]  # type: ignore[misc]
        (size,) = saved.table().row()["categorySizes"]
        facts = {"size": size, "invalid": params["handleInvalid"], "dropLast": params["dropLast"]}
        yield plain | facts | {"input": source, "output": made}
        keep, drop = params["handleInvalid"] == "keep", bool(params["dropLast"])
        sizes[made] = size + keep - drop
    elif kind == "ImputerModel":
        surrogates = saved.table().row()
        for source, made in zip(params["inputCols"], params["outputCols"], strict=True):  # type: ignore[call-overload]
            yield {
                "op": "Imputer",
                "input": source,
                "output": made,
                "surrogate": surrogates[source],
                "missing": "NaN",
            }
            sizes[made] = -1
    elif kind == "VectorAssembler":
        inputs = [{"name": name, "size": sizes[name]} for name in params["inputCols"]]  # type: ignore[attr-defined]
        yield plain | {"inputs": inputs}
        sizes[plain["output"]] = sum(abs(item["size"]) for item in inputs)
    elif kind == "StandardScalerModel":
        row = saved.table().row(std="vector", mean="vector")
        yield plain | {name: list(row[name].values) for name in ("std", "mean")}
        sizes[plain["output"]] = len(row["mean"].values)
    elif kind == "HashingTF":
        yield plain | {"size": params["numFeatures"]}
    elif kind == "IDFModel":
        yield plain | {"idf": saved.table().row(idf="vector")["idf"].toArray().tolist()}
    elif kind == "Tokenizer":
        yield plain
    elif kind == "LogisticRegressionModel":
        types = {"interceptVector": "vector", "coefficientMatrix": "matrix"}
        row = saved.table().row(**types)
        weights = row["coefficientMatrix"].toArray().ravel().tolist()
        yield {
            "op": kind,
            "input": "features",
            "weights": weights,
            "intercept": row["interceptVector"].values[0],
        }
    else:
        yield _ensemble(saved, kind)


def _ensemble(saved: SavedStage, kind: str) -> Mapping[str, Any]:
    if kind not in ("GBTClassificationModel", "RandomForestClassificationModel"):
        raise Unable(f"the benchmark hands MLeap no {kind}")
    table = saved.table().sorted_by("treeID", "nodeData.id")
    names = (
        "leftChild",
        "rightChild",
        "prediction",
        "impurityStats",
        "split.featureIndex",
        "split.numCategories",
    )
    columns = [table.column(f"nodeData.{name}") for name in names]
    tests = table.column("nodeData.split.leftCategoriesOrThreshold")
    trees: list[list[Any]] = []
    for tree, id_, left, right, prediction, stats, feature, categories, test in zip(
        table.column("treeID"), table.column("nodeData.id"), *columns, tests, strict=True
    ):
        if id_ == 0:
            trees.append([])
        leaf = [prediction] if kind == "GBTClassificationModel" else stats
        trees[tree].append([leaf] if left < 0 else [feature, left, right, categories, test])
    weights = saved.table("treesMetadata").sorted_by(0).numpy(2, "double").tolist()
    size = saved.metadata["numFeatures"]
    return {"op": kind, "input": "features", "size": size, "weights": weights, "trees": trees}
