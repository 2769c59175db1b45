"""The stages that can be scored, by Spark class name; a stage's module is imported when it is looked up."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import TypeVar

__all__ = ["Registry"]

_Stage = TypeVar("_Stage")


class Registry(Mapping[str, type[_Stage]]):
    """Map full Spark class names to stage classes.

    `declare` records which module defines a class; the module calls `register` when it is imported. Iterating
    yields the names without importing a module; `values` and `items` import every stage.

    >>> from sparklet.stages import registry
    >>> registry["org.apache.spark.ml.feature.Binarizer"].__module__
    'sparklet.stages.feature.binarizer'
    """

    def __init__(self) -> None:
        self._modules: dict[str, str] = {}
        self._classes: dict[str, type[_Stage]] = {}

    def declare(self, package: str, modules: Mapping[str, str]) -> None:
        """Add the stages of a package, given as module names by Spark class name.

        Raises `TypeError` for a class that another package declares.
        """
        for className, module in modules.items():
            if className in self._modules:
                raise TypeError(f"{className} is declared by {self._modules[className]} and by {package}")
            self._modules[className] = f"{package}.{module}"

    def declares(self, className: str) -> bool:
        """Return whether a package declares the class, which no other package may then replace."""
        return className in self._modules

    def register(self, className: str, cls: type[_Stage]) -> None:
        """Add the class of a stage; raise `TypeError` if another class has its name."""
        module = self._modules.get(className, cls.__module__)
        if module != cls.__module__:
            raise TypeError(f"{className} is declared by {module}, so {cls.__module__} cannot define it")
        if className in self._classes:
            raise TypeError(f"{className} is registered twice: {self._classes[className]} and {cls}")
        self._classes[className] = cls

    def __getitem__(self, className: str) -> type[_Stage]:
        if className not in self._classes:
            import_module(self._modules[className])
        return self._classes[className]

    def __contains__(self, className: object) -> bool:
        return className in self._modules or className in self._classes

    def __iter__(self) -> Iterator[str]:
        return iter(self._modules | self._classes)

    def __len__(self) -> int:
        return len(self._modules | self._classes)
