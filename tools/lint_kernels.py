"""Find reductions whose order is not Spark's: `python tools/lint_kernels.py [file or folder ...]`.

The order of a floating-point sum is part of Spark's answer, so the kernels (stages, java, ir, codegen) take
their sums and products from `sparklet.java`, where each order has a name. CPython changed `sum` of floats
in 3.12, numpy's order is its own, and `math.fsum` rounds once: Spark has none of these orders. A `sum` of
integers is no exception, because a reader cannot see that it is one.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

SOURCE = Path(__file__).resolve().parent.parent / "src" / "sparklet"
KERNELS = [SOURCE / room for room in ("stages", "java", "ir", "codegen")]

LIBRARIES = {"builtins", "math", "numpy", "statistics"}
# Names of functions in these libraries, and of methods of arrays.
REDUCTIONS = {
    "average", "cumsum", "dot", "einsum", "fmean", "fsum", "inner", "matmul", "mean", "multi_dot", "nanmean",
    "nansum", "norm", "prod", "reduce", "std", "sum", "sumprod", "tensordot", "trace", "var", "vdot",
}  # fmt: skip
# Exceptions for the implementation of named reductions: the file, the function that it may use, and why.
EXEMPT = {
    ("java/blas.py", "fsum"): "three exact terms, rounded once, are what Math.fma means",
    ("stages/xgboost/transforms.py", "reduce"): "the reference, scipy's softmax, adds as numpy does",
}


def findings(source: str, name: str = "") -> list[tuple[int, str]]:
    """Return (line, expression) of each reduction in the source of sparklet's module `name`."""
    tree = ast.parse(source)
    ours, theirs = set(_bound(tree, {"sparklet"})), set(_bound(tree, LIBRARIES))
    called = {id(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    found = []
    for node in ast.walk(tree):
        match node:
            case ast.Name(id="sum", ctx=ast.Load()) if "sum" not in ours:
                found.append((node.lineno, "sum"))
            case ast.Attribute(attr=word) if word in REDUCTIONS:
                # A stage's own field may be called `mean`; a call of it, or a library's, is a reduction.
                root = _root(node)
                if root == "graph":
                    continue  # a node of the expression graph, which has a named order
                if root in theirs or (id(node) in called and root not in ours):
                    found.append((node.lineno, word))
            case ast.ImportFrom(module=str(module), names=names) if module.split(".")[0] in LIBRARIES:
                found += [(node.lineno, alias.name) for alias in names if alias.name in REDUCTIONS]
            case ast.BinOp(op=ast.MatMult()) | ast.AugAssign(op=ast.MatMult()):
                found.append((node.lineno, "@"))
    return sorted(finding for finding in found if (name, finding[1]) not in EXEMPT)


def _bound(tree: ast.Module, libraries: set[str]) -> Iterator[str]:
    """Yield the names that the module's imports bind to these libraries and their members."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                library = alias.name.split(".")[0]
                if library in libraries:
                    yield alias.asname or library
        elif isinstance(node, ast.ImportFrom):
            # A relative import is of sparklet, as every kernel is.
            library = "sparklet" if node.level else str(node.module).split(".")[0]
            if library in libraries:
                yield from (alias.asname or alias.name for alias in node.names)


def _root(node: ast.expr) -> str | None:
    """Return the name that a dotted expression starts with, or None if it starts with something else."""
    while isinstance(node, ast.Attribute):
        node = node.value
    return node.id if isinstance(node, ast.Name) else None


def main(paths: Iterable[str]) -> int:
    """Print the findings in files and folders (default: the kernels); return 1 if there are any."""
    files = [
        file
        for path in [Path(path).resolve() for path in paths] or KERNELS
        for file in (sorted(path.rglob("*.py")) if path.is_dir() else [path])
    ]
    status = 0
    for file in files:
        name = file.relative_to(SOURCE).as_posix() if file.is_relative_to(SOURCE) else ""
        for line, what in findings(file.read_text(encoding="utf-8"), name):
            print(
                f"{file}:{line}: `{what}` has an unspecified summation order: use a function of sparklet.java"
            )
            status = 1
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
