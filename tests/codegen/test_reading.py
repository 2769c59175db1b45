"""Rows of every kind, read in C and in Python: the same answers and the same errors."""

from __future__ import annotations

import collections
import math
import types

import numpy as np
import pytest

import sparklet
from sparklet.errors import MissingColumnError
from sparklet.testing import assert_same, outcome
from tests.models import CITY, save_pipeline


class Text(str):
    __slots__ = ()


class Number(float):
    __slots__ = ()


class Wrong:
    def __class_getitem__(cls, item):
        raise RuntimeError

    def __eq__(self, other):
        raise RuntimeError("no comparison")

    __hash__ = None


AGES = [
    41.0, 41, True, None, "41", 10**400, -(2**63), math.nan, math.inf, -0.0, np.float32(0.1), np.float64(2.5),
    np.int64(3), Number(1.5), [1.0], Wrong(), object(), 1j,
]  # fmt: skip
CITIES = ["SF", "LA", "unseen", None, 1, 1.5, True, Text("SF"), np.str_("LA"), b"SF", [], Wrong(), math.nan]
ROWS = [
    *[{"age": age, "city": "SF"} for age in AGES],
    *[{"age": 1.0, "city": city} for city in CITIES],
    *[{"age": age, "city": city} for age in ("41", None) for city in ("unseen", None, [])],
    {"city": "SF", "age": 1},
    {"age": 1.0, "city": "SF", "more": object()},
    {"AGE": 1.0, "City": "SF"},
    {"age": 1.0, "Age": 2.0, "city": "SF"},
    {"age": 1.0, "CITY": "SF", "city": "LA"},
    {"age": 1.0},
    {},
    {1: 2, "age": 1.0, "city": "SF"},
    {1: 2, "age": 1.0},
    collections.OrderedDict(age=1.0, city="LA"),
    collections.ChainMap({"age": 1.0}, {"city": "LA"}),
    types.MappingProxyType({"age": 1.0, "city": "LA"}),
    collections.defaultdict(lambda: 1.0, city="SF"),
    collections.defaultdict(lambda: 1.0, city="SF", other=1),
    None,
    [],
    "row",
    [("age", 1.0), ("city", "SF")],
]


@pytest.mark.parametrize("missing", ["error", "null"])
@pytest.mark.parametrize("place", range(len(ROWS)))
def test_read_alike(tmp_path, monkeypatch, place, missing):
    path = save_pipeline(tmp_path / "m", CITY)
    found = []
    for native in ("1", "0"):
        monkeypatch.setenv("SPARKLET_NATIVE", native)
        model = sparklet.load(path, missing=missing)
        # Twice: what was learned from a row must not change the answer.
        found += [outcome(model, ROWS[place]) for _ in range(2)]
    first, *others = found
    for other in others:
        if isinstance(first, sparklet.SparkletError):
            assert (type(other), str(other)) == (type(first), str(first))
        else:
            assert_same(first, other)


def test_a_value_is_never_taken_from_a_default_factory(tmp_path):
    model = sparklet.load(save_pipeline(tmp_path / "m", CITY))
    row = collections.defaultdict(lambda: 1.0, city="SF")
    with pytest.raises(MissingColumnError):
        model.scoreInstance(row)
    assert dict(row) == {"city": "SF"}
