"""An author's stage as two functions, on values and on Arrow arrays: whichever is written gives both."""

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
    """Run the arithmetic of one author's stage on typed columns.

    `inputs` are (name, type of the column, type that the author sees); both functions give the outputs in
    their order, each checked and coerced to its declared type. Sent to Spark's Python workers as it is.
    """

    author: Any
    inputs: tuple[tuple[str, DataType, DataType], ...]
    outputs: tuple[Column, ...]

    def __post_init__(self) -> None:
        if not _writes(self.author, "scoreInstance") and not _writes(self.author, "scoreBatch"):
            raise OptionError("scoreInstance", type(self.author).__name__, "write it, or scoreBatch")

    def on_values(self) -> Callable[..., tuple[Any, ...]]:
        """Return the function from the values of one row, null being None."""
        casts = [_cast(found, seen) for _, found, seen in self.inputs]
        convert = [(place, cast) for place, cast in enumerate(casts) if cast is not None]
        one = self._by_rows() if _writes(self.author, "scoreInstance") else self._by_batch_of_one()
        if not convert:
            return one

        def converted(*values: Any) -> tuple[Any, ...]:
            given = list(values)
            for place, cast in convert:
                if given[place] is not None:
                    given[place] = cast(given[place])
            return one(*given)

        return converted

    def on_arrays(self) -> Callable[[Sequence[pa.Array]], list[pa.Array]]:
        """Return the function from the columns of many rows, which have the types that the author sees."""
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
            given = _guarded(score, dict(zip(names, values, strict=True)))
            made: list[Any] = []
            try:
                if len(given) != count:
                    raise _odd(given, self.outputs)
                for name, coerce in wanted:
                    made.append(coerce(given[name]))
            except RowError as error:
                error.column = error.column or wanted[len(made)][0]
                error.hint = error.hint or "scoreInstance returned it"
                raise
            except (KeyError, TypeError, AttributeError):
                raise _odd(given, self.outputs) from None
            return tuple(made)

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
                # Nothing tells the types of what a function makes of no rows.
                return [encode([], column.type) for column in self.outputs]
            given = _guarded(score, _frame(rows) if pandas else rows)
            if isinstance(given, pa.RecordBatch | pa.Table):
                given = {name: given.column(name) for name in given.schema.names}
            try:
                found = [given[column.name] for column in self.outputs]
                if len(given.keys()) != len(found):
                    raise _odd(given, self.outputs)
            except (KeyError, TypeError, AttributeError, IndexError):
                raise _odd(given, self.outputs) from None
            return [
                to_array(value, column, len(rows)) for value, column in zip(found, self.outputs, strict=True)
            ]

        return many


def _writes(author: Any, method: str) -> bool:
    """Tell whether the author wrote the method, rather than inherited the one that only says so."""
    return not getattr(getattr(type(author), method), "unwritten", False)


def _guarded(score: Callable[[Any], Any], rows: Any) -> Any:
    try:
        return score(rows)
    except SparkletError:
        raise
    except Exception as error:
        text = f"{score.__name__} raised {type(error).__name__}: {error}"
        raise InvalidValueError(text, rows if isinstance(rows, dict) else None) from error


def _odd(given: Any, outputs: Sequence[Column]) -> InvalidValueError:
    names = [column.name for column in outputs]
    found = f"keys {sorted(map(str, given))}" if isinstance(given, Mapping) else shown(given)
    return InvalidValueError(f"gave {found} where it declares the outputs {names}", given)


def _cast(found: DataType, seen: DataType) -> Callable[[Any], Any] | None:
    """Return what turns a value of one type into the wider one that was declared."""
    if found == seen or not is_numeric(seen):
        return None
    if is_floating(seen):
        return float
    return int


def _plain_type(type: DataType) -> pa.DataType:
    return pa.timestamp("us") if type == TIMESTAMP else arrow_type(type)


def _without_zone(array: pa.Array, kind: pa.DataType) -> pa.Array:
    """Give the author the same Arrow types on both paths: times without zone, strings with short offsets."""
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
