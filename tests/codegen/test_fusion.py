"""Random pipelines: fused, stage by stage, in a loop, with and without the C module, to the same bits."""

from __future__ import annotations

import importlib
import math
from random import Random
from typing import Any

import pytest

from sparklet.codegen import interpret, lower, make_plan, score_rows
from sparklet.errors import SparkletError
from sparklet.linalg import DenseMatrix, DenseVector, SparseVector
from sparklet.profile import Profile
from sparklet.stages.classification.linear_svc import LinearSVCModel
from sparklet.stages.classification.logistic_regression import LogisticRegressionModel
from sparklet.stages.feature.binarizer import Binarizer
from sparklet.stages.feature.bucketizer import Bucketizer
from sparklet.stages.feature.elementwise_product import ElementwiseProduct
from sparklet.stages.feature.imputer import ImputerModel
from sparklet.stages.feature.max_abs_scaler import MaxAbsScalerModel
from sparklet.stages.feature.min_max_scaler import MinMaxScalerModel
from sparklet.stages.feature.one_hot_encoder import OneHotEncoderModel
from sparklet.stages.feature.standard_scaler import StandardScalerModel
from sparklet.stages.feature.string_indexer import StringIndexerModel
from sparklet.stages.feature.univariate_feature_selector import UnivariateFeatureSelectorModel
from sparklet.stages.feature.vector_assembler import VectorAssembler
from sparklet.stages.feature.vector_slicer import VectorSlicer
from sparklet.stages.pipeline import PipelineModel
from sparklet.stages.regression.generalized_linear_regression import GeneralizedLinearRegressionModel
from sparklet.stages.regression.linear_regression import LinearRegressionModel
from sparklet.testing import assert_same
from sparklet.testing.checks import score_batch
from sparklet.types import VectorUDT
from tests.oracle.checks import stage_by_stage

NUMBERS = (0.0, -0.0, 1.0, -1.0, 0.1, 1e300, -1e-300, 5e-324, math.nan, math.inf, -math.inf, 3, None)
FITTED = (0.0, -0.0, 0.5, -2.0, 1e-200, 3.25, 0.1)


class Made:
    """A pipeline that grows stage by stage; it knows what columns there are and their sizes."""

    def __init__(self, rng: Random) -> None:
        self.rng = rng
        self.stages: list[Any] = []
        self.numbers = ["x", "y", "z"]
        self.vectors: dict[str, int] = {"v": 3}
        self.indices: list[tuple[str, int]] = []

    def name(self) -> str:
        return f"c{len(self.stages)}"

    def fitted(self, size: int) -> DenseVector:
        return DenseVector(tuple(self.rng.choice(FITTED) for _ in range(size)))

    def impute(self) -> None:
        name, source = self.name(), self.rng.choice(self.numbers)
        missing = self.rng.choice([math.nan, 0.0, 1.0])
        self.stages.append(
            ImputerModel(
                uid=name, inputCol=source, outputCol=name, missingValue=missing, surrogates={source: 0.25}
            )
        )
        self.numbers.append(name)

    def index(self) -> None:
        name = self.name()
        labels = ("a", "b", "c", "1.0")[: self.rng.randint(1, 4)]
        handling = self.rng.choice(["error", "keep", "keep", "skip"])
        self.stages.append(
            StringIndexerModel(
                uid=name, inputCol="s", outputCol=name, handleInvalid=handling, labelsArray=(labels,)
            )
        )
        self.indices.append((name, len(labels) + (handling == "keep")))
        self.numbers.append(name)

    def encode(self) -> None:
        if not self.indices:
            self.index()
        name, (source, size) = self.name(), self.rng.choice(self.indices)
        last, keep = self.rng.random() < 0.5, self.rng.random() < 0.5
        self.stages.append(
            OneHotEncoderModel(
                uid=name,
                inputCol=source,
                outputCol=name,
                dropLast=last,
                handleInvalid="keep" if keep else "error",
                categorySizes=(size,),
            )
        )
        self.vectors[name] = size + keep - last

    def assemble(self) -> None:
        name = self.name()
        columns = self.rng.sample([*self.numbers, *self.vectors], self.rng.randint(1, 4))
        handling = self.rng.choice(["error", "skip", "keep"])
        self.stages.append(
            VectorAssembler(uid=name, inputCols=tuple(columns), outputCol=name, handleInvalid=handling)
        )
        self.vectors[name] = (
            len([c for c in columns if c not in self.vectors])
            + math.fsum(self.vectors.get(c, 0) for c in columns).__int__()
        )

    def scale(self) -> None:
        source, name = self.rng.choice(list(self.vectors)), self.name()
        size = self.vectors[source]
        common = {"uid": name, "inputCol": source, "outputCol": name}
        kind = self.rng.randrange(6)
        if kind == 0:
            mean, std = self.rng.random() < 0.4, self.rng.random() < 0.8
            stage: Any = StandardScalerModel(
                **common, withMean=mean, withStd=std, mean=self.fitted(size), std=self.fitted(size)
            )
        elif kind == 1:
            stage = MaxAbsScalerModel(**common, maxAbs=self.fitted(size))
        elif kind == 2:
            stage = ElementwiseProduct(**common, scalingVec=self.fitted(size))
        elif kind == 3:
            low, high = self.fitted(size), self.fitted(size)
            stage = MinMaxScalerModel(**common, originalMin=low, originalMax=high, min=-0.5, max=1.0)
        else:
            places = tuple(self.rng.sample(range(size), self.rng.randint(1, size))) if size else ()
            if not places:
                return
            size = len(places)
            if kind == 4:
                stage = VectorSlicer(**common, indices=places)
            else:
                stage = UnivariateFeatureSelectorModel(
                    uid=name, featuresCol=source, outputCol=name, selectedFeatures=places
                )
        self.stages.append(stage)
        self.vectors[name] = size

    def binarize(self) -> None:
        name, source = self.name(), self.rng.choice(self.numbers)
        threshold = self.rng.choice([0.0, -0.0, 0.5, math.nan])
        self.stages.append(Binarizer(uid=name, inputCol=source, outputCol=name, threshold=threshold))
        self.numbers.append(name)

    def bucketize(self) -> None:
        name, source = self.name(), self.rng.choice(self.numbers)
        splits = self.rng.choice([(-math.inf, 0.0, 1.0, math.inf), (-math.inf, -0.0, 2.0), (-1.0, 0.5, 3.0)])
        handling = self.rng.choice(["error", "skip", "keep"])
        self.stages.append(
            Bucketizer(uid=name, inputCol=source, outputCol=name, splits=splits, handleInvalid=handling)
        )
        self.numbers.append(name)

    def predict(self) -> None:
        source, name = self.rng.choice(list(self.vectors)[-3:]), self.name()
        size = self.vectors[source]
        weights = self.fitted(size)
        common = {"uid": name, "featuresCol": source, "labelCol": "none", "predictionCol": f"{name}_p"}
        kind = self.rng.randrange(4)
        if kind == 3:
            stage: Any = GeneralizedLinearRegressionModel(
                **common,
                coefficients=weights,
                intercept=-0.0,
                family="poisson",
                linkPredictionCol=self.rng.choice([f"{name}_l", None]),
                offsetCol=self.rng.choice([None, "x"]),
            )
        elif kind == 0:
            stage = LinearRegressionModel(**common, coefficients=weights, intercept=0.5)
        elif kind == 1:
            stage = LinearSVCModel(
                **common, rawPredictionCol=f"{name}_r", coefficients=weights, intercept=-0.5
            )
        else:
            stage = LogisticRegressionModel(
                **common,
                rawPredictionCol=self.rng.choice([f"{name}_r", ""]),
                probabilityCol=self.rng.choice([f"{name}_q", ""]),
                numClasses=2,
                isMultinomial=False,
                interceptVector=DenseVector((0.25,)),
                coefficientMatrix=DenseMatrix(1, size, weights.values, True),
            )
        self.stages.append(stage)

    def row(self) -> dict[str, Any]:
        rng = self.rng
        vector = rng.choice(
            [
                DenseVector(tuple(float(rng.choice(NUMBERS[:8])) for _ in range(3))),
                SparseVector(3, (0, 2), (rng.choice(FITTED), 2.0)),
                None if rng.random() < 0.1 else SparseVector(3, (), ()),
            ]
        )
        return {
            **{name: rng.choice(NUMBERS) if rng.random() < 0.5 else rng.gauss(0, 3) for name in "xyz"},
            "s": rng.choice(["a", "b", "c", "1.0", 1.0, "unseen", None]),
            "v": vector,
        }


def pipeline(seed: int) -> Made:
    made = Made(Random(seed))
    steps = [
        made.impute,
        made.binarize,
        made.bucketize,
        made.index,
        made.encode,
        made.encode,
        made.assemble,
        made.assemble,
        made.scale,
    ]
    for _ in range(made.rng.randint(2, 9)):
        made.rng.choice(steps)()
    made.assemble()
    made.predict()
    return made


def outcome(score: Any, row: dict[str, Any]) -> Any:
    try:
        return score(row)
    except SparkletError as error:
        return f"{type(error).__name__}: {error}"


@pytest.fixture(params=["1", "0"], ids=["native", "python"])
def native(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPARKLET_NATIVE", request.param)


@pytest.mark.parametrize("outputs", ["*", None], ids=["all", "last"])
@pytest.mark.parametrize("start", range(0, 300, 50))
def test_fused_as_unfused(
    start: int, outputs: str | None, native: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Give the same bits, errors and dropped rows; the fused function fails only where the other one does."""
    retried: list[Any] = []

    def noting(lowered: Any, missing: str) -> Any:
        score = interpret(lowered, missing)

        def note(row: Any) -> Any:
            scored = score(row)
            if scored is not None:
                retried.append(row)
            return scored

        return note

    monkeypatch.setattr(importlib.import_module("sparklet.codegen.score"), "interpret", noting)
    scored = 0
    for seed in range(start, start + 50):
        made = pipeline(seed)
        line = ("3.5", "4.0", "4.3")[seed % 3]
        plan = make_plan(
            PipelineModel(uid="p", stages=tuple(made.stages)), Profile.of(line), {"v": VectorUDT(3)}, outputs
        )
        lowered = lower(plan)
        fused = score_rows(lowered, "error")
        alone = interpret(lowered, "error")
        by_stage = stage_by_stage(plan)
        good = []
        for _ in range(12):
            row = {name: value for name, value in made.row().items() if name in [c.name for c in plan.inputs]}
            expected = outcome(alone, row)
            assert_same(expected, outcome(fused, row), f"seed {seed}, {row}: $")
            separate = outcome(by_stage, row)
            if isinstance(expected, str) or isinstance(separate, str):
                assert isinstance(separate, str), f"seed {seed}, {row}"
                assert isinstance(expected, str), f"seed {seed}, {row}"
            else:
                assert_same(expected, separate, f"seed {seed}, {row}, stage by stage: $")
            if not isinstance(expected, str):
                good.append((row, expected))
        kept = [expected for _, expected in good if expected is not None]
        assert_same(kept, score_batch(plan, [row for row, _ in good]), f"seed {seed}, batch: $")
        scored += len(kept)
    assert retried == []
    assert scored > 100
