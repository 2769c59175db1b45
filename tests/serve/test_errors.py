"""Every refusal of the server is an answer with a status, and stands in the page."""

from __future__ import annotations

import copy
import pickle
import re
from pathlib import Path

import pytest

import sparklet.errors
from sparklet.serve import errors
from sparklet.serve.errors import RequestError, status_of
from tests.test_errors import KEYS, classes

PAGE = Path(__file__).resolve().parents[2] / "docs" / "serve.md"
ALL = RequestError.__subclasses__()


@pytest.mark.parametrize("cls", ALL, ids=lambda cls: cls.__name__)
def test_a_refusal_is_an_answer(cls):
    error = cls("it is so", "change it")
    assert list(error.to_dict()) == KEYS
    assert 400 <= status_of(error) < 600
    assert pickle.loads(pickle.dumps(error)).to_dict() == copy.copy(error).to_dict() == error.to_dict()
    rows = re.findall(r"^\| (\d+) \| ([^|]*) \|", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    assert f"`{cls.code}`" in dict(rows)[str(cls.status)]


def test_codes_are_unique():
    codes = [cls.code for cls in (*classes(), RequestError, *ALL)]
    assert len(codes) == len(set(codes))
    assert {cls.__name__ for cls in ALL} < set(errors.__all__)


def test_errors_of_rows_are_the_callers_and_others_the_servers():
    for cls in classes():
        if issubclass(cls, sparklet.errors.RowError | sparklet.errors.SchemaError):
            assert status_of(cls.__new__(cls)) in (400, 422)
    assert status_of(sparklet.errors.ModelError("/m", "is bad")) == 500
