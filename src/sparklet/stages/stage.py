"""What a stage is: a frozen class named as Spark's, which binds typed columns to plain functions."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, ClassVar, TypeVar, dataclass_transform

from sparklet.columns import Column, Columns
from sparklet.ir import Emit
from sparklet.saved import SavedStage
from sparklet.stages.registry import Registry

__all__ = ["Bound", "Dropped", "Rounding", "Stage", "registry", "stage"]


class Dropped(Exception):  # noqa: N818 - control flow, not an error
    """Raised by a bound function for a row that `handleInvalid="skip"` removes."""


@dataclass(frozen=True, eq=False)
class Bound:
    """One piece of a stage's work: from the values of some columns to the value of one.

    It is a function, or `emit`, which adds the nodes of the same work to the expression graph. With no
    outputs the function only decides about the row, and with several it returns a tuple.

    - `drops`: it may raise `Dropped`, so it runs even where nobody asks for its outputs.
    - `optional`: where the input column is absent, the outputs are left out, as by Spark's
      StringIndexerModel.
    - `nulls`: it takes null; elsewhere null is refused before.
    """

    inputs: tuple[Column, ...]
    outputs: tuple[Column, ...]
    function: Callable[..., Any] | None = None
    drops: bool = False
    optional: bool = False
    nulls: bool = False
    emit: Emit | None = None


@dataclass(frozen=True)
class Rounding:
    """Say that floats of some output columns may differ from Spark's in their last bits, and why.

    `params` are the params that name these columns; without any, it holds for all outputs of the stage.
    `ulps` units in the last place are allowed.
    """

    reason: str
    params: tuple[str, ...] = ()
    ulps: int = 16


@dataclass(frozen=True, kw_only=True, eq=False)
class Stage:
    """Base of all stages. A subclass writes one of `bind` and `expand`.

    Fields bear the names under which Spark saves them: params, and what `data` reads from Parquet.
    """

    className: ClassVar[str]
    predictor: ClassVar[bool] = False
    """Whether the default outputs of a pipeline start here."""
    since: ClassVar[str] = "2.0"
    """The first Spark release that has the class; 2.0 is the oldest whose models can be read."""
    rounding: ClassVar[Rounding | None] = None
    """Which outputs may differ from Spark's in their last bits; None where every bit is equal."""

    uid: str

    @classmethod
    def data(cls, saved: SavedStage) -> Mapping[str, Any]:
        """Read the fields that are not params, by name.

        A `SavedStage` in the answer, or in a sequence there, is built into a stage.
        """
        return {}

    def check(self) -> str | None:
        """Return why params that are each legal cannot be scored together, or None."""
        return None

    def bind(self, columns: Columns) -> Iterator[Bound]:
        """Take typed columns and yield the functions that make new ones, in Spark's order."""
        raise TypeError(f"{type(self).__name__} expands into other stages")

    def expand(self) -> Sequence[Stage]:
        """Return the stages that a composite stands for, else the stage itself."""
        return (self,)

    @property
    def label(self) -> str | None:
        """Return the label column, which training reads and scoring does not."""
        return getattr(self, "labelCol", None)

    def slack(self, column: str) -> int:
        """Return by how many units in the last place floats of an output column may differ from Spark's."""
        if self.rounding is None:
            return 0
        names = [getattr(self, param, None) for param in self.rounding.params]
        return self.rounding.ulps if not names or column in names else 0

    def __str__(self) -> str:
        return f"{type(self).__name__} {self.uid}"


registry: Registry[Stage] = Registry()
"""Every stage that can be scored, by its full Spark class name."""

_S = TypeVar("_S", bound=Stage)


@dataclass_transform(frozen_default=True, kw_only_default=True)
def stage(*classNames: str) -> Callable[[type[_S]], type[_S]]:
    """Register a stage class under its full Spark class name (the first) and its older names."""

    def register(cls: type[_S]) -> type[_S]:
        made = dataclass(frozen=True, kw_only=True, eq=False)(cls)
        made.className = classNames[0]
        if _overrides(cls, "bind") == _overrides(cls, "expand"):
            raise TypeError(f"{cls.__name__} writes one of bind and expand")
        for name in classNames:
            registry.register(name, made)
        return made

    return register


def _overrides(cls: type[Stage], method: str) -> bool:
    return getattr(cls, method) is not getattr(Stage, method)


def field_names(cls: type[Stage]) -> tuple[str, ...]:
    """Return the names of a stage's fields besides `uid`."""
    return tuple(field.name for field in fields(cls) if field.name != "uid")
