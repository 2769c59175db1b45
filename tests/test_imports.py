"""The packages import downward only and in no circle, and `import sparklet` is light."""

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
    {"ir"},
    {"columns"},
    {"saved"},
    {"sql"},
    {"stages"},
    {"codegen"},
    {"batch", "verify", "session", "extras"},
    {"engines"},
    {"spark"},
    {""},
    {"testing"},
    {"cli"},
    {"__main__"},
]
FLOOR = {room: floor for floor, rooms in enumerate(FLOORS) for room in rooms}
# The only rooms that may import a library, wherever in their files the import stands.
LIBRARIES = {
    "pyarrow": {"saved", "batch", "spark", "engines"},
    "pyspark": {"extras", "session", "engines", "spark", "testing"},
    "py4j": {"extras", "engines"},
    "pandas": {"extras", "batch"},
    "click": {"cli"},
    "rich": {"cli", "batch"},
    "sqlglot": {"sql"},
}
# The only functions that may import a module whose name is a value, and why.
BY_VALUE = {
    "sparklet.stages.authored": "stages that people wrote lie in packages that the caller trusts",
    "sparklet.stages.registry": "a stage's module is imported when a model has it; the names are in STAGES",
}


def dotted(path):
    """Return the name that the module at `path` is imported by."""
    return ".".join(path.relative_to(SOURCE).with_suffix("").parts).removesuffix(".__init__")


BY_VALUE_NAME = "(a value)"
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
                args=[argument, *_],
            ):
                yield node.lineno, argument.value if isinstance(argument, ast.Constant) else BY_VALUE_NAME


def room(name):
    """Return the room that a dotted name of the package lies in: "" for what sparklet/__init__.py defines."""
    second = [*name.split("."), ""][1]
    return second if second in FLOOR else ""


def violations(source, module, is_package=False):
    home = room(module)
    for line, name in imported(source, module, is_package):
        library = name.split(".")[0]
        if name == BY_VALUE_NAME and module not in BY_VALUE:
            yield f"{module}:{line}: imports a module whose name is a value"
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


def edges(source, module, is_package=False):
    """Return the modules of the package that a module imports, and the packages whose code that runs."""
    found = set()
    for _, name in imported(source, module, is_package):
        # `from package import name` imports a module or what a module defines.
        target = name if name in MODULES else name.rpartition(".")[0]
        while target in MODULES and not f"{module}.".startswith(f"{target}."):
            found.add(target)
            target = target.rpartition(".")[0]
    return found - {module}


def circles(graph):
    """Return the sets of modules that import each other (strongly connected components, by Tarjan)."""
    number, lowest, waiting, found = {}, {}, [], []

    def visit(module):
        number[module] = lowest[module] = len(number)
        waiting.append(module)
        for target in sorted(graph.get(module, ())):
            if target not in number:
                visit(target)
            if target in waiting:
                lowest[module] = min(lowest[module], lowest[target])
        if lowest[module] == number[module]:
            start = waiting.index(module)
            component = waiting[start:]
            del waiting[start:]
            if len(component) > 1:
                found.append(sorted(component))

    for module in sorted(graph):
        if module not in number:
            visit(module)
    return found


def test_no_modules_import_each_other():
    graph = {
        module: edges(path.read_text(encoding="utf-8"), module, path.name == "__init__.py")
        for module, path in MODULES.items()
    }
    assert circles(graph) == []


def test_a_circle_is_found():
    assert circles({"a": {"b"}, "b": {"c", "d"}, "c": {"a"}, "d": set()}) == [["a", "b", "c"]]
    assert circles({"a": {"b", "c"}, "b": {"c"}, "c": set()}) == []
    source = "def f():\n    from sparklet.engines.jvm.model import load_jvm"
    assert edges(source, "sparklet.engines.loading") == {"sparklet.engines.jvm", "sparklet.engines.jvm.model"}
    assert edges("from sparklet.engines import load", "sparklet.spark.save") == {"sparklet.engines"}


@pytest.mark.parametrize(
    ("source", "module"),
    [
        ("from sparklet.stages import stage", "sparklet.saved.tables"),
        ("from sparklet import engines", "sparklet.errors"),
        ("from sparklet import load", "sparklet.stages.feature.binarizer"),
        ("import sparklet.codegen.plan", "sparklet.columns.types"),
        ("from ..codegen import plan", "sparklet.stages.stage"),
        ("from .. import engines", "sparklet.stages.stage"),
        ("def f():\n    from sparklet.cli import main", "sparklet.engines.model"),
        ("if TYPE_CHECKING:\n    from sparklet.engines import load", "sparklet.codegen.plan"),
        ("import_module('sparklet.testing')", "sparklet.codegen.plan"),
        ("import_module(name)", "sparklet.codegen.plan"),
        ("__import__(f'sparklet.{name}')", "sparklet.engines.model"),
        ("importlib.import_module('pyspark')", "sparklet.verify"),
        ("import pyarrow.parquet as pq", "sparklet.stages.stage"),
        ("def f():\n    from pandas import DataFrame", "sparklet.engines.python"),
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
    assert {name for name in found if name.startswith("sparklet.")} == {"sparklet.errors"}


def test_the_public_names_bring_no_extra():
    found = modules_after("from sparklet import *; assert load and OnlinePipelineModel and SparkletError")
    assert not {name.split(".")[0] for name in found} & {"numpy", "pyarrow", *EXTRAS}
    assert not {name for name in found if name.startswith(("sparklet.stages.feature.", "sparklet.sql"))}
