"""Every error that sparklet raises; each stores its facts and builds its own message.

All of them are `SparkletError`; most are also the builtin that a caller would expect
(`KeyError` for an absent column, `ValueError` for a bad value ...).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

__all__ = [
    "AmbiguousColumnError",
    "ColumnExistsError",
    "ColumnTypeError",
    "CorruptModelError",
    "EngineError",
    "InvalidValueError",
    "LegacyModelError",
    "MissingColumnError",
    "MissingDataError",
    "MissingExtraError",
    "ModelError",
    "ModelNotFoundError",
    "NotAModelError",
    "NullValueError",
    "OptionError",
    "PatternError",
    "RowError",
    "SchemaError",
    "SparkletError",
    "StageProblem",
    "UnfittedModelError",
    "UnsupportedModelError",
    "VectorSizeError",
    "VerificationError",
]


def shown(value: object, limit: int = 80) -> str:
    """Return `repr(value)` cut to `limit` characters, so that hostile values make short messages."""
    try:
        text = repr(value)
    except Exception:  # noqa: BLE001 - a value's own __repr__ is foreign code
        text = f"<{type(value).__name__}>"
    return text if len(text) <= limit else text[: limit - 1] + "…"


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return a hint `; did you mean 'x'?`, or an empty string where nothing is close."""
    import difflib  # used in messages only

    near = difflib.get_close_matches(name, list(known), n=1)
    return f"; did you mean {near[0]!r}?" if near else ""


class SparkletError(Exception):
    """Base of every error that sparklet raises."""

    def __str__(self) -> str:
        # KeyError would print the repr of its argument.
        return str(self.args[0]) if self.args else ""


# --- the model folder ---------------------------------------------------------------------------


class ModelError(SparkletError, ValueError):
    """Raise for a model folder that cannot be scored; `path` names the file or folder at fault."""

    def __init__(self, path: str, problem: str, hint: str = "") -> None:
        super().__init__(f"{path}: {problem}" + (f" ({hint})" if hint else ""))
        self.path, self.problem, self.hint = path, problem, hint

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), (self.path, self.problem, self.hint)


class ModelNotFoundError(ModelError, FileNotFoundError):
    """Raise where nothing exists at the given path."""


class NotAModelError(ModelError):
    """Raise for a folder or file that is not a saved Spark ML model."""


class CorruptModelError(ModelError):
    """Raise for a file of the model that cannot be read: truncated, malformed, contradictory."""


class MissingDataError(ModelError):
    """Raise where a part of the model is absent: a stage folder, Parquet data, a Git LFS object."""


class UnfittedModelError(ModelError):
    """Raise for a saved estimator or unfitted Pipeline: only the model that `fit` returned can score."""


class LegacyModelError(ModelError):
    """Raise for a model of the old RDD-based `spark.mllib` API."""


class StageProblem(NamedTuple):
    """Say why one stage cannot be scored: its class, its folder inside the model, the reason."""

    className: str
    path: str
    reason: str

    def __str__(self) -> str:
        return self.within("")

    def within(self, model: str) -> str:
        """Return the problem as text, the folder as seen from the model's."""
        folder = self.path.removeprefix(model).lstrip("/") if model else self.path
        return f"{self.className}{f' at {folder}' if folder else ''}: {self.reason}"


class UnsupportedModelError(ModelError):
    """Raise once for a model with stages that cannot be scored, listing every one in `problems`."""

    def __init__(self, path: str, problems: Sequence[StageProblem], advice: str = "") -> None:
        lines = "".join(f"\n  - {problem.within(path)}" for problem in problems)
        count = f"{len(problems)} stage" + ("s" if len(problems) != 1 else "")
        super().__init__(path, f"{count} cannot be scored:{lines}" + (f"\n{advice}" if advice else ""))
        self.problems, self.advice = tuple(problems), advice

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), (self.path, self.problems, self.advice)


class VerificationError(ModelError):
    """Raise at the first score that differs from the answer that Spark gave for an example row.

    `row` is the position of the row in the example, `column` the output, `expected` what Spark gave. Raised
    too for a file that is not the one that was saved; `row` and `column` are then None.
    """

    def __init__(
        self,
        path: str,
        row: int | None,
        column: str | None,
        expected: object,
        actual: object,
        problem: str = "",
    ) -> None:
        what = problem or f"Spark gave {shown(expected)}, sparklet gives {shown(actual)}"
        place = "" if row is None else f"example row {row}" + (f", column {column!r}: " if column else ": ")
        super().__init__(path, f"{place}{what}", "the model or its example changed since it was saved")
        self.row, self.column, self.expected, self.actual = row, column, expected, actual
        self._what = what

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), (self.path, self.row, self.column, self.expected, self.actual, self._what)


# --- options and schema -------------------------------------------------------------------------


class OptionError(SparkletError, ValueError):
    """Raise for an argument of `load` or of a scoring call that has no meaning."""

    def __init__(self, option: str, value: object, problem: str) -> None:
        super().__init__(f"{option}={shown(value)}: {problem}")
        self.option, self.value, self.problem = option, value, problem

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), (self.option, self.value, self.problem)


class PatternError(SparkletError, ValueError):
    """Raise for a regular expression that Java does not compile, or that cannot be matched as Java would."""

    def __init__(self, pattern: str, problem: str) -> None:
        super().__init__(f"the pattern {shown(pattern)} has {problem}")
        self.pattern, self.problem = pattern, problem

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), (self.pattern, self.problem)


class MissingExtraError(SparkletError, ImportError):
    """Raise where an optional dependency is absent; the message holds the line that installs it."""

    def __init__(self, feature: str, extra: str) -> None:
        super().__init__(f"{feature} needs an extra: pip install 'sparklet[{extra}]'")
        self.feature, self.extra = feature, extra

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), (self.feature, self.extra)


class EngineError(SparkletError, NotImplementedError):
    """Raise where an engine cannot do what the interface of a model offers; the reason is in the message."""

    def __init__(self, engine: str, feature: str, reason: str) -> None:
        super().__init__(f"engine={engine!r} has no {feature}: {reason}")
        self.engine, self.feature, self.reason = engine, feature, reason

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), (self.engine, self.feature, self.reason)


class SchemaError(SparkletError, ValueError):
    """Raise at load for columns that do not fit together: types, names, sizes."""

    def __init__(self, column: str, problem: str, stage: str | None = None) -> None:
        where = f"{stage}: " if stage else ""
        super().__init__(f"{where}column {column!r} {problem}")
        self.column, self.problem, self.stage = column, problem, stage

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), (self.column, self.problem, self.stage)


class ColumnExistsError(SchemaError):
    """Raise where a stage would add a column that the row already has."""

    def __init__(self, column: str, problem: str = "already exists", stage: str | None = None) -> None:
        super().__init__(column, problem, stage)


# --- rows ---------------------------------------------------------------------------------------


class RowError(SparkletError):
    """Raise for a row that cannot be scored.

    `stage` (uid), `column` and `value` are filled in as they become known on the way up, and `row`, which
    counts from 0, where many rows are scored.
    """

    row: int | None = None

    def __init__(
        self,
        problem: str,
        *,
        value: object = None,
        column: str | None = None,
        stage: str | None = None,
        hint: str = "",
    ) -> None:
        super().__init__(problem)
        self.problem, self.value, self.hint = problem, value, hint
        self.column, self.stage = column, stage

    def __str__(self) -> str:
        where = [
            f"row {self.row}" if self.row is not None else "",
            f"stage {self.stage}" if self.stage else "",
            f"column {self.column!r}" if self.column else "",
        ]
        place = ", ".join(part for part in where if part)
        return (f"{place}: " if place else "") + self.problem + (f" ({self.hint})" if self.hint else "")

    def __reduce__(self) -> tuple[object, ...]:
        return _row_error, (type(self), self.problem, dict(self.__dict__))


def _row_error(kind: type[RowError], problem: str, facts: dict[str, object]) -> RowError:
    error = kind.__new__(kind, problem)
    error.args = (problem,)
    error.__dict__.update(facts)
    return error


class MissingColumnError(RowError, KeyError):
    """Raise for a row that lacks an input column."""

    def __init__(self, column: str, known: Iterable[str] = (), stage: str | None = None) -> None:
        super().__init__(
            "is absent from the row" + did_you_mean(column, known),
            column=column,
            stage=stage,
            hint="load(missing='null') takes absent columns as null",
        )


class AmbiguousColumnError(RowError, ValueError):
    """Raise for names that differ in case only: Spark resolves names without regard to case."""

    def __init__(self, column: str, names: Sequence[str]) -> None:
        listed = ", ".join(repr(name) for name in names)
        super().__init__(f"is ambiguous: {listed} differ in case only", column=column, value=tuple(names))


class ColumnTypeError(RowError, TypeError):
    """Raise for a value of a type that the column does not take."""

    def __init__(self, value: object, type: str, *, column: str | None = None, hint: str = "") -> None:
        got = f"{shown(value)} ({value.__class__.__name__})"
        super().__init__(f"takes {type}, got {got}", value=value, column=column, hint=hint)
        self.type = type


class InvalidValueError(RowError, ValueError):
    """Raise for a value that Spark refuses too: an unseen label, NaN under handleInvalid='error' ..."""

    def __init__(
        self, problem: str, value: object = None, *, hint: str = "", column: str | None = None
    ) -> None:
        super().__init__(problem, value=value, hint=hint, column=column)


class NullValueError(InvalidValueError):
    """Raise for a null where Spark fails on null."""

    def __init__(
        self, problem: str = "is null, which Spark refuses here", *, hint: str = "", column: str | None = None
    ) -> None:
        super().__init__(problem, None, hint=hint, column=column)


class VectorSizeError(InvalidValueError):
    """Raise for a vector whose size is not the one the stage was fitted on."""

    def __init__(self, size: int, expected: int, *, column: str | None = None) -> None:
        super().__init__(f"has {size} elements, expected {expected}", size, column=column)
        self.size, self.expected = size, expected
