"""Read objects that the JVM serialized, as data: no class of the stream is looked up or run.

Follows the Java Object Serialization Specification, version 6 (chapter 6, the stream's grammar).
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping
from typing import Any

from sparklet.errors import CorruptModelError
from sparklet.records import record

__all__ = ["JavaObject", "read_java_object"]

_MAGIC = b"\xac\xed\x00\x05"
_FIRST_HANDLE = 0x7E0000
_DEEPEST = 50
# The flags of a class.
_WRITE_METHOD, _SERIALIZABLE, _EXTERNALIZABLE, _BLOCK_DATA = 1, 2, 4, 8
_PRIMITIVES = {
    letter: struct.Struct(f">{format}")
    for letter, format in zip("BCDFIJSZ", ("b", "H", "d", "f", "i", "q", "h", "?"), strict=True)
}


@record(eq=False)
class JavaObject:
    """An object of a stream: its class, and the values of its fields, those of its superclasses included.

    A field's value is a number, a bool, a str, a list (an array), None or a `JavaObject`. An enum's constant
    has the field `name`; a class has none.
    """

    className: str
    fields: Mapping[str, Any]


def read_java_object(path: str, data: bytes) -> Any:
    """Return the first object of a stream, see `JavaObject.fields` for its type.

    Raises `CorruptModelError` with `path` for bytes that are no such stream.

    >>> read_java_object("uid", bytes.fromhex("aced0005 74 0005") + b"model")
    'model'
    """
    if data[:4] != _MAGIC:
        raise CorruptModelError(path, "is no stream of serialized Java objects")
    try:
        return _Reader(data).content(0)
    except (ValueError, struct.error) as error:
        raise CorruptModelError(path, f"is no stream of serialized Java objects: {error}") from None


@record(eq=False)
class _Class:
    name: str
    flags: int
    fields: tuple[tuple[str, str], ...]
    parent: _Class | None


class _Reader:
    def __init__(self, data: bytes) -> None:
        self._data, self._offset = data, 4
        self._handles: list[Any] = []

    def _error(self, problem: str) -> ValueError:
        return ValueError(f"{problem} at byte {self._offset}")

    def _take(self, count: int) -> bytes:
        start = self._offset
        if not 0 <= count <= len(self._data) - start:
            raise self._error(f"{count} bytes where {len(self._data) - start} are left")
        self._offset = start + count
        return self._data[start : self._offset]

    def _number(self, letter: str) -> Any:
        form = _PRIMITIVES[letter]
        return form.unpack(self._take(form.size))[0]

    def _short(self) -> int:
        return int.from_bytes(self._take(2), "big")

    def _text(self, length: int) -> str:
        data = self._take(length)
        if not data.isascii():
            # Modified UTF-8: two bytes for NUL, and surrogates.
            text = data.replace(b"\xc0\x80", b"\0").decode("utf-8", "surrogatepass")
            return text.encode("utf-16", "surrogatepass").decode("utf-16")
        return data.decode("ascii")

    def _new(self, value: Any) -> Any:
        self._handles.append(value)
        return value

    def content(self, depth: int) -> Any:
        """Return the next object."""
        if depth > _DEEPEST:
            raise self._error(f"objects more than {_DEEPEST} levels deep")
        marker = self._take(1)
        read: Callable[[int], Any] | None = {
            b"\x70": lambda _: None,
            b"\x71": self._reference,
            b"\x72": self._class,
            b"\x73": self._object,
            b"\x74": lambda _: self._new(self._text(self._short())),
            b"\x75": self._array,
            b"\x76": self._class_object,
            b"\x7c": lambda _: self._new(self._text(int.from_bytes(self._take(8), "big"))),
            b"\x7e": self._enum,
        }.get(marker)
        if read is None:
            raise self._error(f"unknown content {marker.hex()} before")
        return read(depth + 1)

    def _reference(self, _depth: int) -> Any:
        index = int.from_bytes(self._take(4), "big") - _FIRST_HANDLE
        if not 0 <= index < len(self._handles):
            raise self._error("a reference to no object")
        return self._handles[index]

    def _class(self, depth: int) -> _Class:
        name = self._text(self._short())
        self._take(8)
        handle = len(self._handles)
        self._new(None)
        flags, fields = self._take(1)[0], []
        for _ in range(self._short()):
            letter, field = chr(self._take(1)[0]), self._text(self._short())
            if letter in "[L":
                self.content(depth)
            elif letter not in _PRIMITIVES:
                raise self._error(f"a field of the unknown type {letter!r}")
            fields.append((letter, field))
        self._annotation(depth)
        described = _Class(name, flags, tuple(fields), self._class_or_none(depth))
        self._handles[handle] = described
        return described

    def _class_or_none(self, depth: int) -> _Class | None:
        value = self.content(depth)
        if value is not None and not isinstance(value, _Class):
            raise self._error("no class")
        return value

    def _known_class(self, depth: int) -> _Class:
        described = self._class_or_none(depth)
        if described is None:
            raise self._error("no class")
        return described

    def _class_object(self, depth: int) -> JavaObject:
        described = self._class_or_none(depth)
        value = JavaObject(described.name if described else "", {})
        self._new(value)
        return value

    def _enum(self, depth: int) -> JavaObject:
        described = self._known_class(depth)
        handle = len(self._handles)
        self._new(None)
        value = JavaObject(described.name, {"name": self.content(depth)})
        self._handles[handle] = value
        return value

    def _object(self, depth: int) -> JavaObject:
        described = self._known_class(depth)
        fields: dict[str, Any] = {}
        value = JavaObject(described.name, fields)
        self._new(value)
        classes: list[_Class] = []
        parent: _Class | None = described
        while parent is not None:
            if len(classes) > _DEEPEST:
                raise self._error(f"a class with more than {_DEEPEST} superclasses")
            classes.append(parent)
            parent = parent.parent
        for each in reversed(classes):
            if each.flags & _SERIALIZABLE:
                for letter, name in each.fields:
                    fields[name] = self.content(depth) if letter in "[L" else self._number(letter)
                if each.flags & _WRITE_METHOD:
                    self._annotation(depth)
            elif each.flags & _EXTERNALIZABLE and each.flags & _BLOCK_DATA:
                self._annotation(depth)
            else:
                raise self._error(f"the class {each.name[:80]!r}, whose data has no known form,")
        return value

    def _array(self, depth: int) -> list[Any]:
        described = self._known_class(depth)
        values: list[Any] = self._new([])
        letter, count = described.name[1:2], int.from_bytes(self._take(4), "big")
        if letter in _PRIMITIVES:
            form = _PRIMITIVES[letter]
            values += [value for (value,) in form.iter_unpack(self._take(count * form.size))]
        else:
            if count > len(self._data) - self._offset:
                raise self._error(f"an array of {count} objects")
            values += [self.content(depth) for _ in range(count)]
        return values

    def _annotation(self, depth: int) -> None:
        """Skip what a class or an object wrote beside its fields."""
        while (marker := self._data[self._offset : self._offset + 1]) != b"\x78":
            if marker == b"\x77":
                self._take(1)
                self._take(self._take(1)[0])
            elif marker == b"\x7a":
                self._take(1)
                self._take(int.from_bytes(self._take(4), "big"))
            else:
                self.content(depth)
        self._take(1)
