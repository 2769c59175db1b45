"""`schema_of_json`.

Follows Spark's `catalyst/json/JsonInferSchema.scala` and `SchemaOfJson` of
`catalyst/expressions/jsonExpressions.scala` (3.5 and 4.2).
"""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

from sparklet.errors import InvalidValueError
from sparklet.profile import Profile
from sparklet.sql.functions import function
from sparklet.sql.json_options import RULES, Options
from sparklet.sql.json_tokens import JsonError, Tokens
from sparklet.sql.nodes import Refused
from sparklet.sql.typed import Typed, always
from sparklet.types import (
    BOOLEAN,
    DOUBLE,
    LONG,
    NULL,
    STRING,
    ArrayType,
    DataType,
    DecimalType,
    StructField,
    StructType,
    to_sql,
)

_KNOWN = (*RULES, "primitivesasstring", "prefersdecimal", "dropfieldifallnull")
_MOST_DIGITS = 38


@function("schema_of_json", takes="s[.]", gives="s")
def schema_of_json(profile: Profile, operand: Typed, options: Typed | None = None) -> Typed:
    """Return the type of a constant text of JSON, as DDL."""
    if not operand.constant or operand.type != STRING or operand.value is None:
        raise Refused("schema_of_json of a value that is no constant string")
    inference = _Inference(Options("schema_of_json", options, _KNOWN))
    text = operand.value
    try:
        type = inference.schema(text)
    except JsonError:

        def fail(_row: tuple[object, ...]) -> str:
            raise InvalidValueError(f"is no JSON: {text[:80]!r}", text)

        return Typed(STRING, fail)
    return always(to_sql(type, before_4=not profile.at_least("4.0")), STRING)


class _Inference:
    """Infer the types of values."""

    def __init__(self, options: Options) -> None:
        self._rules = options.rules()
        self._as_string = options.flag("primitivesasstring", default=False)
        self._decimals = options.flag("prefersdecimal", default=False)
        self._drops_nulls = options.flag("dropfieldifallnull", default=False)

    def schema(self, text: str) -> DataType:
        """Return the type of a text. Raises `JsonError`."""
        tokens = Tokens(text, self._rules)
        tokens.advance()
        type = self._infer(tokens)
        match type:
            case StructType():
                return self._canonical(type) or StructType()
            case ArrayType(StructType() as element):
                return ArrayType(self._canonical(element) or StructType())
        return self._canonical(type) or STRING

    def _infer(self, tokens: Tokens) -> DataType:
        kind = tokens.current
        if kind == "name":
            kind = tokens.advance()
        match kind:
            case None | "null":
                return NULL
            case "{":
                fields = []
                while tokens.advance() not in (None, "}"):
                    name = tokens.name or ""
                    fields.append(StructField(name, self._infer(tokens)))
                return StructType(tuple(sorted(fields, key=_order)))
            case "[":
                element: DataType = NULL
                while tokens.advance() not in (None, "]"):
                    element = _common(element, self._infer(tokens))
                return ArrayType(element)
            case "string":
                return self._of_text(tokens.text)
            case "int" | "float":
                return STRING if self._as_string else self._of_number(kind, tokens.text)
            case "true" | "false":
                return STRING if self._as_string else BOOLEAN
        raise JsonError(kind)

    def _of_text(self, text: str) -> DataType:
        if not text:
            return NULL
        if self._decimals:
            try:
                number = Decimal(text.replace(",", ""))
            except InvalidOperation:
                return STRING
            if number.is_finite():
                raise Refused("schema_of_json with the option prefersDecimal and a number in quotes")
        return STRING

    def _of_number(self, kind: str, text: str) -> DataType:
        whole = kind == "int"
        if whole and -(1 << 63) <= int(text) < 1 << 63:
            return LONG
        number = Decimal(text)
        if (not whole and not self._decimals) or not number.is_finite():
            return DOUBLE
        _, digits, exponent = number.as_tuple()
        scale = -int(exponent)
        precision = max(len(digits), scale)
        if precision > _MOST_DIGITS:
            return DOUBLE
        if scale < 0:
            raise Refused("schema_of_json with the option prefersDecimal and a number of negative scale")
        return DecimalType(precision, scale)

    def _canonical(self, type: DataType) -> DataType | None:
        """Return the type without empty structs and with strings for nulls, None where nothing is left."""
        match type:
            case ArrayType(element):
                found = self._canonical(element)
                return None if found is None else ArrayType(found)
            case StructType(fields):
                kept = [
                    StructField(each.name, found)
                    for each in fields
                    if each.name and (found := self._canonical(each.dataType)) is not None
                ]
                return StructType(tuple(kept)) if kept else None
        if type == NULL:
            return None if self._drops_nulls else STRING
        return type


def _order(field: StructField) -> bytes:
    """Return the key by which Java sorts names."""
    return field.name.encode("utf-16-be", "surrogatepass")


def _common(one: DataType, other: DataType) -> DataType:
    """Return the type of two elements of an array."""
    if other in (one, NULL):
        return one
    if one == NULL:
        return other
    match one, other:
        case (StructType(), StructType()):
            return StructType(tuple(_merged(list(one), list(other))))
        case (ArrayType(first), ArrayType(second)):
            return ArrayType(_common(first, second))
    types = {one, other}
    if types <= {LONG, DOUBLE} or (DOUBLE in types and any(isinstance(each, DecimalType) for each in types)):
        return DOUBLE
    decimals = [DecimalType(20, 0) if each == LONG else each for each in (one, other)]
    first, second = decimals
    if not (isinstance(first, DecimalType) and isinstance(second, DecimalType)):
        return STRING
    scale = max(first.scale, second.scale)
    whole = max(first.precision - first.scale, second.precision - second.scale)
    return DOUBLE if whole + scale > _MOST_DIGITS else DecimalType(whole + scale, scale)


def _merged(one: list[StructField], other: list[StructField]) -> list[StructField]:
    """Return the fields of two structs by their names."""
    fields: list[StructField] = []
    while one and other:
        if one[0].name == other[0].name:
            first, second = one.pop(0), other.pop(0)
            fields.append(StructField(first.name, _common(first.dataType, second.dataType)))
        else:
            fields.append((one if _order(one[0]) < _order(other[0]) else other).pop(0))
    return [*fields, *one, *other]
