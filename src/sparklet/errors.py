"""The exceptions that sparklet raises; each stores its facts as attributes and builds its own message.

All of them inherit from `SparkletError`. Most also inherit from the matching builtin exception, for example
`KeyError` for an absent column and `ValueError` for a bad value.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, ClassVar

from sparklet.records import record

__all__ = [
    "AmbiguousColumnError",
    "Ask",
    "ColumnExistsError",
    "ColumnTypeError",
    "CorruptModelError",
    "EngineError",
    "InvalidValueError",
    "JsonError",
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
    "UndeclaredTypeError",
    "UnfittedModelError",
    "UnsupportedModelError",
    "VectorSizeError",
    "VerificationError",
]


def shown(value: object, limit: int = 80) -> str:
    """Return `repr(value)` cut to `limit` characters, so that messages about large values stay short."""
    try:
        text = repr(value)
    except Exception:  # noqa: BLE001 - __repr__ of a caller's value may raise anything
        text = f"<{type(value).__name__}>"
    return text if len(text) <= limit else text[: limit - 1] + "…"


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return the hint `; did you mean 'x'?`, or an empty string when no known name is close."""
    import difflib  # imported here because only error messages need it

    near = difflib.get_close_matches(name, list(known), n=1)
    return f"; did you mean {near[0]!r}?" if near else ""


def _dotted(struct: str, known: Iterable[str]) -> str:
    """Return the explanation for an absent struct when a column is named like one of its fields, else ""."""
    prefix = f"{struct}.".lower()
    name = next((each for each in known if each.lower().startswith(prefix)), None)
    if name is None:
        return ""
    return (
        f"; the model reads a field of the struct {struct!r}, as Spark 4 parses a name with dots, "
        f"and {name!r} is another column, which a stage refers to in backticks"
    )


def _utf8(text: str) -> str:
    """Return the text with lone surrogates, which UTF-8 does not have, as escapes."""
    return text.encode("utf-8", "backslashreplace").decode()


def _plain(value: object) -> object:
    """Return a short JSON value as it is, another value as text."""
    if value is None or value.__class__ is bool:
        return value
    if value.__class__ is int and -(1 << 63) <= value < 1 << 63:
        return value
    if isinstance(value, float):
        finite = value - value == 0.0
        return (
            float(value) if finite else "NaN" if value != value else "-Infinity" if value < 0 else "Infinity"
        )
    return _utf8(value if isinstance(value, str) and len(value) <= 80 else shown(value))


class SparkletError(Exception):
    """Base class of all exceptions that sparklet raises."""

    code: ClassVar[str] = "sparklet"
    """The name of the kind of error, for programs; it does not change between releases."""

    def to_dict(self) -> dict[str, Any]:
        """Return the error as plain JSON values, for the answer of a server.

        The keys are always `code`, `message`, `stage`, `column`, `row`, `value` and `hint`; a fact that is
        not known is None. A value that is no short JSON value becomes its `repr`.

        >>> InvalidValueError("is negative", -1.0, column="age").to_dict()
        {'code': 'invalid_value', 'message': "column 'age': is negative", 'stage': None, 'column': 'age',
         'row': None, 'value': -1.0, 'hint': None}
        """
        facts = {name: _plain(getattr(self, name, None)) for name in ("stage", "column", "row", "value")}
        hint = getattr(self, "hint", "")
        return {"code": self.code, "message": _utf8(str(self)), **facts, "hint": _utf8(hint) or None}

    def __str__(self) -> str:
        # KeyError.__str__ returns the repr of its argument.
        return str(self.args[0]) if self.args else ""


# --- the model folder ---------------------------------------------------------------------------


class ModelError(SparkletError, ValueError):
    """Raised for a model folder that cannot be scored; `path` is the file or folder that causes the error."""

    code = "model"

    def __init__(self, path: str, problem: str, hint: str = "") -> None:
        super().__init__(f"{path}: {problem}" + (f" ({hint})" if hint else ""))
        self.path, self.problem, self.hint = path, problem, hint

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), (self.path, self.problem, self.hint)


class ModelNotFoundError(ModelError, FileNotFoundError):
    """Raised when nothing exists at the given path."""

    code = "model_not_found"


class NotAModelError(ModelError):
    """Raised for a folder or file that is not a saved Spark ML model."""

    code = "not_a_model"


class CorruptModelError(ModelError):
    """Raised for a file of the model that cannot be read: truncated, malformed or contradictory."""

    code = "corrupt_model"


class MissingDataError(ModelError):
    """Raised when a part of the model is absent: a stage folder, a Parquet file or a Git LFS object."""

    code = "missing_data"


class UnfittedModelError(ModelError):
    """Raised for a saved estimator or unfitted Pipeline: only the model that `fit` returns can score."""

    code = "unfitted_model"


class LegacyModelError(ModelError):
    """Raised for a model of the old RDD-based `spark.mllib` API."""

    code = "legacy_model"


@record()
class StageProblem:
    """Describe why one stage cannot be scored: its class, its folder inside the model and the reason."""

    className: str
    path: str
    reason: str

    def __str__(self) -> str:
        return self.within("")

    def within(self, model: str) -> str:
        """Return the problem as text, with the folder relative to the folder `model`."""
        folder = self.path.removeprefix(model).lstrip("/") if model else self.path
        return f"{self.className}{f' at {folder}' if folder else ''}: {self.reason}"


class UnsupportedModelError(ModelError):
    """Raised once for a model with stages that cannot be scored; `problems` lists all of them."""

    code = "unsupported_model"

    def __init__(self, path: str, problems: Sequence[StageProblem], advice: str = "") -> None:
        lines = "".join(f"\n  - {problem.within(path)}" for problem in problems)
        count = f"{len(problems)} stage" + ("s" if len(problems) != 1 else "")
        super().__init__(path, f"{count} cannot be scored:{lines}" + (f"\n{advice}" if advice else ""))
        self.problems, self.advice = tuple(problems), advice

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), (self.path, self.problems, self.advice)


class VerificationError(ModelError):
    """Raised at the first score that differs from the one that Spark computed for an example row.

    `row` is the position of the row in the example, `column` the output column and `expected` Spark's value.
    Also raised for a file that differs from the saved one; `row` and `column` are then None.
    """

    code = "verification"

    def __init__(
        self,
        path: str,
        row: int | None,
        column: str | None,
        expected: object,
        actual: object,
        problem: str = "",
    ) -> None:
        difference = problem or f"Spark gave {shown(expected)}, sparklet gives {shown(actual)}"
        location = (
            "" if row is None else f"example row {row}" + (f", column {column!r}: " if column else ": ")
        )
        super().__init__(
            path, f"{location}{difference}", "the model or its example changed since it was saved"
        )
        self.row, self.column, self.expected, self.actual = row, column, expected, actual
        self._difference = difference

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), (self.path, self.row, self.column, self.expected, self.actual, self._difference)


# --- options and schema -------------------------------------------------------------------------


class OptionError(SparkletError, ValueError):
    """Raised for an invalid argument of `load` or of a scoring call."""

    code = "option"

    def __init__(self, option: str, value: object, problem: str, hint: str = "") -> None:
        super().__init__(f"{option}={shown(value)}: {problem}" + (f" ({hint})" if hint else ""))
        self.option, self.value, self.problem, self.hint = option, value, problem, hint

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), (self.option, self.value, self.problem, self.hint)


class PatternError(SparkletError, ValueError):
    """Raised for a regular expression that Java does not compile, or whose semantics are not supported."""

    code = "pattern"

    def __init__(self, pattern: str, problem: str) -> None:
        super().__init__(f"the pattern {shown(pattern)} has {problem}")
        self.pattern, self.problem = pattern, problem

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), (self.pattern, self.problem)


class MissingExtraError(SparkletError, ImportError):
    """Raised when an optional dependency is not installed; the message contains the `pip` command."""

    code = "missing_extra"

    def __init__(self, feature: str, extra: str) -> None:
        self.feature, self.extra, self.hint = feature, extra, f"pip install 'sparklet[{extra}]'"
        super().__init__(f"{feature} needs an extra: {self.hint}")

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), (self.feature, self.extra)


class EngineError(SparkletError, NotImplementedError):
    """Raised when an engine does not support a method of the model interface; the message says why."""

    code = "engine"

    def __init__(self, engine: str, feature: str, reason: str) -> None:
        super().__init__(f"engine={engine!r} has no {feature}: {reason}")
        self.engine, self.feature, self.reason = engine, feature, reason

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), (self.engine, self.feature, self.reason)


class SchemaError(SparkletError, ValueError):
    """Raised at load for columns whose types, names or sizes do not fit together."""

    code = "schema"

    def __init__(self, column: str, problem: str, stage: str | None = None) -> None:
        where = f"{stage}: " if stage else ""
        super().__init__(f"{where}column {column!r} {problem}")
        self.column, self.problem, self.stage = column, problem, stage

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), (self.column, self.problem, self.stage)


@record()
class Ask:
    """Describe an input column whose type changes the answer, and that nobody declared.

    `stage` needs the type for the `reason`; `guess` is the type that `load(undeclared="infer")` takes.
    """

    column: str
    guess: str
    stage: str
    reason: str


class UndeclaredTypeError(SchemaError):
    """Raised once for all input columns whose undeclared types change the answer; `asks` lists them.

    `schema` is the argument of `load` that declares them, with a guess for each column.
    """

    code = "undeclared_type"

    def __init__(self, asks: Sequence[Ask]) -> None:
        self.asks = tuple(asks)
        self.schema = {ask.column: ask.guess for ask in asks}
        self.hint = f"load(path, schema={self.schema!r})"
        more = len(asks) - _MOST_LISTED
        lines = [f"\n  - {ask.column!r}, for {ask.stage}: {ask.reason}" for ask in asks[:_MOST_LISTED]]
        lines += [f"\n  - and {more} more"] if more > 0 else []
        columns = "column" if len(asks) == 1 else f"{len(asks)} columns"
        SparkletError.__init__(
            self,
            f"the answer depends on types that are not declared, of {columns}:{''.join(lines)}\n"
            f"declare them, with the types of the training data (these are guesses):\n"
            f"  {self.hint}\n"
            "or take the guesses: load(path, undeclared='infer'); "
            "or score tables only, which carry types: load(path, undeclared='tables')",
        )
        self.column, self.problem, self.stage = asks[0].column, asks[0].reason, asks[0].stage

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), (self.asks,)


_MOST_LISTED = 20


class ColumnExistsError(SchemaError):
    """Raised when a stage would add a column that the row already has."""

    code = "column_exists"

    def __init__(self, column: str, problem: str = "already exists", stage: str | None = None) -> None:
        super().__init__(column, problem, stage)


# --- rows ---------------------------------------------------------------------------------------


class RowError(SparkletError):
    """Raised for a row that cannot be scored.

    `stage` (uid), `column` and `value` are set as they become known while the error propagates. `row`, which
    counts from 0, is set when several rows are scored.
    """

    code = "row"

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

    def locate(self, column: str, stage: str | None = None) -> None:
        """Set the column and the stage; a hint that contains `{...:` names the column there."""
        self.column, self.stage = column, stage or self.stage
        self.hint = self.hint.replace("{...:", f"{{{column!r}:")

    def __str__(self) -> str:
        where = [
            f"row {self.row}" if self.row is not None else "",
            f"stage {self.stage}" if self.stage else "",
            f"column {self.column!r}" if self.column else "",
        ]
        location = ", ".join(part for part in where if part)
        return (f"{location}: " if location else "") + self.problem + (f" ({self.hint})" if self.hint else "")

    def __reduce__(self) -> tuple[object, ...]:
        return _row_error, (type(self), self.problem, dict(self.__dict__))


def _row_error(cls: type[RowError], problem: str, facts: dict[str, object]) -> RowError:
    error = cls.__new__(cls, problem)
    error.args = (problem,)
    error.__dict__.update(facts)
    return error


class MissingColumnError(RowError, KeyError):
    """Raised for a row that lacks an input column."""

    code = "missing_column"

    def __init__(self, column: str, known: Iterable[str] = (), stage: str | None = None) -> None:
        super().__init__(
            "is absent from the row" + (_dotted(column, known) or did_you_mean(column, known)),
            column=column,
            stage=stage,
            hint="load(missing='null') takes absent columns as null",
        )


class AmbiguousColumnError(RowError, ValueError):
    """Raised for column names that differ only in case, because Spark resolves names case-insensitively."""

    code = "ambiguous_column"

    def __init__(self, column: str, names: Sequence[str]) -> None:
        listed = ", ".join(repr(name) for name in names)
        super().__init__(f"is ambiguous: {listed} differ in case only", column=column, value=tuple(names))


class ColumnTypeError(RowError, TypeError):
    """Raised for a value whose type the column does not accept."""

    code = "column_type"

    def __init__(self, value: object, type: str, *, column: str | None = None, hint: str = "") -> None:
        got = f"{shown(value)} ({value.__class__.__name__})"
        super().__init__(f"takes {type}, got {got}", value=value, column=column, hint=hint)
        self.type = type


class JsonError(RowError, ValueError):
    """Raised for text that is not JSON and for values that have no form in JSON."""

    code = "json"


class InvalidValueError(RowError, ValueError):
    """Raised for a value that Spark refuses too, for example an unseen label under handleInvalid='error'."""

    code = "invalid_value"

    def __init__(
        self, problem: str, value: object = None, *, hint: str = "", column: str | None = None
    ) -> None:
        super().__init__(problem, value=value, hint=hint, column=column)


class NullValueError(InvalidValueError):
    """Raised for a null in a place where Spark fails on null."""

    code = "null_value"

    def __init__(
        self, problem: str = "is null, which Spark refuses here", *, hint: str = "", column: str | None = None
    ) -> None:
        super().__init__(problem, None, hint=hint, column=column)


class VectorSizeError(InvalidValueError):
    """Raised for a vector whose size differs from the size that the stage was fitted on."""

    code = "vector_size"

    def __init__(self, size: int, expected: int, *, column: str | None = None) -> None:
        super().__init__(f"has {size} elements, expected {expected}", size, column=column)
        self.size, self.expected = size, expected
