"""The floor: the flagship pipelines written by hand in C (`floor.c`), called with a dict, giving a dict.

Built where it runs, for this very processor. It only knows the table of the flagships, and is handed what
training found from the folder that Spark saved.
"""

from __future__ import annotations

import hashlib
import importlib.util
import shlex
import subprocess
import sysconfig
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.rivals.adapter import CACHE, Unable
from sparklet.linalg import DenseVector
from sparklet.saved import SavedStage, open_model

__all__ = ["answer", "load", "score_one", "scorer"]

SOURCE = Path(__file__).with_name("floor.c")
KINDS = {"LogisticRegressionModel": 0, "GBTClassificationModel": 1, "RandomForestClassificationModel": 2}
NODE = np.dtype([("threshold", "f8"), ("feature", "i4"), ("child", "i4")])


def build() -> Any:
    """Compile the extension, once for each source and interpreter, and import it."""
    text = SOURCE.read_bytes()
    suffix = sysconfig.get_config_var("EXT_SUFFIX")
    target = CACHE / "floor" / f"floor-{hashlib.sha256(text).hexdigest()[:12]}{suffix}"
    if not target.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        made = target.with_name(f"new-{target.name}")
        # As fast as this machine goes, but no rounding other than what is written.
        flags = [
            "-O3",
            "-march=native",
            "-ffp-contract=off",
            "-shared",
            "-fPIC",
            f"-I{sysconfig.get_paths()['include']}",
        ]
        compiler = shlex.split(sysconfig.get_config_var("CC") or "cc")[:1]
        try:
            subprocess.run(
                [*compiler, *flags, str(SOURCE), "-o", str(made), "-lm"],
                check=True,
                capture_output=True,
                text=True,
            )
        except FileNotFoundError:
            raise Unable(f"no C compiler: {compiler[0]} is not there") from None
        except subprocess.CalledProcessError as error:
            raise Unable(error.stderr.strip() or "the C compiler failed") from None
        made.replace(target)
    spec = importlib.util.spec_from_file_location("floor", target)
    if spec is None or spec.loader is None:
        raise Unable(f"{target} cannot be imported")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def load(path: str) -> Any:
    """Return the floor's scorer of a saved flagship pipeline. Raises `Unable` for any other."""
    stages = open_model(path).stages()
    by_class: dict[str, list[SavedStage]] = {}
    for stage in stages:
        by_class.setdefault(stage.className.rpartition(".")[2], []).append(stage)
    last = stages[-1].className.rpartition(".")[2]
    if last not in KINDS or "ImputerModel" not in by_class:
        raise Unable("the floor is written for the flagship pipelines only")
    indexers = by_class["StringIndexerModel"]
    imputer, scaler = by_class["ImputerModel"][0], by_class["StandardScalerModel"][0]
    numbers = tuple(imputer.params["inputCols"])
    surrogates = imputer.table().row()
    fitted = scaler.table().row(std="vector", mean="vector")
    labels = [indexer.table().row()["labelsArray"][0] for indexer in indexers]
    if len(set(map(len, labels))) != 1:
        raise Unable("the floor expects as many labels in each category")
    names = (*numbers, *[str(indexer.params["inputCol"]) for indexer in indexers])
    indices = tuple({label: place for place, label in enumerate(found)} for found in labels)
    factors = [0.0 if std == 0.0 else 1.0 / std for std in fitted["std"].values]
    columns = (
        DenseVector,
        names,
        indices,
        len(labels[0]),
        _doubles([surrogates[name] for name in numbers]),
        _doubles(fitted["mean"].values),
        _doubles(factors),
    )
    model = (_linear if last == "LogisticRegressionModel" else _trees)(stages[-1])
    return build().Floor(*columns, KINDS[last], *model)


def _doubles(values: Sequence[float]) -> Any:
    return np.array(values, np.float64)


def _linear(saved: SavedStage) -> tuple[Any, ...]:
    types = {"interceptVector": "vector", "coefficientMatrix": "matrix", "isMultinomial": "boolean"}
    row = saved.table().row(numClasses="int", **types)
    weights, nothing = _doubles(row["coefficientMatrix"].values), np.zeros(0)
    return weights, row["interceptVector"].values[0], 0.0, nothing.tobytes(), nothing.tobytes(), nothing, 0


def _trees(saved: SavedStage) -> tuple[Any, ...]:
    """Return a forest as the floor wants it: children side by side, leaves that lead to themselves."""
    table = saved.table().sorted_by("treeID", "nodeData.id")
    tree, ids = table.numpy("treeID", "int"), table.numpy("nodeData.id", "int")
    starts = np.flatnonzero(ids == 0)
    first = starts[tree]
    left = table.numpy("nodeData.leftChild", "int").astype(np.int64)
    right = table.numpy("nodeData.rightChild", "int").astype(np.int64)
    leaf = left < 0
    left, right = left + first, right + first
    splits, bounds = table.flat("nodeData.split.leftCategoriesOrThreshold", "array<double>")
    place = np.minimum(bounds[:-1], max(len(splits) - 1, 0))
    categories = table.numpy("nodeData.split.numCategories", "int")
    if (categories[~leaf] > 2).any():
        raise Unable("the floor knows categories of two values only")
    # A one-hot element is 0.0 or 1.0: below 0.5 goes where 0.0 goes.
    swapped = ~leaf & (categories == 2) & (splits[place] == 1.0)
    test = np.where(categories == 2, 0.5, splits[place])
    yes, no = np.where(swapped, right, left), np.where(swapped, left, right)

    # New places: all roots, then the two children of each node side by side, level by level.
    order, new = [starts], np.full(len(ids), -1, np.int64)
    new[starts], used, level, depth = np.arange(len(starts)), len(starts), starts, 0
    while (level := level[~leaf[level]]).size:
        depth += 1
        pairs = np.stack((yes[level], no[level]), axis=1).ravel()
        new[pairs], used = np.arange(used, used + len(pairs)), used + len(pairs)
        order.append(pairs)
        level = pairs
    old = np.concatenate(order)
    nodes = np.zeros(len(old), NODE)
    nodes["threshold"] = np.where(leaf[old], np.nan, test[old])
    nodes["feature"] = np.where(leaf[old], 0, table.numpy("nodeData.split.featureIndex", "int")[old])
    nodes["child"] = np.where(leaf[old], np.arange(len(old)) - 1, new[yes[np.where(leaf[old], 0, old)]])
    roots = np.arange(len(starts), dtype=np.int32)
    if saved.className.endswith("GBTClassificationModel"):
        leaves = table.numpy("nodeData.prediction", "double")[old]
        weights = saved.table("treesMetadata").sorted_by(0).numpy(2, "double")
    else:
        stats = table.flat("nodeData.impurityStats", "array<double>")[0].reshape(len(ids), 2)[old]
        leaves, weights = stats / (0.0 + stats[:, :1] + stats[:, 1:]), np.zeros(0)
    leaves = np.ascontiguousarray(leaves, np.float64)
    return weights, 0.0, 0.0, nodes.tobytes(), roots.tobytes(), leaves, depth


def score_one(model: Any, row: Mapping[str, Any]) -> Any:
    """Score a row."""
    return model.score(row)


def scorer(model: Any) -> Callable[[Mapping[str, Any]], Any]:
    """Return what is timed."""
    found: Callable[[Mapping[str, Any]], Any] = model.score
    return found


def answer(result: Any) -> list[Any]:
    """Return the outputs as floats."""
    return [list(result["rawPrediction"].values), list(result["probability"].values), result["prediction"]]
