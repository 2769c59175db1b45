"""The functions that create structs.

Follows Spark's `catalyst/expressions/complexTypeCreator.scala` (4.3). The value of a struct is a dict with
all fields.
"""

from __future__ import annotations

from itertools import zip_longest
from typing import Any

from sparklet.profile import Profile
from sparklet.sql.functions import function, maps, refuse_types
from sparklet.sql.nodes import Refused
from sparklet.sql.typed import Typed
from sparklet.types import NULL, STRING, ArrayType, StructField, StructType


@function("named_struct", takes="s.*", gives=".")
def named_struct(_profile: Profile, *operands: Typed) -> Typed:
    """Return a struct of alternating names and values."""
    if not operands or len(operands) % 2:
        raise Refused(f"named_struct of {len(operands)} arguments, which must be names and values")
    parts: dict[str, Typed] = {}
    for name, value in zip(operands[::2], operands[1::2], strict=True):
        if name.type != STRING or not name.constant or name.value is None:
            raise Refused("named_struct with a name that is no constant string")
        if name.value in parts:
            raise Refused(f"a struct with two fields {name.value!r}")
        parts[name.value] = value
    runs = tuple((name, value.run) for name, value in parts.items())

    def created(row: tuple[Any, ...]) -> dict[str, Any]:
        return {name: run(row) for name, run in runs}

    type = StructType(tuple([StructField(name, value.type) for name, value in parts.items()]))
    constant = all(value.constant for value in parts.values())
    return Typed(type, created, constant, parts=parts)


@function("arrays_zip", takes=".*", gives="a")
def arrays_zip(_profile: Profile, *operands: Typed) -> Typed:
    """Return an array of structs with an element of each array; a name stands before each array."""
    if not operands:
        raise Refused("arrays_zip()")
    names, arrays = [str(name.value) for name in operands[::2]], operands[1::2]
    if len(set(names)) != len(names):
        raise Refused("a struct with two fields of one name")
    fields = []
    for name, array in zip(names, arrays, strict=True):
        if not isinstance(array.type, ArrayType) and array.type != NULL:
            raise refuse_types("arrays_zip", *arrays)
        fields.append(StructField(name, getattr(array.type, "elementType", NULL)))

    def zipped(*values: list[Any]) -> list[dict[str, Any]]:
        return [dict(zip(names, elements, strict=True)) for elements in zip_longest(*values)]

    return maps(zipped, arrays, ArrayType(StructType(tuple(fields))))
