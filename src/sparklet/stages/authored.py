"""User-written Python stages: which classes a folder may name, and how they are imported."""

from __future__ import annotations

import sys
from abc import ABC, abstractmethod
from collections.abc import Sequence
from importlib import import_module

from sparklet.errors import OptionError
from sparklet.saved import SavedStage
from sparklet.stages.stage import Stage

__all__ = ["ADVICE", "Authored", "authored", "check_trusted", "is_python", "is_trusted"]

ADVICE = """\
To make a Python-defined stage servable:
  1. move its class from the notebook or script into a module of a package that can be imported where models
     are fitted and where they are scored, say my_package/stages.py;
  2. let it extend sparklet.spark.OnlineTransformer (OnlineModel if it is fitted, with what it learned in
     `state`), and write what it does to one row in place of _transform, for instance

         class Shorter(OnlineTransformer, HasInputCol, HasOutputCol):
             inputType = outputType = "string"

             def scoreInstance(self, row):
                 text = row[self.getInputCol()]
                 return {self.getOutputCol(): None if text is None else text[:3]}

     (docs/authors.md has fitted stages and whole columns; a stage that removes rows is for training only);
  3. fit the pipeline again with the classes imported from there, and save it: what was saved without their
     code cannot be mended;
  4. say when loading that this package may be imported: sparklet.load(path, trusted=["my_package"])."""


class Authored(ABC):
    """Base of every class that a folder may name; `sparklet.spark.OnlineTransformer` extends it."""

    @classmethod
    @abstractmethod
    def online(cls, saved: SavedStage) -> Stage:
        """Return the stage that is saved in a folder of this class."""


def check_trusted(trusted: object) -> tuple[str, ...]:
    """Return the packages of `load(trusted=...)`; raise `OptionError` unless they are importable names."""
    if isinstance(trusted, str) or not isinstance(trusted, Sequence):
        raise OptionError("trusted", trusted, "a list of package names, such as ['my_package']")
    for package in trusted:
        if not isinstance(package, str) or not all(part.isidentifier() for part in package.split(".")):
            raise OptionError(
                "trusted", package, "a package name, such as 'my_package' or 'my_package.stages'"
            )
    return tuple(trusted)


# The first names of packages of JVM classes.
_JVM = frozenset({"ai", "com", "io", "java", "javax", "ml", "net", "org", "scala"})


def is_python(className: str) -> bool:
    """Return whether an unregistered class name is more likely a Python class than a JVM class."""
    return className.split(".", maxsplit=1)[0] not in _JVM


def is_trusted(className: str, trusted: Sequence[str]) -> bool:
    """Return whether a class is defined in one of the packages or their subpackages.

    >>> is_trusted("shop.stages.Basket", ["shop"]), is_trusted("shop_evil.Basket", ["shop"])
    (True, False)
    """
    module = className.rpartition(".")[0]
    return any(module == package or module.startswith(package + ".") for package in trusted)


def authored(className: str, trusted: Sequence[str]) -> type[Authored] | str:
    """Import a class from a trusted package and return it, or return the reason why that is impossible.

    Nothing is imported for a name outside of `trusted`.
    """
    module, _, name = className.rpartition(".")
    parts = className.split(".")
    if not module or not all(part.isidentifier() for part in parts):
        return "not the name of a Python class"
    if not is_trusted(className, trusted):
        return _untrusted(module)
    if "__main__" in parts[1:]:
        return "__main__ of a package is a program, not a module"
    try:
        # `__main__` is the running program, so no file is searched for it.
        named = getattr(
            sys.modules["__main__"] if module == "__main__" else import_module(module), name, None
        )
    except Exception as error:  # noqa: BLE001 - whatever the trusted code raises on import
        return f"importing {module} failed: {type(error).__name__}: {error}"
    if named is None:
        return f"{module} defines no {name} here"
    if not (isinstance(named, type) and issubclass(named, Authored)):
        return f"{className} does not extend sparklet.spark.OnlineTransformer"
    return named


def _untrusted(module: str) -> str:
    if module == "__main__":
        return "written in Python in a notebook or script, whose code is not saved with a model"
    package = module.partition(".")[0]
    return (
        f"written in Python, and not imported unless you trust its package: load(..., trusted=[{package!r}])"
    )
