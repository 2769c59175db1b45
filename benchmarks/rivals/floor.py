"""The floor: pipelines written by hand in C, called with a dict, giving a dict.

Built where it runs, for this very processor: `floor/flagship.c` knows the table of the flagships, and
`floor/columns.c` the columns of numbers of the other series. Both are handed what training found from the
folder that Spark saved.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import shlex
import subprocess
import sysconfig
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.rivals.adapter import CACHE, Unable, answer
from sparklet.linalg import DenseVector
from sparklet.saved import SavedStage, open_model

__all__ = ["TARGET", "answer", "load", "score_one", "scorer"]

SOURCES = Path(__file__).with_name("floor")
TARGET = "SPARKLET_BENCH_TARGET"
"""The environment variable that names another processor to compile for than this one."""
KINDS = {"LogisticRegressionModel": 0, "GBTClassificationModel": 1, "RandomForestClassificationModel": 2}
NUMBERS = {"ImputerModel", "Bucketizer", "VectorAssembler", "StandardScalerModel", "LogisticRegressionModel"}
NODE = np.dtype([("threshold", "f8"), ("feature", "i4"), ("child", "i4")])


def build(name: str) -> Any:
    """Compile an extension, once for each source, processor and interpreter, and import it."""
    source = SOURCES / f"{name}.c"
    # As fast as this machine goes, but no rounding other than what is written.
    flags = ["-O3", f"-march={os.environ.get(TARGET, 'native')}", "-ffp-contract=off", "-shared", "-fPIC"]
    texts = [source.read_bytes(), (SOURCES / "values.h").read_bytes(), " ".join(flags).encode()]
    key = hashlib.sha256(b"\0".join(texts)).hexdigest()[:12]
    target = CACHE / "floor" / f"{name}-{key}{sysconfig.get_config_var('EXT_SUFFIX')}"
    if not target.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        compiled = target.with_name(f"new-{os.getpid()}-{target.name}")
        compiler = shlex.split(sysconfig.get_config_var("CC") or "cc")[:1]
        include = f"-I{sysconfig.get_paths()['include']}"
        try:
            subprocess.run(
                [*compiler, *flags, include, str(source), "-o", str(compiled), "-lm"],
                check=True,
                capture_output=True,
                text=True,
            )
        except FileNotFoundError:
            raise Unable(f"no C compiler: {compiler[0]} is not there") from None
        except subprocess.CalledProcessError as error:
            raise Unable(error.stderr.strip() or "the C compiler failed") from None
        compiled.replace(target)
    # Python enters the module in sys.modules, where a plain `columns` could hide another one.
    spec = importlib.util.spec_from_file_location(f"floor_{name}", target)
    if spec is None or spec.loader is None:
        raise Unable(f"{target} cannot be imported")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def load(path: str) -> Any:
    """Return the floor's scorer of a saved pipeline of the workloads. Raises `Unable` for any other."""
    by_class: dict[str, list[SavedStage]] = {}
    stages = open_model(path).stages()
    for stage in stages:
        by_class.setdefault(stage.className.rpartition(".")[2], []).append(stage)
    if by_class.keys() <= NUMBERS:
        return _numbers(by_class)
    last = stages[-1].className.rpartition(".")[2]
    if last not in KINDS or "ImputerModel" not in by_class:
        raise Unable("the floor is written for the flagship pipelines and for columns of numbers only")
    return _flagship(by_class, stages[-1], KINDS[last])


def _flagship(by_class: Mapping[str, list[SavedStage]], last: SavedStage, kind: int) -> Any:
    indexers = by_class["StringIndexerModel"]
    imputer, scaler = by_class["ImputerModel"][0], by_class["StandardScalerModel"][0]
    numbers = tuple(imputer.params["inputCols"])
    surrogates = imputer.table().row()
    labels = [indexer.table().row()["labelsArray"][0] for indexer in indexers]
    if len(set(map(len, labels))) != 1:
        raise Unable("the floor expects as many labels in each category")
    names = (*numbers, *[str(indexer.params["inputCol"]) for indexer in indexers])
    indices = tuple({label: place for place, label in enumerate(found)} for found in labels)
    columns = (
        DenseVector,
        names,
        indices,
        len(labels[0]),
        _doubles([surrogates[name] for name in numbers]),
        *_scaling([scaler]),
    )
    model = _linear(last) if kind == 0 else _trees(last)
    return build("flagship").Floor(*columns, kind, *model)


def _numbers(by_class: Mapping[str, list[SavedStage]]) -> Any:
    imputers, assemblers = by_class.get("ImputerModel", []), by_class["VectorAssembler"]
    columns = (imputers or assemblers)[0].params["inputCols"]
    surrogates = splits = weights = None
    intercept = 0.0
    for imputer in imputers:
        values = imputer.table().row()
        surrogates = _doubles([values[name] for name in columns])
    for bucketizer in by_class.get("Bucketizer", []):
        (shared,) = {tuple(splits) for splits in bucketizer.params["splitsArray"]}
        splits = _doubles(list(map(float, shared))[1:-1])
    for classifier in by_class.get("LogisticRegressionModel", []):
        weights, intercept, *_ = _linear(classifier)
    scaling = _scaling(by_class.get("StandardScalerModel", []))
    return build("columns").Numbers(
        DenseVector, tuple(columns), surrogates, *scaling, splits, weights, intercept
    )


def _scaling(scalers: Sequence[SavedStage]) -> tuple[Any, Any]:
    """Return means and factors of scalers, one after the other; None where there is no scaler."""
    if not scalers:
        return None, None
    rows = [scaler.table().row(std="vector", mean="vector") for scaler in scalers]
    means = [mean for row in rows for mean in row["mean"].values]
    return _doubles(means), _doubles(
        [0.0 if std == 0.0 else 1.0 / std for row in rows for std in row["std"].values]
    )


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
