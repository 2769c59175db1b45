"""Spark's data types as classes, with the names that Spark and PySpark use.

Follows Spark's `sql/api/src/main/scala/org/apache/spark/sql/types/` (4.2). Types without parameters are
singletons: `DoubleType() is DOUBLE`. Other types are equal when their parameters are equal.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, Self

from sparklet.errors import OptionError
from sparklet.records import record

__all__ = [
    "BINARY",
    "BOOLEAN",
    "BYTE",
    "DATE",
    "DOUBLE",
    "FLOAT",
    "INTEGER",
    "LONG",
    "MATRIX",
    "MAX_PRECISION",
    "NULL",
    "SHORT",
    "STRING",
    "TIMESTAMP",
    "TIMESTAMP_NTZ",
    "VECTOR",
    "ArrayType",
    "AtomicType",
    "BinaryType",
    "BooleanType",
    "ByteType",
    "CalendarIntervalType",
    "CharType",
    "DataType",
    "DateType",
    "DatetimeType",
    "DayTimeIntervalType",
    "DecimalType",
    "DoubleType",
    "FloatType",
    "FractionalType",
    "IntegerType",
    "IntegralType",
    "LongType",
    "MapType",
    "MatrixUDT",
    "NullType",
    "NumericType",
    "ShortType",
    "StringType",
    "StructField",
    "StructType",
    "TimeType",
    "TimestampNTZType",
    "TimestampType",
    "UserDefinedType",
    "VarcharType",
    "VariantType",
    "VectorUDT",
    "YearMonthIntervalType",
    "as_nullable",
    "is_floating",
    "is_numeric",
]

MAX_PRECISION = 38


class DataType:
    """The base class of all Spark types; `str` returns the same text as `simpleString`."""

    __slots__ = ()

    def simpleString(self) -> str:
        """Return the text of the type, as PySpark's `simpleString` does.

        >>> MapType(STRING, ArrayType(DOUBLE)).simpleString()
        'map<string,array<double>>'
        """
        raise NotImplementedError

    def __str__(self) -> str:
        return self.simpleString()


class _Singleton(DataType):
    """The base class of types without parameters."""

    __slots__ = ()
    _text: ClassVar[str]
    _only: ClassVar[Any]

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        cls._only = object.__new__(cls)

    def __new__(cls) -> Self:
        only: Self = cls._only
        return only

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), ()

    def simpleString(self) -> str:
        return self._text

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"


class AtomicType(DataType):
    """The base class of types whose values have no parts."""

    __slots__ = ()


class NumericType(AtomicType):
    """The base class of numbers, including decimals."""

    __slots__ = ()


class IntegralType(NumericType):
    """The base class of integers of `bits` bits; `digits` is the precision of their decimal type."""

    __slots__ = ()
    bits: ClassVar[int]
    digits: ClassVar[int]


class FractionalType(NumericType):
    """The base class of numbers with a fraction."""

    __slots__ = ()


class DatetimeType(AtomicType):
    """The base class of dates and timestamps."""

    __slots__ = ()


class NullType(_Singleton):
    """The type of an untyped NULL."""

    __slots__ = ()
    _text = "void"


class BooleanType(_Singleton, AtomicType):
    """True and false."""

    __slots__ = ()
    _text = "boolean"


class ByteType(_Singleton, IntegralType):
    """Integers of 8 bits."""

    __slots__ = ()
    _text, bits, digits = "tinyint", 8, 3


class ShortType(_Singleton, IntegralType):
    """Integers of 16 bits."""

    __slots__ = ()
    _text, bits, digits = "smallint", 16, 5


class IntegerType(_Singleton, IntegralType):
    """Integers of 32 bits."""

    __slots__ = ()
    _text, bits, digits = "int", 32, 10


class LongType(_Singleton, IntegralType):
    """Integers of 64 bits."""

    __slots__ = ()
    _text, bits, digits = "bigint", 64, 20


class FloatType(_Singleton, FractionalType):
    """Floating-point numbers of 32 bits."""

    __slots__ = ()
    _text = "float"


class DoubleType(_Singleton, FractionalType):
    """Floating-point numbers of 64 bits."""

    __slots__ = ()
    _text = "double"


class BinaryType(_Singleton, AtomicType):
    """Byte strings."""

    __slots__ = ()
    _text = "binary"


class DateType(_Singleton, DatetimeType):
    """Dates."""

    __slots__ = ()
    _text = "date"


class TimestampType(_Singleton, DatetimeType):
    """Instants, displayed in the session's time zone."""

    __slots__ = ()
    _text = "timestamp"


class TimestampNTZType(_Singleton, DatetimeType):
    """Dates with a time of day, without time zone."""

    __slots__ = ()
    _text = "timestamp_ntz"


class CalendarIntervalType(_Singleton):
    """Months, days and microseconds."""

    __slots__ = ()
    _text = "interval"


class VariantType(_Singleton, AtomicType):
    """Semi-structured values (Spark 4.0)."""

    __slots__ = ()
    _text = "variant"


@record()
class StringType(AtomicType):
    """Strings; `collation` is None for the default, which compares bytes (`UTF8_BINARY`)."""

    collation: str | None = None

    def simpleString(self) -> str:
        return "string" if self.collation is None else f"string collate {self.collation}"


@record()
class CharType(AtomicType):
    """Strings that are padded to `length` characters."""

    length: int

    def simpleString(self) -> str:
        return f"char({self.length})"


@record()
class VarcharType(AtomicType):
    """Strings of at most `length` characters."""

    length: int

    def simpleString(self) -> str:
        return f"varchar({self.length})"


@record()
class DecimalType(FractionalType):
    """Decimals of `precision` digits, `scale` of them after the point.

    Raises `OptionError` for more than 38 digits, or for a scale above the precision.

    >>> str(DecimalType(10, 2))
    'decimal(10,2)'
    """

    precision: int = 10
    scale: int = 0

    def __post_init__(self) -> None:
        if not 0 <= self.precision <= MAX_PRECISION or self.scale > self.precision:
            limits = "a precision of at most 38 digits, and a scale that is not above it"
            raise OptionError("type", str(self), limits)

    def simpleString(self) -> str:
        return f"decimal({self.precision},{self.scale})"


@record()
class TimeType(DatetimeType):
    """Times of day with `precision` fractional digits of the second (Spark 4.1)."""

    precision: int = 6

    def simpleString(self) -> str:
        return f"time({self.precision})"


@record()
class _IntervalType(AtomicType):
    start: str
    end: str

    def simpleString(self) -> str:
        return f"interval {self.start}" + (f" to {self.end}" if self.start != self.end else "")


class YearMonthIntervalType(_IntervalType):
    """Intervals from `start` to `end`, each "year" or "month"."""

    __slots__ = ()


class DayTimeIntervalType(_IntervalType):
    """Intervals from `start` to `end`, each "day", "hour", "minute" or "second"."""

    __slots__ = ()


@record()
class ArrayType(DataType):
    """Lists of values of one type.

    >>> str(ArrayType(STRING))
    'array<string>'
    """

    elementType: DataType
    containsNull: bool = True

    def simpleString(self) -> str:
        return f"array<{self.elementType}>"


@record()
class MapType(DataType):
    """Maps from keys of one type to values of one type."""

    keyType: DataType
    valueType: DataType
    valueContainsNull: bool = True

    def simpleString(self) -> str:
        return f"map<{self.keyType},{self.valueType}>"


_NO_METADATA: Mapping[str, Any] = {}


@record()
class StructField:
    """A field of a struct or a column of a schema; ML attributes are under `ml_attr` of its metadata."""

    name: str
    dataType: DataType
    nullable: bool = True
    metadata: Mapping[str, Any] = _NO_METADATA

    def __hash__(self) -> int:
        return hash((self.name, self.dataType, self.nullable))


@record()
class StructType(DataType):
    """Named fields: the type of a struct column, and the schema of a table.

    >>> str(StructType((StructField("city", STRING), StructField("age", INTEGER))))
    'struct<city:string,age:int>'
    """

    fields: tuple[StructField, ...] = ()

    def simpleString(self) -> str:
        return f"struct<{','.join([f'{each.name}:{each.dataType}' for each in self.fields])}>"

    def __iter__(self) -> Iterator[StructField]:
        return iter(self.fields)

    def __len__(self) -> int:
        return len(self.fields)


@record()
class UserDefinedType(DataType):
    """A type that is stored as `sqlType` and named by its class in Scala or in Python."""

    sqlType: DataType
    className: str | None = None
    pyClass: str | None = None
    serializedClass: str | None = None

    def simpleString(self) -> str:
        return "udt"


@record()
class VectorUDT(DataType):
    """Vectors of Spark ML; `size` is the declared number of elements, None when it is not declared.

    Spark has no size in the type, and its `simpleString` is `vector`: the size stands in the metadata of the
    column.

    >>> str(VectorUDT()), str(VectorUDT(3))
    ('vector', 'vector(3)')
    """

    size: int | None = None

    def simpleString(self) -> str:
        return "vector" if self.size is None else f"vector({self.size})"

    @property
    def sqlType(self) -> StructType:
        """Return the struct in which Spark stores a vector (`ml/linalg/VectorUDT.scala`)."""
        return _VECTOR_STRUCT


class MatrixUDT(_Singleton):
    """Matrices of Spark ML."""

    __slots__ = ()
    _text = "matrix"

    @property
    def sqlType(self) -> StructType:
        """Return the struct in which Spark stores a matrix (`ml/linalg/MatrixUDT.scala`)."""
        return _MATRIX_STRUCT


NULL = NullType()
BOOLEAN = BooleanType()
BYTE = ByteType()
SHORT = ShortType()
INTEGER = IntegerType()
LONG = LongType()
FLOAT = FloatType()
DOUBLE = DoubleType()
STRING = StringType()
BINARY = BinaryType()
DATE = DateType()
TIMESTAMP = TimestampType()
TIMESTAMP_NTZ = TimestampNTZType()
VECTOR = VectorUDT()
MATRIX = MatrixUDT()

_INTEGERS, _DOUBLES = ArrayType(INTEGER, containsNull=False), ArrayType(DOUBLE, containsNull=False)
_VECTOR_STRUCT = StructType(
    (
        StructField("type", BYTE, nullable=False),
        StructField("size", INTEGER),
        StructField("indices", _INTEGERS),
        StructField("values", _DOUBLES),
    )
)
_MATRIX_STRUCT = StructType(
    (
        StructField("type", BYTE, nullable=False),
        StructField("numRows", INTEGER, nullable=False),
        StructField("numCols", INTEGER, nullable=False),
        StructField("colPtrs", _INTEGERS),
        StructField("rowIndices", _INTEGERS),
        StructField("values", _DOUBLES),
        StructField("isTransposed", BOOLEAN, nullable=False),
    )
)


def is_numeric(type: DataType) -> bool:
    """Return whether values of the type are numbers, including decimals.

    >>> is_numeric(DecimalType(10, 2)), is_numeric(BOOLEAN)
    (True, False)
    """
    return isinstance(type, NumericType)


def is_floating(type: DataType) -> bool:
    """Return whether the type is float or double."""
    return type is FLOAT or type is DOUBLE


def as_nullable(type: DataType) -> DataType:
    """Return the type with nulls allowed in all its parts, as Spark's `asNullable` does.

    >>> as_nullable(ArrayType(STRING, containsNull=False))
    ArrayType(elementType=StringType(collation=None), containsNull=True)
    """
    match type:
        case ArrayType(element):
            return ArrayType(as_nullable(element))
        case MapType(key, value):
            return MapType(as_nullable(key), as_nullable(value))
        case StructType(fields):
            return StructType(
                tuple([StructField(f.name, as_nullable(f.dataType), metadata=f.metadata) for f in fields])
            )
    return type
