"""What stages write generated code with: symbols for values to come, and the builder that takes the lines."""

from sparklet.emit.builder import Builder, Emit, Symbol, calls
from sparklet.emit.code import Source, compiled
from sparklet.emit.function import function_of
from sparklet.emit.symbols import (
    Number,
    OneHot,
    Part,
    Segment,
    Segments,
    Tuple,
    Value,
    dense,
    layout_of,
    size_of,
)

__all__ = [
    "Builder",
    "Emit",
    "Number",
    "OneHot",
    "Part",
    "Segment",
    "Segments",
    "Source",
    "Symbol",
    "Tuple",
    "Value",
    "calls",
    "compiled",
    "dense",
    "function_of",
    "layout_of",
    "size_of",
]
