"""Build stages from a saved folder, and report all problems in one error."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from sparklet.errors import (
    CorruptModelError,
    MissingDataError,
    ModelError,
    StageProblem,
    UnsupportedModelError,
    did_you_mean,
    shown,
)
from sparklet.saved import SavedStage
from sparklet.stages.authored import ADVICE, Authored, authored, is_trusted
from sparklet.stages.foreign import FOREIGN_ADVICE, SPARK, foreign
from sparklet.stages.params import converters
from sparklet.stages.plugins import is_builtin, plugin
from sparklet.stages.stage import Stage, connect_registry, expands, registry
from sparklet.stages.unscored import Unscored

__all__ = ["build"]


def build(saved: SavedStage, trusted: Sequence[str] = (), *, partial: bool = False) -> Stage:
    """Return the stage that is saved in a folder, with its nested stages.

    User-written Python classes are imported from the packages of `trusted` only. With `partial`, an
    `Unscored` stands for each stage of a pipeline that cannot be scored, so that the stages before it can.
    Raises `UnsupportedModelError`, which lists every stage that cannot be scored and why; another
    `ModelError` where a file of the model is absent or cannot be read.
    """
    builder = _Builder(trusted, saved.path if partial else None)
    stage = builder.build(saved)
    if builder.problems:
        raise UnsupportedModelError(saved.path, builder.problems, "\n".join(builder.advice))
    if builder.absent:
        raise builder.absent[0]
    assert stage is not None  # noqa: S101 - nothing was refused
    return stage


# Real models nest a few levels (pipeline, cross-validator, pipeline); the limit prevents a stack overflow.
_DEEPEST = 50


class _Builder:
    def __init__(self, trusted: Sequence[str], partial: str | None) -> None:
        self._trusted = trusted
        # The model's path if `Unscored` may stand for a stage.
        self._partial = partial
        # What helps with the refused stages, each text once.
        self.advice: dict[str, None] = {}
        self.problems: list[StageProblem] = []
        self.absent: list[MissingDataError] = []
        self._depth = 0

    def build(self, saved: SavedStage) -> Stage | None:
        if self._depth > _DEEPEST:
            raise CorruptModelError(
                saved.path, f"lies {self._depth} stages deep, more than {_DEEPEST} are not read"
            )
        self._depth += 1
        stage = self._build(saved)
        self._depth -= 1
        return stage

    def _build(self, saved: SavedStage) -> Stage | None:
        cls = _class_of(saved.className)
        if cls is None:
            return self._foreign(saved)
        if isinstance(cls, str):
            self._refuse(saved, cls)
            return None
        if issubclass(cls, Authored):
            return self._authored(saved, cls)
        if is_builtin(saved.className):
            return self._registered(cls, saved)
        try:
            return self._registered(cls, saved)
        except ModelError:
            raise
        except Exception as error:  # noqa: BLE001 - the code of another package
            self._refuse(saved, f"{cls.__module__} raised {type(error).__name__}: {error}")
            return None

    def _registered(self, cls: type[Stage], saved: SavedStage) -> Stage | None:
        try:
            data = cls.data(saved)
        except MissingDataError as error:
            # A later stage may be unsupported, which is the more important problem to report.
            self.absent.append(error)
            return None
        # Only composites do nothing with their stages but to run them.
        child = self._part if expands(cls) else self.build
        values = {**saved.params, **{name: _built(value, child) for name, value in data.items()}}
        return self._construct(cls, saved, values)

    def _foreign(self, saved: SavedStage) -> Stage | None:
        """Return the user-written Python stage of an unregistered class, or None."""
        if not is_trusted(saved.className, self._trusted):
            if (reason := foreign(saved.className)) is not None:
                self.advice[FOREIGN_ADVICE] = None
                self._refuse(saved, reason)
                return None
            if saved.className.startswith(SPARK):
                hint = did_you_mean(saved.className, registry)
                self._refuse(saved, f"not a stage that sparklet scores{hint}")
                return None
        class_ = authored(saved.className, self._trusted)
        if isinstance(class_, str):
            self.advice[ADVICE] = None
            self._refuse(saved, class_)
            return None
        return self._authored(saved, class_)

    def _authored(self, saved: SavedStage, class_: type[Authored]) -> Stage | None:
        try:
            return class_.online(saved)
        except MissingDataError as error:
            self.absent.append(error)
        except ModelError:
            raise
        except Exception as error:  # noqa: BLE001 - an author's constructor and params
            self._refuse(saved, f"{type(error).__name__}: {error}")
        return None

    def _part(self, saved: SavedStage) -> Stage | None:
        """Build a stage of a composite, for which an `Unscored` may stand."""
        known, advice = len(self.problems), self.advice
        self.advice = {}
        made = self.build(saved)
        problems, own = self.problems[known:], "\n".join(self.advice)
        self.advice = advice | self.advice
        if self._partial is None or not problems:
            return made
        del self.problems[known:]
        error = UnsupportedModelError(self._partial, problems, own)
        return Unscored(uid=saved.uid, className=saved.className, params=saved.params, error=error)

    def _construct(self, cls: type[Stage], saved: SavedStage, values: dict[str, Any]) -> Stage | None:
        if self.problems or self.absent:
            # A nested stage was refused, so the fields that contain it cannot be converted.
            values = {name: value for name, value in values.items() if name in saved.params}
        fields: dict[str, Any] = {}
        refused = False
        for name, convert in converters(cls).items():
            if name in values:
                try:
                    fields[name] = convert(values[name])
                except (ValueError, OverflowError, RecursionError) as error:
                    self._refuse(saved, f"{name} is {shown(values[name])}, expected {error}")
                    refused = True
        if refused or self.problems or self.absent:
            return None
        try:
            stage = cls(uid=saved.uid, **fields)
        except TypeError:
            lacking = [name for name in converters(cls) if name not in fields]
            raise CorruptModelError(saved.path, f"{saved.className} lacks {', '.join(lacking)}") from None
        if (reason := stage.check()) is not None:
            self._refuse(saved, reason)
        return stage

    def _refuse(self, saved: SavedStage, reason: str) -> None:
        self.problems.append(StageProblem(saved.className, saved.path, reason))


def _class_of(className: str) -> type[Stage | Authored] | str | None:
    """Return the class that scores a saved class; the reason if it cannot be used, None if there is none."""
    if is_builtin(className):
        return registry.get(className) or connect_registry[className]
    return plugin(className) or registry.get(className)


def _built(value: Any, build: Callable[[SavedStage], Stage | None]) -> Any:
    """Return a value of `Stage.data` with stages for the saved stages in it."""
    if isinstance(value, SavedStage):
        return build(value)
    if isinstance(value, list | tuple) and value and isinstance(value[0], SavedStage):
        return tuple(build(child) for child in value)
    return value
