"""Maps: their values, and the functions that create them.

Follows Spark's `catalyst/expressions/{complexTypeCreator,collectionOperations,higherOrderFunctions}.scala`
and `catalyst/util/ArrayBasedMapBuilder.scala` (4.3). The value of a map is a dict, whose keys are never null.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from operator import itemgetter
from typing import Any, TypeAlias

from sparklet.errors import InvalidValueError
from sparklet.profile import Profile
from sparklet.sql.casts import cast
from sparklet.sql.comparing import compare
from sparklet.sql.conditions import truth
from sparklet.sql.functions import function, map1, map2, maps, refuse_types
from sparklet.sql.lambdas import Body
from sparklet.sql.lookups import map_of
from sparklet.sql.nodes import Refused
from sparklet.sql.strings import string
from sparklet.sql.typed import Typed
from sparklet.types import (
    BOOLEAN,
    NULL,
    STRING,
    ArrayType,
    DataType,
    MapType,
    StructField,
    StructType,
    is_floating,
)
from sparklet.types.coercion import is_comparable, wider_common_type

Pairs: TypeAlias = Iterable[tuple[Any, Any]]
Entries: TypeAlias = Callable[[Pairs], dict[Any, Any]]


def _created(key: DataType, profile: Profile) -> Entries:
    """Return what makes a map of pairs; a key that is null or there twice is an error."""
    normalises = is_floating(key) and profile.at_least("4.0")

    def create(pairs: Pairs) -> dict[Any, Any]:
        made: dict[Any, Any] = {}
        for one, value in pairs:
            if one is None:
                raise InvalidValueError("is a key of a map, which cannot be null", one)
            if one != one:
                raise InvalidValueError("is a key of a map, and NaN is supported as none", one)
            number = one + 0.0 if normalises else one
            if number in made:
                raise InvalidValueError("is a key that the map would have twice", one)
            made[number] = value
        return made

    return create


def _map_type(name: str, key: DataType, value: DataType) -> MapType:
    if not is_comparable(key):
        raise Refused(f"{name} with keys of type {key}")
    return MapType(key, value)


@function("map", takes=".*", gives=".")
def create_map(profile: Profile, *operands: Typed) -> Typed:
    """Return a map of alternating keys and values, each cast to one type."""
    if not operands or len(operands) % 2:
        raise Refused(f"map with {len(operands)} arguments")
    columns = []
    for each in (operands[::2], operands[1::2]):
        type = wider_common_type([operand.type for operand in each], profile)
        if type is None:
            raise refuse_types("map", *operands)
        columns.append((type, [cast(operand, type, profile) for operand in each]))
    (key, keys), (value, values) = columns
    entries, create = tuple(zip(keys, values, strict=True)), _created(key, profile)
    runs = [(one.run, other.run) for one, other in entries]
    constant = all(operand.constant for operand in operands)
    return Typed(
        _map_type("map", key, value),
        lambda row: create([(one(row), other(row)) for one, other in runs]),
        constant,
        entries=entries,
    )


@function("map_from_arrays", takes="aa", gives=".")
def map_from_arrays(profile: Profile, keys: Typed, values: Typed) -> Typed:
    """Return a map of an array of keys and an array of values of the same length."""
    if not isinstance(keys.type, ArrayType) or not isinstance(values.type, ArrayType):
        raise refuse_types("map_from_arrays", keys, values)
    type = _map_type("map_from_arrays", keys.type.elementType, values.type.elementType)
    create = _created(type.keyType, profile)

    def joined(one: list[Any], other: list[Any]) -> dict[Any, Any]:
        if len(one) != len(other):
            raise InvalidValueError(f"has {len(one)} keys for {len(other)} values", one)
        return create(zip(one, other, strict=True))

    return map2(joined, keys, values, type)


@function("map_from_entries", takes="a", gives=".")
def map_from_entries(profile: Profile, operand: Typed) -> Typed:
    """Return a map of an array of structs with a key and a value; null where a struct is null."""
    match operand.type:
        case ArrayType(StructType((StructField(key, one), StructField(value, other)))):
            type = _map_type("map_from_entries", one, other)
            create = _created(one, profile)
        case _:
            raise refuse_types("map_from_entries", operand)

    def joined(entries: list[Any]) -> dict[Any, Any] | None:
        if None in entries:
            return None
        return create([(entry[key], entry[value]) for entry in entries])

    return map1(joined, operand, type)


@function("map_keys", takes=".", gives="a")
def map_keys(_profile: Profile, operand: Typed) -> Typed:
    """Return the keys of a map."""
    return map1(list, operand, ArrayType(map_of("map_keys", operand).keyType))


@function("map_values", takes=".", gives="a")
def map_values(_profile: Profile, operand: Typed) -> Typed:
    """Return the values of a map."""
    return map1(
        lambda value: list(value.values()), operand, ArrayType(map_of("map_values", operand).valueType)
    )


@function("map_entries", takes=".", gives="a")
def map_entries(_profile: Profile, operand: Typed) -> Typed:
    """Return the keys and values of a map as structs."""
    type = map_of("map_entries", operand)
    fields = (StructField("key", type.keyType), StructField("value", type.valueType))
    return map1(
        lambda value: [{"key": key, "value": item} for key, item in value.items()],
        operand,
        ArrayType(StructType(fields)),
    )


@function("map_contains_key", takes="..", gives="b")
def map_contains_key(profile: Profile, operand: Typed, key: Typed) -> Typed:
    """Tell whether a map has a key, which is compared with its keys in their common type."""
    type = map_of("map_contains_key", operand).keyType
    common = wider_common_type([type, key.type], profile)
    if common is None or key.type == NULL or (STRING in (type, key.type) and type != key.type):
        raise refuse_types("map_contains_key", operand, key)
    equal, convert = compare("=", common), _cast(type, common, profile)
    return map2(
        lambda entries, wanted: any(equal(convert(each), wanted) for each in entries),
        operand,
        cast(key, common, profile),
        BOOLEAN,
    )


@function("map_concat", takes="=*", gives="=")
def map_concat(profile: Profile, *operands: Typed) -> Typed:
    """Return one map of the entries of several."""
    if not operands:
        raise Refused("map_concat without arguments")
    types = [map_of("map_concat", operand) for operand in operands]
    key = wider_common_type([type.keyType for type in types], profile)
    value = wider_common_type([type.valueType for type in types], profile)
    if key is None or value is None:
        raise refuse_types("map_concat", *operands)
    create = _created(key, profile)
    casts = [(_cast(type.keyType, key, profile), _cast(type.valueType, value, profile)) for type in types]

    def joined(*values: dict[Any, Any]) -> dict[Any, Any]:
        return create(
            [
                (cast_key(one), cast_value(other))
                for (cast_key, cast_value), entries in zip(casts, values, strict=True)
                for one, other in entries.items()
            ]
        )

    return maps(joined, operands, MapType(key, value))


def _cast(source: DataType, to: DataType, profile: Profile) -> Callable[[Any], Any]:
    """Return the cast of one value."""
    run = cast(Typed(source, itemgetter(0)), to, profile).run
    return lambda value: run((value,))


# --- lambda functions ------------------------------------------------------------------------------


def _of_entries(name: str, operand: Typed, body: Body) -> tuple[MapType, Typed]:
    """Return the type of a map and the body of a function of a key and a value."""
    type = map_of(name, operand)
    if getattr(body, "parameters", 0) != 2:
        raise Refused(f"{name} without a lambda function of a key and a value")
    return type, body(type.keyType, type.valueType)


@function("transform_keys", takes=".f", gives=".")
def transform_keys(profile: Profile, operand: Typed, body: Body) -> Typed:
    """Return the map with the results of a function of each entry as keys."""
    type, made = _of_entries("transform_keys", operand, body)
    get, run, create = operand.run, made.run, _created(made.type, profile)

    def transformed(row: tuple[Any, ...]) -> Any:
        entries = get(row)
        if entries is None:
            return None
        return create([(run((*row, key, value)), value) for key, value in entries.items()])

    return Typed(_map_type("transform_keys", made.type, type.valueType), transformed)


@function("transform_values", takes=".f", gives=".")
def transform_values(_profile: Profile, operand: Typed, body: Body) -> Typed:
    """Return the map with the results of a function of each entry as values."""
    type, made = _of_entries("transform_values", operand, body)
    get, run = operand.run, made.run

    def transformed(row: tuple[Any, ...]) -> Any:
        entries = get(row)
        return None if entries is None else {key: run((*row, key, value)) for key, value in entries.items()}

    return Typed(MapType(type.keyType, made.type), transformed)


@function("map_filter", takes=".f", gives=".")
def map_filter(_profile: Profile, operand: Typed, body: Body) -> Typed:
    """Return the entries for which a function is true."""
    type, made = _of_entries("map_filter", operand, body)
    get, keep = operand.run, truth("map_filter", made).run

    def kept(row: tuple[Any, ...]) -> Any:
        entries = get(row)
        return (
            None
            if entries is None
            else {key: value for key, value in entries.items() if keep((*row, key, value))}
        )

    return Typed(type, kept)


@function("map_zip_with", takes="..f", gives=".")
def map_zip_with(_profile: Profile, one: Typed, other: Typed, body: Body) -> Typed:
    """Return the map of the keys of two maps with the results of a function of key and both values."""
    left, right = map_of("map_zip_with", one), map_of("map_zip_with", other)
    if left.keyType != right.keyType or is_floating(left.keyType):
        raise refuse_types("map_zip_with", one, other)
    if getattr(body, "parameters", 0) != 3:
        raise Refused("map_zip_with without a lambda function of a key and two values")
    made = body(left.keyType, left.valueType, right.valueType)
    first, second, run = one.run, other.run, made.run

    def zipped(row: tuple[Any, ...]) -> Any:
        entries = first(row)
        others = None if entries is None else second(row)
        if others is None:
            return None
        keys = dict.fromkeys((*entries, *others))
        return {key: run((*row, key, entries.get(key), others.get(key))) for key in keys}

    return Typed(MapType(left.keyType, made.type), zipped)


@function("str_to_map", takes="s[ss]", gives=".")
def str_to_map(
    profile: Profile, operand: Typed, between: Typed | None = None, inside: Typed | None = None
) -> Typed:
    """Return the map of a text of pairs; the separators are one plain character each."""
    separators = []
    for separator, default in ((between, ","), (inside, ":")):
        text = default if separator is None else separator.value if separator.constant else None
        if not isinstance(text, str) or len(text) != 1 or text in r"\.[]{}()*+?^$|":
            raise Refused("str_to_map with a separator that is not one plain character")
        separators.append(text)
    outer, inner = separators
    create = _created(STRING, profile)

    def split(text: str) -> dict[Any, Any]:
        pairs = [part.partition(inner) for part in text.split(outer)]
        return create([(key, value if found else None) for key, found, value in pairs])

    return map1(split, string("str_to_map", operand, profile), MapType(STRING, STRING))
