"""Decode Universal Binary JSON as XGBoost writes it (`UBJReader` in `src/common/json.cc`, 3.2)."""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy

__all__ = ["decode_ubjson"]

_DEEPEST = 64
_NUMBERS = {
    b"i": ">i1",
    b"U": ">u1",
    b"C": ">i1",
    b"I": ">i2",
    b"l": ">i4",
    b"L": ">i8",
    b"d": ">f4",
    b"D": ">f8",
}
_FORMATS = {marker: struct.Struct(f">{letter}") for marker, letter in zip(_NUMBERS, "bBbhiqfd", strict=True)}
_CONSTANTS = {b"Z": None, b"T": True, b"F": False}


def decode_ubjson(data: bytes) -> Any:
    """Return the value that the bytes hold; an array with a type becomes an array of numpy.

    Raises ValueError for bytes that are no UBJSON, which names the offset.

    >>> decode_ubjson(b"{L" + bytes(7) + bytes([1]) + b"a[$U#L" + bytes(7) + bytes([2, 5, 6]) + b"}")
    {'a': array([5, 6], dtype=uint8)}
    """
    reader = _Reader(data)
    value = reader.value(0)
    if reader.offset != len(data):
        raise reader.error("bytes after the end")
    return value


class _Reader:
    def __init__(self, data: bytes) -> None:
        self._data = data
        self.offset = 0

    def error(self, problem: str) -> ValueError:
        return ValueError(f"{problem} at byte {self.offset}")

    def value(self, depth: int) -> Any:
        if depth > _DEEPEST:
            raise self.error(f"more than {_DEEPEST} levels")
        marker = self._take(1)
        if marker in _FORMATS:
            return self._number(marker)
        if marker in _CONSTANTS:
            return _CONSTANTS[marker]
        read: Callable[[int], Any] | None = {b"{": self._object, b"[": self._array}.get(marker)
        if read is not None:
            return read(depth + 1)
        if marker == b"S":
            return self._text()
        self.offset -= 1
        raise self.error(f"unknown marker {marker!r}")

    def _take(self, count: int) -> bytes:
        start = self.offset
        if not 0 <= count <= len(self._data) - start:
            raise self.error(f"{count} bytes where {len(self._data) - start} are left")
        self.offset = start + count
        return self._data[start : self.offset]

    def _peek(self) -> bytes:
        return self._data[self.offset : self.offset + 1]

    def _expect(self, marker: bytes) -> None:
        if self._peek() != marker:
            raise self.error(f"{self._peek()!r} instead of {marker!r}")
        self.offset += 1

    def _number(self, marker: bytes) -> Any:
        number = _FORMATS[marker]
        return number.unpack(self._take(number.size))[0]

    def _length(self) -> int:
        self._expect(b"L")
        return int(self._number(b"L"))

    def _text(self) -> str:
        try:
            return self._take(self._length()).decode()
        except UnicodeDecodeError:
            raise self.error("text that is not UTF-8 before") from None

    def _object(self, depth: int) -> dict[str, Any]:
        values = {}
        while self._peek() != b"}":
            key = self._text()
            values[key] = self.value(depth)
        self.offset += 1
        return values

    def _array(self, depth: int) -> Any:
        if self._peek() == b"$":
            return self._typed()
        if self._peek() == b"#":
            self.offset += 1
            count = self._length()
            # Each value takes at least one byte.
            if not 0 <= count <= len(self._data) - self.offset:
                raise self.error(f"an array of {count} values")
            return [self.value(depth) for _ in range(count)]
        values = []
        while self._peek() != b"]":
            values.append(self.value(depth))
        self.offset += 1
        return values

    def _typed(self) -> numpy.ndarray:
        import numpy

        self.offset += 1
        marker = self._take(1)
        if marker not in _NUMBERS:
            raise self.error(f"an array of the unknown type {marker!r} before")
        self._expect(b"#")
        dtype = numpy.dtype(_NUMBERS[marker])
        values = numpy.frombuffer(self._take(self._length() * dtype.itemsize), dtype)
        return values.astype(dtype.newbyteorder("="))
