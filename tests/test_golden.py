"""Every golden, without Spark: the answers, and that no case is missing."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Any, Literal, get_args, get_origin, get_type_hints

import pytest

from sparklet.errors import SparkletError
from sparklet.records import field_names
from sparklet.stages import Stage, registry
from tests.cases import EXEMPT
from tests.conftest import GOLDEN
from tests.oracle import Golden, goldens
from tests.oracle.checks import check_answers, check_columns

pytestmark = pytest.mark.golden

GOLDENS = goldens(GOLDEN)
LINES = ("3.5", "4.3")
SIZE_LIMIT, FILE_LIMIT = 14_000_000, 9_500


@pytest.mark.parametrize("golden", GOLDENS, ids=lambda golden: golden.id)
def test_golden(golden: Golden) -> None:
    """Give the answers that Spark gave, row by row."""
    if golden.failure is not None:
        with pytest.raises(SparkletError):
            golden.load().scoreInstances(golden.rows)
    check_answers(golden)
    check_columns(golden)


def test_goldens_are_small() -> None:
    """Keep the repository light: goldens are tiny models."""
    files = [path for path in GOLDEN.rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in files) < SIZE_LIMIT
    assert len(files) < FILE_LIMIT


def test_goldens_are_pinned() -> None:
    """Take goldens only from the reference BLAS, in UTC, with each version's own ANSI setting."""
    for golden in GOLDENS:
        assert golden.facts["blas"].endswith("Java11BLAS"), golden.id
        assert golden.facts["timezone"] == "UTC", golden.id
        assert golden.facts["ansi"] == (not golden.release.startswith("3.")), golden.id
        assert golden.facts["exactness"] in ("structural", "dot", "transcendental"), golden.id
        assert not golden.slack.ulps or golden.facts["reason"], golden.id


# --- the missing case ---------------------------------------------------------------------------


@cache
def _by_class() -> Mapping[str, list[Golden]]:
    found: dict[str, list[Golden]] = defaultdict(list)
    for golden in GOLDENS:
        found[golden.facts["class"]].append(golden)
    return found


@cache
def _stages_of(className: str) -> list[Stage]:
    made = []
    for golden in _by_class().get(className, []):
        try:
            stages = golden.load().stages
        except SparkletError:
            continue
        made += [stage for stage in stages if type(stage).className == className]
    return made


def _choices(cls: type[Stage]) -> Iterator[tuple[str, object]]:
    hints = get_type_hints(cls)
    for name in field_names(cls):
        hint = hints[name]
        for option in (hint, *get_args(hint)):
            if get_origin(option) is Literal:
                yield from ((name, value) for value in get_args(option))
            elif option is bool and get_origin(hint) is not tuple:
                yield from ((name, value) for value in (False, True))


@pytest.mark.parametrize("className", sorted(registry))
def test_no_case_is_missing(className: str) -> None:
    """Fail for a registered stage without a default case, or one for each value of a scoring parameter."""
    cls, simple = registry[className], className.rpartition(".")[2]
    if className != cls.className:
        return  # an older or Python name of a stage that has its cases under the first
    lacking = []
    cases = {(golden.release, golden.facts["case"]) for golden in _by_class().get(className, [])}
    since = min((line for line, _ in cases), default=LINES[0])
    lacking += [f"default on {line}" for line in LINES if line >= since and (line, "default") not in cases]
    seen = {(name, value) for stage in _stages_of(className) for name, value in _fields(stage)}
    lacking += [f"{name}={value!r}" for name, value in _choices(cls) if (name, value) not in seen]
    lacking += _missing_rows(className)
    lacking = [what for what in lacking if not {(simple, what), (simple, "*")} & EXEMPT.keys()]
    assert not lacking, f"{simple} has no case for: {', '.join(lacking)}"


def _fields(stage: Stage) -> Iterator[tuple[str, object]]:
    for name in field_names(type(stage)):
        value = getattr(stage, name)
        if isinstance(value, bool | str):
            yield name, value


def _missing_rows(className: str) -> list[str]:
    values: dict[str, list[Any]] = defaultdict(list)
    for golden in _by_class().get(className, []):
        for name, kind in golden.schema.items():
            values[kind] += [row[name] for row in golden.rows]
    lacking = []
    for kind, found in values.items():
        if not any(value is None for value in found):
            lacking.append(f"a null {kind}")
        if kind in ("double", "float"):
            lacking += _missing_floats(kind, found)
        elif kind == "string" and not {"", "unseen"} <= set(found):
            lacking.append("an empty or an unseen string")
        elif kind == "vector":
            kinds = [(type(value).__name__, value) for value in found if value is not None]
            lacking += [f"a {name}" for name in ("DenseVector", "SparseVector") if name not in dict(kinds)]
            if not any(name == "SparseVector" and not value.values for name, value in kinds):
                lacking.append("an empty SparseVector")
            lacking += _missing_floats("vector", (item for _, value in kinds for item in value.values))
        elif kind.startswith("array<") and [] not in found:
            lacking.append(f"an empty {kind}")
    return lacking


def _missing_floats(kind: str, values: Iterable[float | None]) -> list[str]:
    shown = {
        repr(value) for value in values if value is not None and (value == 0 or not math.isfinite(value))
    }
    return [f"{value} in a {kind}" for value in ("nan", "inf", "-inf", "-0.0") if value not in shown]
