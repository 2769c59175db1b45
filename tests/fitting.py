"""Rows made to fit a model: values that its stages tell apart, and a share that they choke on."""

from __future__ import annotations

import math
import random

from sparklet.columns import fold
from sparklet.errors import SparkletError
from sparklet.java import hash_term
from sparklet.linalg import DenseVector, SparseVector, to_dense
from sparklet.types import DOUBLE, FLOAT, STRING, VECTOR, ArrayType

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
    drawn = [{c.name: _plain(c, hints, rng) for c in model.inputs} for _ in range(count * 3)]
    plain = _varied(model, drawn, count - count // 2)
    hostile = []
    for fitting in drawn[: count // 2]:
        row = dict(fitting)
        for column in rng.sample(model.inputs, k=min(len(model.inputs), rng.choice((1, 1, 2)))):
            row[column.name] = _hostile(column, row[column.name], rng)
        hostile.append(row)
    return plain + hostile


def _varied(model, rows, count):
    """Return rows of as many different scores as there are, then as they come."""
    seen, first, rest = set(), [], []
    for row in rows:
        try:
            key = repr(list((model.scoreInstance(row) or {}).values())[-3:])
        except SparkletError:
            key = "refused"
        (rest if key in seen or key in ("refused", "[]") else first).append(row)
        seen.add(key)
    return (first + rest)[:count]


def _plain(column, hints, rng):
    known = hints.get(fold(column.name), [])
    if column.type == VECTOR:
        size = column.size or 3
        if size > 1000:
            kept = sorted(rng.sample(range(size), k=rng.randint(0, 30)))
            return SparseVector(size, tuple(kept), tuple([_number([], rng) for _ in kept]))
        values = [_number(hints.get((fold(column.name), i), []), rng) for i in range(size)]
        if rng.random() < 0.5:
            return DenseVector(tuple(values))
        kept = sorted(rng.sample(range(size), k=rng.randint(0, size)))
        return SparseVector(size, tuple(kept), tuple(values[i] for i in kept))
    if column.type == ArrayType(STRING):
        return rng.choices([*known, *WORDS], k=rng.randint(0, 12))
    if column.type == STRING:
        if known and column.casts:
            return rng.choice(known)
        return " ".join(rng.choices([*known, *WORDS], k=rng.randint(1, 15)))
    if column.type in (DOUBLE, FLOAT):
        return _number(known, rng)
    return rng.choice([0, 1, 2, 5])


class Exactly(list):
    """Values of which a plain row has one: all others are refused or dropped."""


def _number(known, rng):
    if isinstance(known, Exactly):
        return float(rng.choice(known))
    if known and rng.random() < 0.8:
        return float(rng.choice(known)) + rng.choice(
            (0.0, 0.0, 1e-9, 1.0, -1.0, rng.gauss(0, 1), rng.gauss(0, 50))
        )
    return rng.choice((float(rng.randint(0, 12)), rng.random(), rng.gauss(0, 5), rng.lognormvariate(4, 2)))


def _hostile(column, value, rng):
    if column.type == VECTOR and rng.random() < 0.7:
        values = list(to_dense(value).values)
        if values:
            values[rng.randrange(len(values))] = rng.choice((math.nan, math.inf, -math.inf, -0.0, 1e300))
        return DenseVector(tuple(values))
    return rng.choice(HOSTILE.get(str(column.type), (None,)))


def _hints(model):
    """Return values that the stages compare with: by input column, or by (vector column, index)."""
    hints, sources = {}, {}

    def element(name, index, values, kind=list):
        traced = sources.get(fold(name))
        source = (fold(name), index) if traced is None else traced[index] if index < len(traced) else None
        if source is not None and not isinstance(hints.get(source), Exactly):
            hints[source] = kind([*(hints.get(source, []) if kind is list else []), *values])

    for stage in model.stages:
        kind = type(stage).__name__
        pairs = getattr(stage, "pairs", None) if kind != "StopWordsRemover" else None
        if kind == "StringIndexerModel":
            for (name, _), labels in zip(pairs, stage.labelsArray, strict=True):
                hints.setdefault(fold(name), []).extend(labels)
        elif kind == "VectorAssembler":
            traced = []
            inputs = next(step.bound.inputs for step in model.plan.steps if step.stage is stage)
            for column in inputs:
                if column.type == VECTOR:
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
        elif kind == "HashingTF":
            hints.setdefault(fold(stage.inputCol), []).extend(_words_that_weigh(model, stage))
        elif kind in ("Tokenizer", "RegexTokenizer", "StopWordsRemover"):
            for name, output in getattr(stage, "pairs", ((stage.inputCol, stage.output),)):
                # Words that a later stage is after are words of the text.
                hints[fold(output)] = hints.setdefault(fold(name), [])
        elif kind == "VectorIndexerModel":
            for index, categories in stage.categoryMaps.items():
                element(stage.inputCol, int(index), categories, Exactly)
            sources[fold(stage.output)] = sources.get(fold(stage.inputCol))
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


def _words_that_weigh(model, hasher):
    """Return words that hash to features of which the model's weights are not zero."""
    weights = next((s.coefficientMatrix for s in model.stages if hasattr(s, "coefficientMatrix")), None)
    if weights is None or weights.numCols != hasher.numFeatures:
        return []
    wanted = {i for row in weights.rows() for i, weight in enumerate(row) if weight}
    words = (f"w{i}" for i in range(20_000))
    return [word for word in words if hash_term(word, STRING) % hasher.numFeatures in wanted][:50]
