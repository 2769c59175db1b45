"""Rows made to fit a model: values that its stages tell apart, and a share that they choke on."""

from __future__ import annotations

import math
import random

from sparklet.columns import fold
from sparklet.linalg import DenseVector, SparseVector, to_dense
from sparklet.testing import differences

HOSTILE = {
    "double": (None, math.nan, math.inf, -math.inf, 0.0, -0.0, 1e300, -1e300, 5e-324),
    "string": (None, "", "unseen \u20ac", "0", "x" * 300),
    "vector": (None,),
    "array<string>": (None, [], [None], ["unseen \u20ac"], [""]),
}
WORDS = ["the", "a", "good", "movie", "price", "of", "flight", "late", "very", "not", "data", "2020", "love"]


def rows_for(model, count, seed=0):
    """Return `count` rows, the first half of them with values of the training kind only.

    Of many drawn rows those are kept whose scores differ, so that the comparison sees more than one branch.
    """
    rng = random.Random(seed)
    hints = _hints(model)
    drawn = [{c.name: _plain(c, hints, rng) for c in model.inputs} for _ in range(count * 6)]
    plain = _varied(model, drawn, count - count // 2)
    hostile = []
    for fitting in drawn[: count // 2]:
        row = dict(fitting)
        for column in rng.sample(model.inputs, k=min(len(model.inputs), rng.choice((1, 1, 2)))):
            row[column.name] = _hostile(column, row[column.name], rng)
        hostile.append(row)
    return plain + hostile


def _varied(model, rows, count):
    """Return rows that cover as many different predictions as there are, then as they come."""
    seen, first, rest = [], [], []
    for row in rows:
        try:
            scored = model.scoreInstance(row)
        except Exception:
            rest.append(row)
            continue
        new = not any(not list(differences(scored, other)) for other in seen[:40])
        (first if new and scored is not None else rest).append(row)
        if new and len(seen) < 40:
            seen.append(scored)
    return (first + rest)[:count]


def _plain(column, hints, rng):
    known = hints.get(fold(column.name), [])
    if column.type == "vector":
        size = column.size or 3
        values = [_number(hints.get((fold(column.name), i), []), rng) for i in range(size)]
        if rng.random() < 0.5:
            return DenseVector(tuple(values))
        kept = sorted(rng.sample(range(size), k=rng.randint(0, size)))
        return SparseVector(size, tuple(kept), tuple(values[i] for i in kept))
    if column.type == "array<string>":
        return rng.choices([*known, *WORDS], k=rng.randint(0, 12))
    if column.type == "string":
        if known:
            return rng.choice(known)
        return " ".join(rng.choices(WORDS, k=rng.randint(1, 15)))
    if column.type == "double":
        return _number(known, rng)
    return rng.choice([0, 1, 2, 5])


def _number(known, rng):
    if known and rng.random() < 0.8:
        return float(rng.choice(known)) + rng.choice(
            (0.0, 0.0, 1e-9, 1.0, -1.0, rng.gauss(0, 1), rng.gauss(0, 50))
        )
    return rng.choice((float(rng.randint(0, 12)), rng.random(), rng.gauss(0, 5), rng.lognormvariate(4, 2)))


def _hostile(column, value, rng):
    if column.type == "vector" and rng.random() < 0.7:
        values = list(to_dense(value).values)
        if values:
            values[rng.randrange(len(values))] = rng.choice((math.nan, math.inf, -math.inf, -0.0, 1e300))
        return DenseVector(tuple(values))
    return rng.choice(HOSTILE.get(column.type, (None,)))


def _hints(model):
    """Return values that the stages compare with: by input column, or by (vector column, index)."""
    hints, sources = {}, {}

    def element(name, index, values):
        traced = sources.get(fold(name))
        if traced is None:
            hints.setdefault((fold(name), index), []).extend(values)
        elif index < len(traced) and traced[index] is not None:
            hints.setdefault(traced[index], []).extend(values)

    for stage in model.stages:
        kind = type(stage).__name__
        pairs = getattr(stage, "pairs", None) if kind != "StopWordsRemover" else None
        if kind == "StringIndexerModel":
            for (name, _), labels in zip(pairs, stage.labelsArray, strict=True):
                hints.setdefault(fold(name), []).extend(labels)
        elif kind == "VectorAssembler":
            traced = []
            inputs = next(step.bound.inputs for step in model._plan.steps if step.stage is stage)
            for column in inputs:
                if column.type == "vector":
                    traced += sources.get(
                        fold(column.name), [(fold(column.name), i) for i in range(column.size or 0)]
                    )
                else:
                    traced += sources.get(fold(column.name), [fold(column.name)])
            sources[fold(stage.outputCol or "")] = traced
        elif kind == "OneHotEncoderModel":
            for (_, output), size in zip(pairs, stage.categorySizes, strict=True):
                sources[fold(output)] = [None] * (size + stage._extra)
        elif kind == "ImputerModel":
            for name, output in pairs:
                hints.setdefault(fold(name), []).append(stage.surrogates[name])
                sources[fold(output)] = [fold(name)]
        elif kind == "Bucketizer":
            splits = stage.splitsArray or (stage.splits,)
            for (name, _), values in zip(pairs, splits, strict=True):
                hints.setdefault(fold(name), []).extend(v for v in values if math.isfinite(v))
        elif kind == "StandardScalerModel":
            for i, (mean, std) in enumerate(
                zip(to_dense(stage.mean).values, to_dense(stage.std).values, strict=True)
            ):
                element(stage.inputCol, i, [mean, mean + std, mean - 2 * std])
            sources[fold(stage.output)] = sources.get(fold(stage.inputCol))
        elif kind == "MinMaxScalerModel":
            for i, (low, high) in enumerate(
                zip(to_dense(stage.originalMin).values, to_dense(stage.originalMax).values, strict=True)
            ):
                element(stage.inputCol, i, [low, high, (low + high) / 2])
        elif kind == "CountVectorizerModel":
            hints.setdefault(fold(stage.inputCol), []).extend(stage.vocabulary[:200])
        elif hasattr(stage, "forest"):
            forest = stage.forest
            for feature, categories, bound in zip(
                forest.feature, forest.categories, forest.bounds, strict=False
            ):
                if feature >= 0:
                    known = [float(forest.splits[bound])] if categories < 0 else range(categories + 1)
                    element(stage.featuresCol, int(feature), known)
    return hints
