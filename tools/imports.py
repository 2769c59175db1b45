"""Check the imports between the packages of sparklet, and draw their graph in CONTRIBUTING.md.

    python tools/imports.py           # check, and compare the drawing
    python tools/imports.py --write   # check, and draw again

A package may import itself and those above it in `LAYERS`, and no modules may import each other. Every import
counts: at the top of a module, in a function, and for type checkers.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SOURCE = ROOT / "src"
PAGE = ROOT / "CONTRIBUTING.md"
BEGIN, END = "<!-- tools/imports.py -->\n", "<!-- end -->\n"

# Each package or module of sparklet and its content, the lowest first; "" is sparklet/__init__.py.
LAYERS: Mapping[str, str] = {
    "records": "frozen classes with named fields",
    "errors": "every exception",
    "linalg": "vectors and matrices",
    "types": "Spark types: DDL, JSON, coercion, Arrow",
    "_native": "the C module and its loader",
    "java": "the JVM's arithmetic, text, regex and random",
    "profile": "the Spark release to reproduce",
    "same": "equality to the bit",
    "ir": "the expression graph",
    "columns": "typed columns, values of rows",
    "saved": "Spark's folders and Parquet",
    "json": "JSON of rows and scores",
    "sql": "Spark SQL expressions",
    "stages": "one file per Spark class",
    "codegen": "backends that read the graph",
    "batch": "tables in memory",
    "verify": "verification with example rows",
    "extras": "optional libraries",
    "session": "a live Spark session",
    "engines": "load, and the Python and JVM engines",
    "spark": "user-written stages, jobs on Spark",
    "": "the public names",
    "mlflow": "models in MLflow",
    "serve": "models over HTTP",
    "testing": "tests of a stage",
    "cli": "the command line",
}
ORDER = list(LAYERS)

# The only packages that may import a library, at the top of a module or inside a function.
LIBRARIES: Mapping[str, set[str]] = {
    "pyarrow": {"types", "saved", "batch", "spark", "engines", "serve"},
    "pyspark": {"extras", "session", "engines", "spark", "mlflow", "testing"},
    "py4j": {"extras", "engines"},
    "mlflow": {"extras", "engines", "mlflow"},
    "yaml": {"saved"},
    "pandas": {"extras", "batch", "mlflow"},
    "click": {"cli"},
    "fastavro": {"saved"},
    "onnxruntime": {"stages"},
    "skl2onnx": {"spark"},
    "torch": {"spark"},
    "orjson": {"json"},
    "prometheus_client": {"extras", "serve"},
    "rich": {"cli", "batch"},
    "starlette": {"extras", "serve"},
    "uvicorn": {"extras", "serve"},
}

# The only modules that may import a module by a computed name, and why.
BY_NAME: Mapping[str, str] = {
    "sparklet.stages.authored": "stages that people wrote lie in packages that the caller trusts",
    "sparklet.stages.plugins": "installed packages register their stages as entry points",
    "sparklet.stages.registry": "a stage's module is imported when a model has it; STAGES holds its name",
}
_IMPORTERS = ("import_module", "__import__")


def modules() -> dict[str, Path]:
    """Return the path of every module of the package by its dotted name."""
    paths = sorted((SOURCE / "sparklet").rglob("*.py"))
    names = [".".join(path.relative_to(SOURCE).with_suffix("").parts) for path in paths]
    return {name.removesuffix(".__init__"): path for name, path in zip(names, paths, strict=True)}


def imports(source: str, module: str, *, is_package: bool = False) -> Iterator[tuple[int, str]]:
    """Yield line and dotted name of every import of a module; `from a import b` yields `a.b`."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            name = node.module or ""
            if node.level:
                parts = module.split(".")
                parts = parts[: len(parts) - node.level + is_package]
                name = ".".join([*parts, name] if name else parts)
            yield from ((node.lineno, f"{name}.{alias.name}") for alias in node.names)


def package_of(name: str) -> str:
    """Return the entry of `LAYERS` that contains a dotted name."""
    second = [*name.split("."), ""][1]
    return second if second in LAYERS else ""


def violations(source: str, module: str, *, is_package: bool = False) -> Iterator[str]:
    """Yield the imports of a module that violate the rules."""
    home = package_of(module)
    for line, name in imports(source, module, is_package=is_package):
        library = name.split(".")[0]
        if library == "sparklet" and ORDER.index(package_of(name)) > ORDER.index(home):
            yield f"{module}:{line}: {home or 'sparklet'} imports upward: {name}"
        if home not in LIBRARIES.get(library, {home}):
            yield f"{module}:{line}: {home or 'sparklet'} imports {library}"
        if name.rpartition(".")[2] in _IMPORTERS and module not in BY_NAME:
            yield f"{module}:{line}: {name} hides what is imported"
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Name | ast.Attribute) and module not in BY_NAME:
            name = node.id if isinstance(node, ast.Name) else node.attr
            if name in _IMPORTERS:
                yield f"{module}:{node.lineno}: {name} hides what is imported"


def edges(
    source: str, module: str, known: Iterable[str] | None = None, *, is_package: bool = False
) -> set[str]:
    """Return the modules that a module imports, and the packages whose `__init__` that executes."""
    every, targets = set(modules() if known is None else known), set()
    for _, name in imports(source, module, is_package=is_package):
        # `from package import name` imports a module, or a name that a module defines.
        target = name if name in every else name.rpartition(".")[0]
        while target in every and not f"{module}.".startswith(f"{target}."):
            targets.add(target)
            target = target.rpartition(".")[0]
    return targets - {module}


def graph() -> dict[str, set[str]]:
    """Return the modules that each module imports."""
    known = modules()
    return {
        module: edges(path.read_text(encoding="utf-8"), module, known, is_package=path.name == "__init__.py")
        for module, path in known.items()
    }


def circles(graph: Mapping[str, set[str]]) -> list[list[str]]:
    """Return the sets of modules that import each other (strongly connected components, by Tarjan)."""
    number: dict[str, int] = {}
    lowest: dict[str, int] = {}
    waiting: list[str] = []
    components: list[list[str]] = []

    def visit(module: str) -> None:
        number[module] = lowest[module] = len(number)
        waiting.append(module)
        for target in sorted(graph.get(module, ())):
            if target not in number:
                visit(target)
            if target in waiting:
                lowest[module] = min(lowest[module], lowest[target])
        if lowest[module] == number[module]:
            start = waiting.index(module)
            components.append(sorted(waiting[start:]))
            del waiting[start:]

    for module in sorted(graph):
        if module not in number:
            visit(module)
    return [component for component in components if len(component) > 1]


def problems() -> list[str]:
    """Return all violations of the rules."""
    listed = [
        problem
        for module, path in modules().items()
        for problem in violations(
            path.read_text(encoding="utf-8"), module, is_package=path.name == "__init__.py"
        )
    ]
    placed = {[*name.split("."), ""][1] for name in modules()}
    listed += [f"sparklet.{name} is in no layer" for name in sorted(placed - set(LAYERS))]
    listed += [f"LAYERS names {name}, which does not exist" for name in sorted(set(LAYERS) - placed)]
    return [*listed, *(f"import each other: {', '.join(circle)}" for circle in circles(graph()))]


def arrows() -> set[tuple[str, str]]:
    """Return the imports between packages, without those that follow from a path of others."""
    direct: dict[str, set[str]] = {name: set() for name in LAYERS}
    for module, targets in graph().items():
        direct[package_of(module)] |= {package_of(target) for target in targets} - {package_of(module)}
    reached: dict[str, set[str]] = {}
    for name in ORDER:  # downward imports only: what is below is known already
        reached[name] = direct[name].union(*(reached.get(target, set()) for target in direct[name]))
    return {
        (name, target)
        for name, targets in direct.items()
        for target in targets
        if not any(target in reached.get(other, ()) for other in targets - {target})
    }


def drawing() -> str:
    """Return the packages and their imports as a Mermaid flowchart, the highest layer first."""
    title = {name: name or "sparklet" for name in LAYERS}
    boxes = [f'    {title[name]}["<b>{title[name]}</b><br/>{LAYERS[name]}"]' for name in reversed(ORDER)]
    lines = [
        f"    {title[name]} --> {title[target]}"
        for name, target in sorted(arrows(), key=lambda pair: [-ORDER.index(item) for item in pair])
    ]
    return "\n".join(["```mermaid", "flowchart TD", *boxes, *lines, "```", ""])


def page(text: str) -> str:
    """Return the text of CONTRIBUTING.md with the current drawing."""
    before, _, rest = text.partition(BEGIN)
    return before + BEGIN + drawing() + END + rest.partition(END)[2]


def main(arguments: list[str]) -> int:
    """Print the violations, and draw the graph or compare the drawing; return 1 if there is a problem."""
    wrong = problems()
    text = PAGE.read_text(encoding="utf-8")
    if not wrong and "--write" in arguments:
        PAGE.write_text(page(text), encoding="utf-8")
    elif not wrong and page(text) != text:
        wrong = [f"{PAGE.name} is out of date: run python tools/imports.py --write"]
    print("\n".join([*wrong, f"{len(modules())} modules, {len(wrong)} problems"]))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
