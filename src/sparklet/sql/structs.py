"""The functions that create structs.

Follows Spark's `catalyst/expressions/complexTypeCreator.scala` (4.3). The value of a struct is a dict with
all fields.
"""

from __future__ import annotations

from typing import Any

from sparklet.profile import Profile
from sparklet.sql.functions import function
from sparklet.sql.nodes import Refused
from sparklet.sql.typed import Typed
from sparklet.types import STRING, StructField, StructType


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
