"""Addresses of MLflow where MLflow is not installed; tests/mlflow has the rest."""

import sys

import pytest

import sparklet
from sparklet.errors import MissingExtraError


@pytest.mark.parametrize("address", ["models:/churn/1", "models:/churn@champion", "runs:/0a1b/model"])
def test_the_error_says_what_to_install(address, monkeypatch):
    monkeypatch.setitem(sys.modules, "mlflow", None)
    with pytest.raises(MissingExtraError) as caught:
        sparklet.load(address)
    assert "pip install 'sparklet[mlflow]'" in str(caught.value)
    assert address in str(caught.value)


def test_a_folder_of_mlflow_needs_the_extra(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "yaml", None)
    (tmp_path / "MLmodel").write_text("flavors: {}")
    with pytest.raises(MissingExtraError, match="sparklet\\[mlflow\\]"):
        sparklet.load(tmp_path)
