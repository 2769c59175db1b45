"""Stages declare which outputs may differ from Spark's in the last bits, and the cases agree with that."""

from __future__ import annotations

import pytest

from sparklet.records import field_names
from sparklet.stages import Stage, registry
from tests.cases import load_all
from tests.oracle import Case, cases

pytest.importorskip("pyspark")
load_all()

COMPOSITES = ("PipelineModel", "CrossValidatorModel", "TrainValidationSplitModel")
INEXACT = [case for case in cases() if case.ulps and case.stage not in COMPOSITES]
# What statements call is compared expression by expression, in tests/sql; stages of other libraries in
# tests/stages, with files that these libraries wrote.
ELSEWHERE = {"SQLTransformer", "ExtendedIsolationForestModel", "IsolationForestModel", "ONNXModel"}
ROUNDING = {cls.__name__: cls for cls in registry.values() if cls.rounding is not None}


@pytest.mark.parametrize("case", INEXACT, ids=lambda case: case.id)
def test_a_case_with_slack_has_a_stage_that_declares_it(case: Case) -> None:
    rounding = ROUNDING[case.stage].rounding
    assert rounding is not None
    assert case.ulps <= rounding.ulps
    if case.inexact:
        # The names that the case gives to the columns, or the defaults; "" leaves a column out.
        named = {
            case.params.get(param, getattr(ROUNDING[case.stage], param, None)) for param in rounding.params
        }
        assert named & set(case.inexact) or named == {""}


def test_a_stage_that_declares_rounding_has_a_case_with_slack() -> None:
    assert set(ROUNDING) - ELSEWHERE == {case.stage for case in INEXACT}


@pytest.mark.parametrize("cls", ROUNDING.values(), ids=lambda cls: cls.__name__)
def test_rounding_names_params_and_a_reason(cls: type[Stage]) -> None:
    assert cls.rounding is not None
    assert cls.rounding.reason
    assert all(param in field_names(cls) for param in cls.rounding.params)


def test_since_is_a_release() -> None:
    assert {cls.since for cls in registry.values()} <= {"2.0", "2.2", "2.3", "3.0", "3.1", "4.0"}
