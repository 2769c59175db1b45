"""The rooms of the package import downward only, and `import sparklet` is light."""

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

SOURCE = Path(__file__).resolve().parent.parent / "src"
PACKAGE = SOURCE / "sparklet"

# Each floor may import itself and the floors before it. "" is sparklet/__init__.py.
FLOORS = [
    {"errors"},
    {"linalg"},
    {"_native"},
    {"java"},
    {"profile", "same"},
    {"columns"},
    {"emit"},
    {"saved"},
    {"sql"},
    {"stages"},
    {"compiler"},
    {"batch", "rooms", "verify"},
    {"pipeline"},
    {""},
    {"spark", "jvm", "testing", "cli"},
    {"__main__"},
]
FLOOR = {room: floor for floor, rooms in enumerate(FLOORS) for room in rooms}
# The only rooms that may import a library, wherever in their files the import stands.
LIBRARIES = {
    "pyarrow": {"saved", "batch", "spark", "jvm"},
    "pyspark": {"spark", "testing", "cli"},
    "py4j": {"spark", "jvm", "testing"},
    "pandas": {"spark", "testing", "batch"},
    "click": {"cli"},
    "rich": {"cli", "batch"},
    "sqlglot": {"sql"},
}


def dotted(path):
    """Return the name that the module at `path` is imported by."""
    return ".".join(path.relative_to(SOURCE).with_suffix("").parts).removesuffix(".__init__")


MODULES = {dotted(path): path for path in sorted(PACKAGE.rglob("*.py"))}


def imported(source, module, is_package):
    """Yield (line, dotted name) of every import: top level, in functions, for type checkers, by name."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Import(names=aliases):
                yield from ((node.lineno, alias.name) for alias in aliases)
            case ast.ImportFrom(module=name, names=aliases, level=level):
                if level:
                    base = module.split(".")
                    base = base[: len(base) - level + is_package]
                    name = ".".join([*base, name] if name else base)
                # `from sparklet import saved` names a room, `from sparklet import load` does not.
                yield from ((node.lineno, f"{name}.{alias.name}") for alias in aliases)
            case ast.Call(
                func=ast.Name(id="import_module" | "__import__") | ast.Attribute(attr="import_module"),
                args=[ast.Constant(value=str(name)), *_],
            ):
                yield node.lineno, name


def room(name):
    """Return the room that a dotted name of the package lies in: "" for what sparklet/__init__.py defines."""
    second = [*name.split("."), ""][1]
    return second if second in FLOOR else ""


def violations(source, module, is_package=False):
    home = room(module)
    for line, name in imported(source, module, is_package):
        library = name.split(".")[0]
        if library == "sparklet" and FLOOR[room(name)] > FLOOR[home]:
            yield f"{module}:{line}: {home or 'sparklet'} imports upward: {name}"
        if home not in LIBRARIES.get(library, {home}):
            yield f"{module}:{line}: {home or 'sparklet'} imports {library}"


def test_every_room_has_a_floor():
    assert {[*name.split("."), ""][1] for name in MODULES} <= set(FLOOR)


@pytest.mark.parametrize(("module", "path"), MODULES.items(), ids=MODULES)
def test_imports_run_downward(module, path):
    found = violations(path.read_text(encoding="utf-8"), module, path.name == "__init__.py")
    assert list(found) == []


@pytest.mark.parametrize(
    ("source", "module"),
    [
        ("from sparklet.stages import stage", "sparklet.saved.tables"),
        ("from sparklet import pipeline", "sparklet.errors"),
        ("from sparklet import load", "sparklet.stages.feature.binarizer"),
        ("import sparklet.compiler.plan", "sparklet.columns.types"),
        ("from ..compiler import plan", "sparklet.stages.stage"),
        ("from .. import pipeline", "sparklet.stages.stage"),
        ("def f():\n    from sparklet.cli import main", "sparklet.pipeline"),
        ("if TYPE_CHECKING:\n    from sparklet.pipeline import load", "sparklet.compiler.plan"),
        ("import_module('sparklet.testing')", "sparklet.compiler.plan"),
        ("importlib.import_module('pyspark')", "sparklet.pipeline"),
        ("import pyarrow.parquet as pq", "sparklet.stages.stage"),
        ("def f():\n    from pandas import DataFrame", "sparklet.pipeline"),
    ],
)
def test_a_violation_is_found(source, module):
    assert len(list(violations(source, module))) == 1


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
    assert list(violations(source, module)) == []


def modules_after(program):
    """Return the names of all modules that a new process has imported after a program."""
    program = f"import sys; {program}; print(*sys.modules)"
    environment = {**os.environ, "PYTHONPATH": str(SOURCE)}
    done = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True
    )
    return set(done.stdout.split())


EXTRAS = {"pandas", "sqlglot", "py4j", "pyspark", "click", "rich", "sklearn", "IPython"}


def test_import_sparklet_is_light():
    found = modules_after("import sparklet; assert {*sparklet.__all__} <= {*dir(sparklet)}")
    assert not {name.split(".")[0] for name in found} & {"numpy", "pyarrow", "json", *EXTRAS}
    assert {name for name in found if name.startswith("sparklet.")} == {"sparklet.errors", "sparklet.rooms"}


def test_the_public_names_bring_no_extra():
    found = modules_after("from sparklet import *; assert load and OnlinePipelineModel and SparkletError")
    assert not {name.split(".")[0] for name in found} & {"numpy", "pyarrow", *EXTRAS}
    assert not {name for name in found if name.startswith(("sparklet.stages.feature.", "sparklet.sql"))}
