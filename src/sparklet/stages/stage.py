"""The base class of stages: frozen, named like Spark's class, and bound to typed columns as functions."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any, ClassVar, Literal, TypeVar, dataclass_transform

from sparklet.columns import Column, Columns
from sparklet.ir import Emit
from sparklet.records import record
from sparklet.saved import SavedStage
from sparklet.stages.registry import Registry

__all__ = ["Bound", "Dropped", "Rounding", "Stage", "registry", "stage"]


class Dropped(Exception):  # noqa: N818 - control flow, not an error
    """Raised by a bound function for a row that `handleInvalid="skip"` removes."""


@record(eq=False)
class Bound:
    """A step of a stage: input columns, output columns and the function between their values.

    Either `function` or `emit` is set; `emit` adds the nodes of the computation to the expression graph.
    Without outputs the function only refuses or drops rows; with several it returns a tuple.

    - `drops`: it may raise `Dropped`, so it runs even if its outputs are not needed. Spark's filter reads its
      `"input"`, or its `"output"`.
    - `kept`: Spark computes it before the filters of all later steps, because its UDF is not deterministic.
    - `barrier`: Spark computes all earlier steps before it: it is a join, or receives whole rows in Python.
    - `inlined`: Spark computes it by an expression and not by a UDF.
    - `optional`: if the input column is absent, the outputs are omitted, as in Spark's StringIndexerModel.
    - `nulls`: it accepts null; otherwise null is refused before it is called.
    - `asks`: the input columns whose type changes the outputs by more than their type, with the reason. The
      model is refused if nobody declares the types of the inputs that determine theirs.
    """

    inputs: tuple[Column, ...]
    outputs: tuple[Column, ...]
    function: Callable[..., Any] | None = None
    drops: Literal["input", "output"] | None = None
    kept: bool = False
    barrier: bool = False
    inlined: bool = False
    optional: bool = False
    nulls: bool = False
    emit: Emit | None = None
    asks: Mapping[Column, str] = MappingProxyType({})


@record()
class Rounding:
    """The reason why floats of some output columns may differ from Spark's in their last bits.

    `params` are the params that name these columns; without any, all outputs of the stage may differ.
    `ulps` units in the last place are allowed.
    """

    reason: str
    params: tuple[str, ...] = ()
    ulps: int = 16


@record(kw_only=True, eq=False)
class Stage:
    """Base class of all stages. A subclass defines either `bind` or `expand`.

    The fields are the params and the data that `data` reads from Parquet, under the names of Spark.
    """

    className: ClassVar[str]
    predictor: ClassVar[bool] = False
    """Whether the default outputs of a pipeline start here."""
    since: ClassVar[str] = "2.0"
    """The first Spark release that has the class; 2.0 is the oldest whose models can be read."""
    rounding: ClassVar[Rounding | None] = None
    """The outputs that may differ from Spark's in their last bits; None if every bit is equal."""

    uid: str

    @property
    def reads_clock(self) -> bool:
        """Return whether the outputs depend on the moment of the call."""
        return False

    @classmethod
    def data(cls, saved: SavedStage) -> Mapping[str, Any]:
        """Return the fields that are not params, by name.

        A `SavedStage` among the values, or in a sequence among them, is built into a stage.
        """
        return {}

    def check(self) -> str | None:
        """Return why the combination of params cannot be scored, or None."""
        return None

    def bind(self, columns: Columns) -> Iterator[Bound]:
        """Take typed input columns and yield the steps that compute the outputs, in Spark's order."""
        raise TypeError(f"{type(self).__name__} expands into other stages")

    def expand(self) -> Sequence[Stage]:
        """Return the stages of a composite, else the stage itself."""
        return (self,)

    @property
    def label(self) -> str | None:
        """Return the label column, which only training reads."""
        return getattr(self, "labelCol", None)

    def slack(self, column: str) -> int:
        """Return the units in the last place by which floats of an output column may differ from Spark's."""
        if self.rounding is None:
            return 0
        names = [getattr(self, param, None) for param in self.rounding.params]
        return self.rounding.ulps if not names or column in names else 0

    def __str__(self) -> str:
        return f"{type(self).__name__} {self.uid}"


registry: Registry[Stage] = Registry()
"""Every stage that can be scored, by its full Spark class name."""

_S = TypeVar("_S", bound=Stage)


connect_registry: Registry[Stage] = Registry()
"""Every fitted stage of `pyspark.ml.connect`, by its Python class name."""


@dataclass_transform(frozen_default=True, kw_only_default=True)
def stage(*classNames: str) -> Callable[[type[_S]], type[_S]]:
    """Register a stage class under its full Spark class name (the first) and its older names."""
    return _register(registry, classNames)


@dataclass_transform(frozen_default=True, kw_only_default=True)
def connect_stage(className: str) -> Callable[[type[_S]], type[_S]]:
    """Register a stage class under its name in `pyspark.ml.connect`."""
    return _register(connect_registry, (className,))


def _register(classes: Registry[Stage], classNames: Sequence[str]) -> Callable[[type[_S]], type[_S]]:
    def register(cls: type[_S]) -> type[_S]:
        stage_class = record(kw_only=True, eq=False)(cls)
        stage_class.className = classNames[0]
        if _overrides(cls, "bind") == _overrides(cls, "expand"):
            raise TypeError(f"{cls.__name__} writes one of bind and expand")
        for name in classNames:
            classes.register(name, stage_class)
        return stage_class

    return register


def expands(cls: type[Stage]) -> bool:
    """Return whether a stage class is a composite, which expands into other stages."""
    return _overrides(cls, "expand")


def _overrides(cls: type[Stage], method: str) -> bool:
    return getattr(cls, method) is not getattr(Stage, method)
