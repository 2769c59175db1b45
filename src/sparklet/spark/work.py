"""Run a user-written stage on values or on Arrow arrays, whichever of the two functions it defines."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from sparklet.columns import Column, coercer
from sparklet.errors import InvalidValueError, OptionError, RowError, SparkletError, shown
from sparklet.saved.arrow import decode_nullable
from sparklet.spark.arrow import arrow_type, encode, to_array
from sparklet.types import TIMESTAMP, DataType, is_floating, is_numeric

__all__ = ["Work"]


@dataclass(frozen=True)
class Work:
    """Run a user-written stage on typed columns.

    `inputs` are (name, type of the column, type that the stage receives). Both functions return the outputs
    in order, each checked and coerced to its declared type. Spark pickles the object for its Python workers.
    """

    author: Any
    inputs: tuple[tuple[str, DataType, DataType], ...]
    outputs: tuple[Column, ...]

    def __post_init__(self) -> None:
        if not _writes(self.author, "scoreInstance") and not _writes(self.author, "scoreBatch"):
            raise OptionError("scoreInstance", type(self.author).__name__, "define it, or scoreBatch")

    def on_values(self) -> Callable[..., tuple[Any, ...]]:
        """Return the function from the input values of one row to the outputs; null is None."""
        casts = [_cast(own, seen) for _, own, seen in self.inputs]
        convert = [(index, cast) for index, cast in enumerate(casts) if cast is not None]
        one = self._by_rows() if _writes(self.author, "scoreInstance") else self._by_batch_of_one()
        if not convert:
            return one

        def converted(*values: Any) -> tuple[Any, ...]:
            inputs = list(values)
            for index, cast in convert:
                if inputs[index] is not None:
                    inputs[index] = cast(inputs[index])
            return one(*inputs)

        return converted

    def on_arrays(self) -> Callable[[Sequence[pa.Array]], list[pa.Array]]:
        """Return the function from input columns, in the types that the stage receives, to output columns."""
        if _writes(self.author, "scoreBatch"):
            return self._by_batch()
        one = self._by_rows()

        def each(arrays: Sequence[pa.Array]) -> list[pa.Array]:
            rows = [one(*values) for values in zip(*map(decode_nullable, arrays), strict=True)]
            columns = list(zip(*rows, strict=True)) if rows else [()] * len(self.outputs)
            return [encode(values, column.type) for values, column in zip(columns, self.outputs, strict=True)]

        return each

    def _by_rows(self) -> Callable[..., tuple[Any, ...]]:
        score, names = self.author.scoreInstance, [name for name, _, _ in self.inputs]
        wanted = [(column.name, coercer(column)) for column in self.outputs]
        count = len(wanted)

        def one(*values: Any) -> tuple[Any, ...]:
            returned = _guarded(score, dict(zip(names, values, strict=True)))
            outputs: list[Any] = []
            try:
                if len(returned) != count:
                    raise _undeclared(returned, self.outputs)
                for name, coerce in wanted:
                    outputs.append(coerce(returned[name]))
            except RowError as error:
                error.column = error.column or wanted[len(outputs)][0]
                error.hint = error.hint or "scoreInstance returned it"
                raise
            except (KeyError, TypeError, AttributeError):
                raise _undeclared(returned, self.outputs) from None
            return tuple(outputs)

        return one

    def _by_batch_of_one(self) -> Callable[..., tuple[Any, ...]]:
        batch, kinds = self._by_batch(), [seen for _, _, seen in self.inputs]

        def one(*values: Any) -> tuple[Any, ...]:
            arrays = [encode([value], kind) for value, kind in zip(values, kinds, strict=True)]
            return tuple(decode_nullable(array)[0] for array in batch(arrays))

        return one

    def _by_batch(self) -> Callable[[Sequence[pa.Array]], list[pa.Array]]:
        score, names = self.author.scoreBatch, [name for name, _, _ in self.inputs]
        pandas = self.author.batchFormat == "pandas"
        types = [_plain_type(seen) for _, _, seen in self.inputs]

        def many(arrays: Sequence[pa.Array]) -> list[pa.Array]:
            plain = [_without_zone(array, kind) for array, kind in zip(arrays, types, strict=True)]
            rows = pa.RecordBatch.from_arrays(plain, names=names)
            if not len(rows):
                # For an empty batch the types of the function's results say nothing.
                return [encode([], column.type) for column in self.outputs]
            returned = _guarded(score, _frame(rows) if pandas else rows)
            if isinstance(returned, pa.RecordBatch | pa.Table):
                returned = {name: returned.column(name) for name in returned.schema.names}
            try:
                columns = [returned[column.name] for column in self.outputs]
                if len(returned.keys()) != len(columns):
                    raise _undeclared(returned, self.outputs)
            except (KeyError, TypeError, AttributeError, IndexError):
                raise _undeclared(returned, self.outputs) from None
            return [
                to_array(values, column, len(rows))
                for values, column in zip(columns, self.outputs, strict=True)
            ]

        return many


def _writes(author: Any, method: str) -> bool:
    """Return whether the stage defines the method instead of inheriting the placeholder."""
    return not getattr(getattr(type(author), method), "unwritten", False)


def _guarded(score: Callable[[Any], Any], rows: Any) -> Any:
    try:
        return score(rows)
    except SparkletError:
        raise
    except Exception as error:
        text = f"{score.__name__} raised {type(error).__name__}: {error}"
        raise InvalidValueError(text, rows if isinstance(rows, dict) else None) from error


def _undeclared(returned: Any, outputs: Sequence[Column]) -> InvalidValueError:
    names = [column.name for column in outputs]
    text = f"keys {sorted(map(str, returned))}" if isinstance(returned, Mapping) else shown(returned)
    return InvalidValueError(f"returned {text}, but declares the outputs {names}", returned)


def _cast(own: DataType, seen: DataType) -> Callable[[Any], Any] | None:
    """Return the function that converts a number to the wider type that was declared, None if not needed."""
    if own == seen or not is_numeric(seen):
        return None
    if is_floating(seen):
        return float
    return int


def _plain_type(type: DataType) -> pa.DataType:
    return pa.timestamp("us") if type == TIMESTAMP else arrow_type(type)


def _without_zone(array: pa.Array, kind: pa.DataType) -> pa.Array:
    """Return an array in the same Arrow type for rows and DataFrames: times without zone, 32-bit offsets."""
    if array.type == kind or pa.types.is_struct(kind):
        return array
    if pa.types.is_timestamp(kind) and array.type.tz is not None:
        return pa.array(decode_nullable(array), kind)
    return array.cast(kind)


def _frame(rows: pa.RecordBatch) -> Any:
    frame = rows.to_pandas()
    for name, array in zip(rows.schema.names, rows.columns, strict=True):
        if pa.types.is_struct(array.type):
            frame[name] = decode_nullable(array)
    return frame
