"""The packages import downward only and in no circle, and `import sparklet` is light."""

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from sparklet._native import kernels

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "src"
spec = importlib.util.spec_from_file_location("imports", ROOT / "tools" / "imports.py")
imports = importlib.util.module_from_spec(spec)
spec.loader.exec_module(imports)


def violations(source, module):
    return list(imports.violations(source, module))


def test_imports_run_downward_and_in_no_circle():
    assert imports.problems() == []


def test_the_drawing_is_current():
    text = imports.PAGE.read_text(encoding="utf-8")
    assert text.count(imports.BEGIN) == text.count(imports.END) == 1
    assert imports.page(text) == text


def test_arrows_are_imports_that_no_other_arrows_imply(monkeypatch):
    graph = {
        "sparklet.cli.batch": {"sparklet.engines.loading", "sparklet.errors"},
        "sparklet.engines.loading": {"sparklet.engines.python", "sparklet.saved", "sparklet.errors"},
        "sparklet.saved": {"sparklet.errors"},
    }
    monkeypatch.setattr(imports, "graph", lambda: graph)
    assert imports.arrows() == {("cli", "engines"), ("engines", "saved"), ("saved", "errors")}


def test_a_circle_is_found():
    assert imports.circles({"a": {"b"}, "b": {"c", "d"}, "c": {"a"}, "d": set()}) == [["a", "b", "c"]]
    assert imports.circles({"a": {"b", "c"}, "b": {"c"}, "c": set()}) == []


def test_a_circle_fails_the_command(monkeypatch, capsys):
    monkeypatch.setattr(
        imports, "graph", lambda: {"sparklet.a": {"sparklet.b"}, "sparklet.b": {"sparklet.a"}}
    )
    assert imports.main([]) == 1
    assert "import each other: sparklet.a, sparklet.b" in capsys.readouterr().out


def test_an_import_runs_the_packages_that_it_enters():
    source = "def f():\n    from sparklet.engines.jvm.model import load_jvm"
    model = {"sparklet.engines.jvm", "sparklet.engines.jvm.model"}
    assert imports.edges(source, "sparklet.engines.loading") == model
    assert imports.edges("from sparklet.engines import load", "sparklet.spark.save") == {"sparklet.engines"}


@pytest.mark.parametrize(
    ("source", "module"),
    [
        ("from sparklet.stages import stage", "sparklet.saved.tables"),
        ("from sparklet import engines", "sparklet.errors"),
        ("from sparklet import load", "sparklet.stages.feature.binarizer"),
        ("import sparklet.codegen.plan", "sparklet.columns.wants"),
        ("from ..codegen import plan", "sparklet.stages.stage"),
        ("from .. import engines", "sparklet.stages.stage"),
        ("def f():\n    from sparklet.cli import main", "sparklet.engines.model"),
        ("if TYPE_CHECKING:\n    from sparklet.engines import load", "sparklet.codegen.plan"),
        ("import_module('sparklet.testing')", "sparklet.codegen.plan"),
        ("import_module(name)", "sparklet.codegen.plan"),
        ("__import__(f'sparklet.{name}')", "sparklet.engines.model"),
        ("from importlib import import_module as find", "sparklet.codegen.plan"),
        ("import pyarrow.parquet as pq", "sparklet.stages.stage"),
        ("def f():\n    from pandas import DataFrame", "sparklet.engines.python"),
    ],
)
def test_a_violation_is_found(source, module):
    assert len(violations(source, module)) == 1


@pytest.mark.parametrize(
    ("source", "module"),
    [
        ("from sparklet.errors import SparkletError", "sparklet.linalg"),
        ("from . import shared", "sparklet.stages.stage"),
        ("from ..java import dot", "sparklet.stages.stage"),
        ("from sparklet import load", "sparklet.cli"),
        ("import pyarrow", "sparklet.saved.tables"),
    ],
)
def test_a_downward_import_passes(source, module):
    assert violations(source, module) == []


def modules_after(program):
    """Return the names of all modules that a new process has imported after a program."""
    program = f"import sys; {program}; print(*sys.modules)"
    environment = {**os.environ, "PYTHONPATH": str(SOURCE)}
    done = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True
    )
    return set(done.stdout.split())


EXTRAS = {"pandas", "py4j", "pyspark", "click", "rich", "sklearn", "IPython"}


def test_import_sparklet_is_light():
    found = modules_after("import sparklet; assert {*sparklet.__all__} <= {*dir(sparklet)}")
    assert not {name.split(".")[0] for name in found} & {"numpy", "pyarrow", "json", *EXTRAS}
    assert {name for name in found if name.startswith("sparklet.")} == {
        "sparklet.errors",
        "sparklet.records",
    }


def test_types_bring_neither_numpy_nor_pyarrow():
    found = modules_after("import sparklet.types, sparklet.types.coercion")
    assert not {name.split(".")[0] for name in found} & {"numpy", "pyarrow", *EXTRAS}


def test_the_public_names_bring_no_extra():
    found = modules_after("from sparklet import *; assert load and OnlinePipelineModel and SparkletError")
    assert not {name.split(".")[0] for name in found} & {"numpy", "pyarrow", *EXTRAS}
    assert not {name for name in found if name.startswith(("sparklet.stages.feature.", "sparklet.sql"))}


def scoring(case):
    """Return the modules of a process that has scored a row with a golden pipeline."""
    folder = ROOT / "tests" / "golden" / "4.3" / "PipelineModel" / case
    row = json.loads((folder / "rows.jsonl").read_text(encoding="utf-8").splitlines()[0])
    load = f"sparklet.load({str(folder / 'model')!r}, undeclared='infer')"
    program = f"import sparklet; assert {load}.scoreInstance({row!r})"
    return modules_after(program)


@pytest.mark.skipif(kernels() is None, reason="without the C module, Arrow reads Parquet")
@pytest.mark.parametrize("case", ["flagship-keep", "keep-lengths", "text-counts"])
def test_scoring_a_row_needs_neither_numpy_nor_arrow(case):
    found = scoring(case)
    assert not {name.split(".")[0] for name in found} & {"numpy", "pyarrow", *EXTRAS}
    assert not {"sparklet.verify", "sparklet.engines.jvm", "sparklet.batch", "sparklet.sql"} & found


@pytest.mark.skipif(kernels() is None, reason="without the C module, functions are generated")
def test_scoring_a_row_defines_no_dataclass():
    """Defining one compiles source text, which would dominate the time to the first score."""
    assert not {"dataclasses", "inspect", "hashlib"} & scoring("flagship-keep")


@pytest.mark.skipif(kernels() is None, reason="without the C module, Arrow reads Parquet")
def test_a_model_imports_its_own_stages_only():
    found = {
        name.split(".", 2)[2] for name in scoring("flagship-keep") if name.startswith("sparklet.stages.")
    }
    feature = ("string_indexer", "one_hot_encoder", "imputer", "vector_assembler", "standard_scaler")
    assert {name for name in found if "." in name} == {
        *(f"feature.{name}" for name in feature),
        *("classification.classifier", "classification.logistic_regression"),
    }


@pytest.mark.skipif(kernels() is None, reason="without the C module, Arrow reads Parquet")
def test_only_what_holds_large_arrays_needs_numpy():
    assert "numpy" in scoring("forest-labels")
    assert "pyarrow" not in scoring("forest-labels")
