"""Vectors and matrices of rows and models; they hold plain tuples and compare equal to pyspark's.

Constructors do not check their arguments, because scoring builds a vector per row. `vector` checks and
converts values that come from callers.
"""

from __future__ import annotations

import operator
import struct
from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Literal, NoReturn, TypeAlias, cast

from sparklet.errors import ColumnTypeError, InvalidValueError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = [
    "DenseMatrix",
    "DenseVector",
    "Matrix",
    "Release",
    "SparseMatrix",
    "SparseVector",
    "Vector",
    "argmax",
    "as_list",
    "compressed",
    "sparse_is_smaller",
    "sparse_limit",
    "to_dense",
    "to_sparse",
    "vector",
]

Release: TypeAlias = Literal["3.5", "4.0", "4.1+"]
"""The Spark releases that score differently; each stands for all versions that compute the same scores."""

HASHED_NONZEROS = 128  # Vectors.MAX_HASH_NNZ
SHOWN_VALUES = 16


def _shown(value: float) -> str:
    # As pyspark's _format_float, which truncates the text: 1.23456e+20 becomes 1.2346.
    text = str(round(value, 4))
    point = text.find(".")
    return text if point < 0 else text[: point + 5]


def _bits(value: float) -> int:
    canonical = value if value == value else float("nan")
    bits: int = struct.unpack("<Q", struct.pack("<d", canonical))[0]
    return bits


def _refuse_change(self: object, name: str, _: object = None) -> NoReturn:
    raise AttributeError(f"{type(self).__name__} is frozen: cannot change {name!r}")


def _same(left: Sequence[float], right: Sequence[float]) -> bool:
    # tuple == tuple compares identity first, so a NaN object equals itself; in pyspark (numpy) it does not.
    return len(left) == len(right) and all(map(operator.eq, left, right))


def _hash_nonzeros(size: int, actives: Iterator[tuple[int, float]]) -> int:
    # As in pyspark, so that equal vectors of both libraries are the same dict key.
    result, seen = 31 + size, 0
    for index, value in actives:
        if value != 0.0:
            bits = _bits(value)
            result = 31 * (31 * result + index) + (bits ^ (bits >> 32))
            seen += 1
            if seen == HASHED_NONZEROS:
                break
    return hash(result)


class DenseVector:
    """A vector that stores every element; `values` is a tuple of floats and is not checked.

    Equal to a SparseVector and to pyspark's vectors with the same elements (`ours == theirs`; pyspark's
    own `theirs == ours` is always False). NaN differs from NaN and -0.0 equals 0.0, as in pyspark.

    >>> DenseVector((1.0, 0.0, 2.5))
    DenseVector([1.0, 0.0, 2.5])
    >>> DenseVector((1.0, 0.0)) == SparseVector(2, (0,), (1.0,))
    True
    """

    __slots__ = ("values",)
    values: tuple[float, ...]

    def __init__(self, values: tuple[float, ...]) -> None:
        _set_dense(self, values)

    __setattr__ = _refuse_change
    __delattr__ = _refuse_change

    @property
    def size(self) -> int:
        """Return the number of elements.

        >>> DenseVector((1.0, 2.0)).size
        2
        """
        return len(self.values)

    def toArray(self) -> NDArray[np.float64]:
        """Return a new float64 array of the elements.

        >>> DenseVector((1.0, 2.0)).toArray().tolist()
        [1.0, 2.0]
        """
        import numpy

        return numpy.array(self.values, dtype=numpy.float64)

    def __len__(self) -> int:
        return len(self.values)

    def __getitem__(self, index: int) -> float:
        return self.values[index]

    def __iter__(self) -> Iterator[float]:
        return iter(self.values)

    def __eq__(self, other: object) -> bool:
        if type(other) is DenseVector:
            return _same(self.values, other.values)
        vector = _adopted(other)
        return NotImplemented if vector is None else _equal_vectors(self, vector)

    def __hash__(self) -> int:
        return _hash_nonzeros(len(self.values), enumerate(self.values))

    def __reduce__(self) -> tuple[type[DenseVector], tuple[tuple[float, ...]]]:
        return DenseVector, (self.values,)

    def __repr__(self) -> str:
        return f"DenseVector([{', '.join(map(_shown, self.values))}])"

    def __str__(self) -> str:
        return f"[{','.join(map(str, self.values))}]"


class SparseVector:
    """A vector of `size` elements that stores only the active ones; the arguments are not checked.

    `indices` is a strictly increasing tuple of ints, `values` a tuple of as many floats; zeros are allowed.

    >>> SparseVector(4, (1, 3), (1.0, 5.5))
    SparseVector(4, {1: 1.0, 3: 5.5})
    >>> SparseVector(4, (1, 3), (1.0, 5.5))[-1]
    5.5
    """

    __slots__ = ("indices", "size", "values")
    size: int
    indices: tuple[int, ...]
    values: tuple[float, ...]

    def __init__(self, size: int, indices: tuple[int, ...], values: tuple[float, ...]) -> None:
        _set_size(self, size)
        _set_indices(self, indices)
        _set_values(self, values)

    __setattr__ = _refuse_change
    __delattr__ = _refuse_change

    def toArray(self) -> NDArray[np.float64]:
        """Return a new float64 array of all elements.

        >>> SparseVector(3, (1,), (2.0,)).toArray().tolist()
        [0.0, 2.0, 0.0]
        """
        import numpy

        return numpy.array(to_dense(self).values, dtype=numpy.float64)

    def __len__(self) -> int:
        return self.size

    def __getitem__(self, index: int) -> float:
        if not -self.size <= index < self.size:
            raise IndexError(f"index {index} is out of bounds for size {self.size}")
        index %= self.size
        return self.values[self.indices.index(index)] if index in self.indices else 0.0

    def __iter__(self) -> Iterator[float]:
        return iter(to_dense(self).values)

    def __eq__(self, other: object) -> bool:
        if type(other) is SparseVector:
            return (
                self.size == other.size and self.indices == other.indices and _same(self.values, other.values)
            )
        vector = _adopted(other)
        return NotImplemented if vector is None else _equal_vectors(self, vector)

    def __hash__(self) -> int:
        return _hash_nonzeros(self.size, zip(self.indices, self.values, strict=True))

    def __reduce__(self) -> tuple[type[SparseVector], tuple[int, tuple[int, ...], tuple[float, ...]]]:
        return SparseVector, (self.size, self.indices, self.values)

    def __repr__(self) -> str:
        entries = zip(self.indices, self.values, strict=True)
        return f"SparseVector({self.size}, {{{', '.join(f'{i}: {_shown(v)}' for i, v in entries)}}})"

    def __str__(self) -> str:
        return f"({self.size},[{','.join(map(str, self.indices))}],[{','.join(map(str, self.values))}])"


# The setters of the slots take half the time of object.__setattr__, and every row calls them.
_set_dense: Callable[[DenseVector, tuple[float, ...]], None] = DenseVector.__dict__["values"].__set__
_set_size: Callable[[SparseVector, int], None] = SparseVector.__dict__["size"].__set__
_set_indices: Callable[[SparseVector, tuple[int, ...]], None] = SparseVector.__dict__["indices"].__set__
_set_values: Callable[[SparseVector, tuple[float, ...]], None] = SparseVector.__dict__["values"].__set__

Vector: TypeAlias = DenseVector | SparseVector


def _nonzeros(data: Vector) -> list[tuple[int, float]]:
    actives = (
        enumerate(data.values)
        if isinstance(data, DenseVector)
        else zip(data.indices, data.values, strict=True)
    )
    return [(index, value) for index, value in actives if value != 0.0]


def _adopted(other: object) -> Vector | None:
    """Return a sparklet vector unchanged, a pyspark vector (known by class name) converted, else None."""
    if isinstance(other, DenseVector | SparseVector):
        return other
    name = type(other).__name__
    if name == "DenseVector" and hasattr(other, "toArray"):
        return DenseVector(tuple(other.toArray().tolist()))
    if name == "SparseVector" and hasattr(other, "indices") and hasattr(other, "values"):
        indices = tuple(int(index) for index in other.indices)
        return SparseVector(len(other), indices, tuple(float(value) for value in other.values))  # type: ignore[arg-type]
    return None


def _equal_vectors(left: Vector, right: Vector) -> bool:
    if isinstance(left, DenseVector) and isinstance(right, DenseVector):
        return _same(left.values, right.values)
    if isinstance(left, SparseVector) and isinstance(right, SparseVector):
        return left.size == right.size and left.indices == right.indices and _same(left.values, right.values)
    mine, theirs = _nonzeros(left), _nonzeros(right)
    return len(left) == len(right) and len(mine) == len(theirs) and all(map(_same, mine, theirs))


def vector(value: object) -> Vector:
    """Return a checked vector made from a sparklet or pyspark vector, or a sequence or array of numbers.

    Raises ColumnTypeError for any other value, InvalidValueError for a SparseVector with inconsistent parts.

    >>> vector([1, 2.5])
    DenseVector([1.0, 2.5])
    >>> vector(SparseVector(2, (2,), (1.0,)))
    Traceback (most recent call last):
    sparklet.errors.InvalidValueError: sparse vector of size 2 has index 2
    """
    known = _adopted(value)
    if known is None:
        elements = value.tolist() if hasattr(value, "tolist") else value
        if not isinstance(elements, Sequence) or isinstance(elements, str | bytes | bytearray):
            raise ColumnTypeError(value, "a vector")
        known = DenseVector(tuple(elements))
    if any(type(element) is not float for element in known.values):
        floats = tuple(_number(element, value) for element in known.values)
        known = (
            DenseVector(floats)
            if isinstance(known, DenseVector)
            else SparseVector(known.size, known.indices, floats)
        )
    if isinstance(known, SparseVector):
        _check_sparse(known)
    return known


def _number(element: object, value: object) -> float:
    plain = element.item() if hasattr(element, "item") else element  # numpy's scalars
    if not isinstance(plain, int | float) or isinstance(plain, bool):
        raise ColumnTypeError(value, "a vector of numbers")
    try:
        return float(plain)
    except OverflowError:
        raise InvalidValueError("has an element beyond the range of double", value) from None


def _check_sparse(data: SparseVector) -> None:
    if len(data.indices) != len(data.values):
        raise InvalidValueError(
            f"sparse vector has {len(data.indices)} indices and {len(data.values)} values", data.indices
        )
    previous = -1
    for index in data.indices:
        if index <= previous:
            raise InvalidValueError(
                f"sparse vector has index {index} after {previous}: not increasing", data.indices
            )
        previous = index
    if previous >= data.size:
        raise InvalidValueError(f"sparse vector of size {data.size} has index {previous}", data.indices)


# A few bytes of a row can claim two thousand million elements, which Spark has no memory for either.
_MOST_DENSE = 1 << 24


def as_list(value: Any) -> Any:
    """Return the elements of a vector or matrix as a list, any other value unchanged.

    >>> as_list(SparseVector(3, (1,), (2.0,))), as_list("a")
    ([0.0, 2.0, 0.0], 'a')
    """
    return value.toArray().tolist() if hasattr(value, "toArray") else value


def to_dense(data: Vector) -> DenseVector:
    """Return the vector as a DenseVector; a DenseVector is returned as it is.

    Raises `InvalidValueError` for a sparse vector of more than 16,777,216 elements.

    >>> to_dense(SparseVector(3, (1,), (2.0,)))
    DenseVector([0.0, 2.0, 0.0])
    """
    if isinstance(data, DenseVector):
        return data
    if data.size > _MOST_DENSE:
        raise InvalidValueError(f"sparse vector has {data.size} elements, which do not become dense", data)
    values = [0.0] * data.size
    for index, value in zip(data.indices, data.values, strict=True):
        values[index] = value
    return DenseVector(tuple(values))


def to_sparse(data: Vector) -> SparseVector:
    """Return the vector as a SparseVector without 0.0 and -0.0; NaN is kept. This is Spark's `toSparse`.

    >>> to_sparse(DenseVector((0.0, 3.0, -0.0)))
    SparseVector(3, {1: 3.0})
    """
    nonzeros = _nonzeros(data)
    if isinstance(data, SparseVector) and len(nonzeros) == len(data.values):
        return data
    return SparseVector(
        len(data), tuple(index for index, _ in nonzeros), tuple(value for _, value in nonzeros)
    )


def compressed(data: Vector, release: Release) -> Vector:
    """Return the vector as Spark's `Vector.compressed` does: sparse when that takes less memory, else dense.

    Spark 4.1 (SPARK-51340) counts bytes differently, so `release` of the profile decides. Follows Spark's
    `ml/linalg/Vectors.scala` (3.5 and 4.2).

    >>> data = DenseVector((1.0, 2.0, 0.0, 0.0, 0.0))
    >>> compressed(data, "4.0"), compressed(data, "4.1+")
    (SparseVector(5, {0: 1.0, 1: 2.0}), DenseVector([1.0, 2.0, 0.0, 0.0, 0.0]))
    """
    values = data.values
    # NaN counts as a non-zero; -0.0 does not.
    nonzeros = len(values) - values.count(0.0)
    size = len(data)
    return to_sparse(data) if sparse_is_smaller(nonzeros, size, release) else to_dense(data)


def sparse_is_smaller(nonzeros: int, size: int, release: Release) -> bool:
    """Return whether `compressed` returns a sparse vector for `size` elements with `nonzeros` non-zeros.

    >>> sparse_is_smaller(2, 5, "4.0"), sparse_is_smaller(2, 5, "4.1+")
    (True, False)
    """
    return 12 * nonzeros + 28 < 8 * size + 12 if release == "4.1+" else 1.5 * (nonzeros + 1.0) < size


def sparse_limit(size: int, release: Release) -> int:
    """Return the largest number of non-zeros for which `sparse_is_smaller`, -1 when there is none.

    >>> sparse_limit(160, "3.5")
    105
    """
    return bisect_left(range(size + 1), True, key=lambda n: not sparse_is_smaller(n, size, release)) - 1


def argmax(data: Vector) -> int:
    """Return the index of the first maximum, -1 for an empty vector.

    As in Spark, a NaN in the first element is the maximum and a later NaN never is; in a sparse vector the
    first inactive element wins over a negative maximum. Follows Spark's `ml/linalg/Vectors.scala` (4.2).

    >>> argmax(DenseVector((1.0, 3.0, 3.0))), argmax(SparseVector(3, (0, 2), (-1.0, -2.0)))
    (1, 1)
    """
    values = data.values
    if len(data) == 0:
        return -1
    if not values:
        return 0
    best, largest = 0, values[0]
    for position, value in enumerate(values):
        if value > largest:
            best, largest = position, value
    if isinstance(data, DenseVector):
        return best
    indices = data.indices
    index = indices[best]
    if largest > 0.0 or largest != largest or len(indices) == data.size:
        return index
    if largest == 0.0 and best == index:
        return index  # all elements before it are active, so no inactive zero comes first
    return next((k for k, active in enumerate(indices) if active != k), len(indices))


# --- matrices -------------------------------------------------------------------------------------


def _shortened(items: Sequence[object]) -> str:
    if len(items) <= SHOWN_VALUES:
        return ", ".join(map(str, items))
    return ", ".join([*map(str, items[:8]), "...", *map(str, items[-8:])])


def _check_indices(numRows: int, numCols: int, i: int, j: int) -> None:
    if not 0 <= i < numRows:
        raise IndexError(f"row index {i} is out of range [0, {numRows})")
    if not 0 <= j < numCols:
        raise IndexError(f"column index {j} is out of range [0, {numCols})")


def _is_matrix(other: object) -> bool:
    return type(other).__name__ in {"DenseMatrix", "SparseMatrix"} and hasattr(other, "toArray")


def _equal_matrices(left: Matrix, right: Matrix) -> bool:
    if left.numRows != right.numRows or left.numCols != right.numCols:
        return False
    return bool((left.toArray() == right.toArray()).all())


def _hash_matrix(matrix: Matrix) -> int:
    # Adding 0.0 turns -0.0 into 0.0, which equals it; equal matrices may differ in layout.
    return hash(
        (
            matrix.numRows,
            matrix.numCols,
            tuple(tuple(value + 0.0 for value in row) for row in matrix.rows()),
        )
    )


class DenseMatrix:
    """A matrix that stores every element, by columns, or by rows when `isTransposed`.

    Equal to a SparseMatrix and to pyspark's matrices with the same elements. The arguments are not checked.

    >>> DenseMatrix(2, 2, (0.0, 1.0, 2.0, 3.0)).rows()
    [(0.0, 2.0), (1.0, 3.0)]
    >>> DenseMatrix(2, 2, (0.0, 1.0, 2.0, 3.0), True)[0, 1]
    1.0
    """

    __slots__ = ("isTransposed", "numCols", "numRows", "values")
    numRows: int
    numCols: int
    values: tuple[float, ...]
    isTransposed: bool

    def __init__(
        self, numRows: int, numCols: int, values: tuple[float, ...], isTransposed: bool = False
    ) -> None:
        set_field = object.__setattr__
        set_field(self, "numRows", numRows)
        set_field(self, "numCols", numCols)
        set_field(self, "values", values)
        set_field(self, "isTransposed", isTransposed)

    __setattr__ = _refuse_change
    __delattr__ = _refuse_change

    def rows(self) -> list[tuple[float, ...]]:
        """Return the rows, each a tuple of `numCols` floats.

        >>> DenseMatrix(1, 2, (5.0, 6.0)).rows()
        [(5.0, 6.0)]
        """
        values, numRows, numCols = self.values, self.numRows, self.numCols
        if self.isTransposed:
            return [values[i * numCols : (i + 1) * numCols] for i in range(numRows)]
        return [values[i::numRows] for i in range(numRows)]

    def toArray(self) -> NDArray[np.float64]:
        """Return a new float64 array of shape (numRows, numCols).

        >>> DenseMatrix(1, 2, (5.0, 6.0)).toArray().tolist()
        [[5.0, 6.0]]
        """
        import numpy

        order: Literal["C", "F"] = "C" if self.isTransposed else "F"
        values = numpy.array(self.values, dtype=numpy.float64)
        return values.reshape((self.numRows, self.numCols), order=order)

    def __getitem__(self, indices: tuple[int, int]) -> float:
        i, j = indices
        _check_indices(self.numRows, self.numCols, i, j)
        return self.values[i * self.numCols + j if self.isTransposed else i + j * self.numRows]

    def __eq__(self, other: object) -> bool:
        return _equal_matrices(self, cast("Matrix", other)) if _is_matrix(other) else NotImplemented

    def __hash__(self) -> int:
        return _hash_matrix(self)

    def __reduce__(self) -> tuple[type[DenseMatrix], tuple[int, int, tuple[float, ...], bool]]:
        return DenseMatrix, (self.numRows, self.numCols, self.values, self.isTransposed)

    def __repr__(self) -> str:
        values = _shortened([_shown(value) for value in self.values])
        return f"DenseMatrix({self.numRows}, {self.numCols}, [{values}], {self.isTransposed})"


class SparseMatrix:
    """A matrix that stores the active elements by columns (CSC), or by rows (CSR) when `isTransposed`.

    `colPtrs` has one entry more than the matrix has columns (rows when transposed); `rowIndices` has an entry
    per value. The arguments are not checked.

    >>> SparseMatrix(2, 2, (0, 1, 2), (1, 0), (3.0, 4.0)).rows()
    [(0.0, 4.0), (3.0, 0.0)]
    >>> SparseMatrix(2, 2, (0, 1, 2), (1, 0), (3.0, 4.0), True)[0, 1]
    3.0
    """

    __slots__ = ("colPtrs", "isTransposed", "numCols", "numRows", "rowIndices", "values")
    numRows: int
    numCols: int
    colPtrs: tuple[int, ...]
    rowIndices: tuple[int, ...]
    values: tuple[float, ...]
    isTransposed: bool

    def __init__(
        self,
        numRows: int,
        numCols: int,
        colPtrs: tuple[int, ...],
        rowIndices: tuple[int, ...],
        values: tuple[float, ...],
        isTransposed: bool = False,
    ) -> None:
        set_field = object.__setattr__
        set_field(self, "numRows", numRows)
        set_field(self, "numCols", numCols)
        set_field(self, "colPtrs", colPtrs)
        set_field(self, "rowIndices", rowIndices)
        set_field(self, "values", values)
        set_field(self, "isTransposed", isTransposed)

    __setattr__ = _refuse_change
    __delattr__ = _refuse_change

    def lines(self) -> list[tuple[tuple[int, ...], tuple[float, ...]]]:
        """Return (indices, values) of each stored line: a column, or a row when `isTransposed`.

        >>> SparseMatrix(2, 2, (0, 1, 2), (1, 0), (3.0, 4.0)).lines()
        [((1,), (3.0,)), ((0,), (4.0,))]
        """
        bounds = zip(self.colPtrs, self.colPtrs[1:], strict=False)
        return [(self.rowIndices[start:end], self.values[start:end]) for start, end in bounds]

    def rows(self) -> list[tuple[float, ...]]:
        """Return the rows, each a tuple of `numCols` floats.

        >>> SparseMatrix(1, 2, (0, 0, 1), (0,), (6.0,)).rows()
        [(0.0, 6.0)]
        """
        full = [[0.0] * self.numCols for _ in range(self.numRows)]
        for line, (indices, values) in enumerate(self.lines()):
            for index, value in zip(indices, values, strict=True):
                if self.isTransposed:
                    full[line][index] = value
                else:
                    full[index][line] = value
        return [tuple(row) for row in full]

    def toArray(self) -> NDArray[np.float64]:
        """Return a new float64 array of shape (numRows, numCols).

        >>> SparseMatrix(1, 2, (0, 0, 1), (0,), (6.0,)).toArray().tolist()
        [[0.0, 6.0]]
        """
        import numpy

        return numpy.array(self.rows(), dtype=numpy.float64).reshape((self.numRows, self.numCols))

    def __getitem__(self, indices: tuple[int, int]) -> float:
        i, j = indices
        _check_indices(self.numRows, self.numCols, i, j)
        line, index = (i, j) if self.isTransposed else (j, i)
        start, end = self.colPtrs[line], self.colPtrs[line + 1]
        for position in range(start, end):
            if self.rowIndices[position] == index:
                return self.values[position]
        return 0.0

    def __eq__(self, other: object) -> bool:
        return _equal_matrices(self, cast("Matrix", other)) if _is_matrix(other) else NotImplemented

    def __hash__(self) -> int:
        return _hash_matrix(self)

    def __reduce__(
        self,
    ) -> tuple[
        type[SparseMatrix], tuple[int, int, tuple[int, ...], tuple[int, ...], tuple[float, ...], bool]
    ]:
        fields = (self.numRows, self.numCols, self.colPtrs, self.rowIndices, self.values, self.isTransposed)
        return SparseMatrix, fields

    def __repr__(self) -> str:
        pointers, indices = _shortened(self.colPtrs), _shortened(self.rowIndices)
        values = _shortened([_shown(value) for value in self.values])
        shape = f"{self.numRows}, {self.numCols}"
        return f"SparseMatrix({shape}, [{pointers}], [{indices}], [{values}], {self.isTransposed})"


Matrix: TypeAlias = DenseMatrix | SparseMatrix
