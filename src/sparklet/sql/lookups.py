"""Parts of values: the fields of structs, and the values of maps at keys.

Follows Spark's `catalyst/expressions/complexTypeExtractors.scala` and `catalyst/optimizer/ComplexTypes.scala`
(4.3).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sparklet.columns import fold
from sparklet.profile import Profile
from sparklet.sql.casts import cast
from sparklet.sql.comparing import compare
from sparklet.sql.functions import function, map1, map2, refuse_types
from sparklet.sql.nodes import Refused
from sparklet.sql.typed import Typed
from sparklet.types import (
    DATE,
    NULL,
    STRING,
    TIMESTAMP,
    ArrayType,
    DataType,
    MapType,
    StructField,
    StructType,
    is_floating,
    is_numeric,
)
from sparklet.types.coercion import is_comparable

__all__ = ["field", "map_of", "value_at"]


def map_of(name: str, operand: Typed) -> MapType:
    """Return the type of a map; `Refused` for another type, and for keys that rows do not carry."""
    if not isinstance(operand.type, MapType):
        raise refuse_types(name, operand)
    return operand.type


def _field_of(type: StructType, name: str) -> StructField:
    """Return the field of that name, in any case; `Refused` where there is none, or more than one."""
    matches = [field for field in type if fold(field.name) == fold(name)]
    if len(matches) != 1:
        has = "more than one field" if matches else "no field"
        raise Refused(f"a struct with {has} {name!r} ({type})")
    return matches[0]


@function(".", takes=".s", gives=".")
def field(profile: Profile, operand: Typed, name: Typed) -> Typed:
    """Return a field of a struct, the fields of an array of structs, or the value of a map at a string."""
    match operand.type:
        case StructType():
            return _field(operand, name.value)
        case ArrayType(StructType() as element):
            found = _field_of(element, name.value)
            key = found.name
            return map1(
                lambda values: [None if value is None else value[key] for value in values],
                operand,
                ArrayType(found.dataType),
            )
        case MapType():
            return value_at(profile, operand, name)
    raise refuse_types(f"the field {name.value!r}", operand)


def _field(operand: Typed, name: str) -> Typed:
    found = _field_of(operand.type, name)  # type: ignore[arg-type]
    if operand.parts:
        # Spark's optimizer takes the expression of the field and computes none of the others.
        return operand.parts[found.name]
    key = found.name
    return map1(lambda value: value[key], operand, found.dataType)


def _implicit_key(name: str, type: MapType, key: Typed, profile: Profile, operand: Typed) -> Typed:
    """Return a key cast as the key type of a map, as far as Spark casts arguments of functions."""
    numbers = is_numeric(type.keyType) and is_numeric(key.type)
    texts = type.keyType == STRING and (is_numeric(key.type) or key.type in (DATE, TIMESTAMP))
    written = key.type == STRING and key.constant and is_numeric(type.keyType)
    if not (key.type in (NULL, type.keyType) or numbers or texts or written):
        raise refuse_types(name, operand, key)
    if not is_comparable(type.keyType):
        raise refuse_types(name, operand, key)
    return cast(key, type.keyType, profile)


def _finder(type: DataType) -> Callable[[dict[Any, Any], Any], Any]:
    """Return what finds the value at a key; a NaN is found by comparison, other keys by their hash."""
    if not is_floating(type):
        return lambda entries, key: entries.get(key)
    equal = compare("=", type)

    def find(entries: dict[Any, Any], key: Any) -> Any:
        return next((value for each, value in entries.items() if equal(each, key)), None)

    return find


def value_at(profile: Profile, operand: Typed, key: Typed, name: str = "[]") -> Typed:
    """Return the value of a map at a key, null where it has none."""
    type = map_of(name, operand)
    wanted = _implicit_key(name, type, key, profile, operand)
    if operand.entries and name == "[]":
        return _value_of(operand, wanted)
    return map2(_finder(type.keyType), operand, wanted, type.valueType)


def _value_of(operand: Typed, key: Typed) -> Typed:
    """Return the value at a key of a map that the statement creates.

    Spark's optimizer compares the keys in turn, computes no other value, and does not create the map.
    """
    type = map_of("[]", operand)
    equal, get = compare("=", type.keyType), key.run
    branches = tuple((each.run, value.run) for each, value in operand.entries)

    def found(row: tuple[Any, ...]) -> Any:
        wanted = get(row)
        for run, value in branches:
            each = run(row)
            if wanted is not None and each is not None and equal(each, wanted):
                return value(row)
        return None

    return Typed(type.valueType, found, operand.constant and key.constant)
