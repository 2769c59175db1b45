# Types of the optional C module, which is built from the sources in this folder.
from collections.abc import Callable
from typing import Any, TypeAlias

OPCODES: str

class Linear: ...

class Trees:
    width: int
    scratch: int
    output: int

_Order: TypeAlias = tuple[int, bool, bool]

def program(
    names: tuple[str, ...],
    facts: Any,
    coercers: tuple[Callable[[Any], Any], ...],
    arrange: Callable[[Any], Any],
    fallback: Callable[[Any], Any],
    dropped: type[Exception],
    absent: Any,
    constants: tuple[Any, ...],
    tables: Any,
    code: Any,
    keys: tuple[str, ...],
    outputs: Any,
    sizes: tuple[int, int, int, int, int],
    /,
) -> Callable[[Any], Any]: ...
def block_program(
    code: Any,
    tables: Any,
    constants: tuple[Any, ...],
    widths: Any,
    dropped: type[Exception],
    sizes: tuple[int, int, int, int, int],
    /,
) -> Any: ...
def forest(*arrays: Any) -> Any: ...
def shap(*arguments: Any) -> tuple[float, ...]: ...
def trees(
    forest: Any,
    layout: tuple[Any, ...],
    output: str,
    order: _Order,
    table: Any,
    columns: int,
    zero: float,
    fallback: Callable[..., Any],
    /,
) -> Any: ...
def linear(
    weights: Any,
    actives: Any,
    size: int,
    order: _Order,
    fallback: Callable[..., Any],
    /,
) -> Any: ...
def product(weights: Any, order: _Order, chain: bool, fallback: Callable[..., Any], /) -> Any: ...
def factors(user_ids: Any, user_values: Any, item_ids: Any, item_values: Any, rank: int, /) -> Any: ...
def murmur3(text: str, legacy: bool, seed: int, /) -> int: ...
def count_terms(
    terms: Any, size: int, legacy: bool, binary: bool, seed: int, /
) -> tuple[tuple[int, ...], tuple[float, ...]] | None: ...
