"""The tables of stages: each names what its modules define, and looking one up imports no other."""

import ast
import importlib
import os
import pkgutil
import subprocess
import sys
from pathlib import Path

import pytest

import sparklet.stages
from sparklet.stages import Stage, registry
from sparklet.stages.registry import Registry

PACKAGE = Path(sparklet.stages.__file__).parent


def declared():
    """Return (Spark class name, module) of every line of every table, in order."""
    found = []
    for path in sorted(PACKAGE.rglob("__init__.py")):
        home = ".".join(("sparklet.stages", *path.parent.relative_to(PACKAGE).parts))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            match node:
                case ast.Assign(targets=[ast.Name(id="STAGES")], value=ast.Dict(keys=keys, values=values)):
                    found += [(k.value, f"{home}.{v.value}") for k, v in zip(keys, values, strict=True)]
    return found


def defined():
    """Return (Spark class name, module) of every `@stage` in the source."""
    found = []
    for info in pkgutil.walk_packages([str(PACKAGE)], "sparklet.stages."):
        path = importlib.import_module(info.name).__file__
        for node in ast.walk(ast.parse(Path(path).read_text(encoding="utf-8"))):
            match node:
                case ast.Call(func=ast.Name(id="stage"), args=names):
                    found += [(name.value, info.name) for name in names]
    return found


def test_the_tables_hold_every_stage_once():
    assert sorted(declared()) == sorted(defined())
    assert len(declared()) == len(dict(declared())) == len(registry) > 60


@pytest.mark.parametrize("className", sorted(registry))
def test_a_name_leads_to_its_class(className):
    cls = registry[className]
    assert issubclass(cls, Stage)
    assert registry.get(className) is cls
    assert cls.__module__ == dict(declared())[className]


def test_unknown_names_are_absent():
    assert "os.path" not in registry
    assert registry.get("sparklet.stages.feature.binarizer") is None
    with pytest.raises(KeyError):
        registry["org.apache.spark.ml.feature.Nothing"]


def test_duplicates_are_refused():
    one = Registry()
    one.declare("sparklet.stages", {"a.B": "stage", "a.C": "other"})
    with pytest.raises(TypeError, match=r"a\.B is declared by sparklet\.stages\.stage and by second"):
        one.declare("second", {"a.B": "c"})
    with pytest.raises(TypeError, match=r"a\.C is declared by sparklet\.stages\.other, so .*\.stage cannot"):
        one.register("a.C", Stage)
    one.register("a.B", Stage)
    with pytest.raises(TypeError, match=r"a\.B is registered twice"):
        one.register("a.B", Stage)
    assert list(one) == ["a.B", "a.C"]


def test_a_class_that_registers_itself_needs_no_declaration():
    one = Registry()
    one.register("shop.Basket", Stage)
    assert one["shop.Basket"] is Stage
    assert "shop.Basket" in one
    assert dict(one) == {"shop.Basket": Stage}


def test_a_look_up_imports_one_module():
    program = (
        "import sys; from sparklet.stages import registry; "
        "assert 'org.apache.spark.ml.feature.Binarizer' in registry; "
        "before = {*sys.modules}; registry['org.apache.spark.ml.feature.Binarizer']; "
        "print(*sorted(n for n in {*sys.modules} - before if n.startswith('sparklet.stages.')))"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(
        [sys.executable, "-c", program], check=True, env=environment, capture_output=True, text=True
    )
    assert done.stdout.split() == ["sparklet.stages.feature.binarizer", "sparklet.stages.shared"]
