"""Arithmetic and text as the JVM does them: each function named, cited and tested against a live JVM."""

from __future__ import annotations

from sparklet.jvm_math.blas import ORDERS, Order, axpy, dense_dot, dot, fma, gemm_column, gemv, nrm2, scal
from sparklet.jvm_math.functions import (
    acos,
    asin,
    cos,
    cosh,
    div,
    exp,
    expm1,
    log,
    log1p,
    log2,
    log10,
    pow,  # noqa: A004 - Java's name
    sin,
    sinh,
    sqrt,
    tan,
    tanh,
)
from sparklet.jvm_math.hashing import (
    hash_bytes,
    hash_int,
    hash_long,
    hash_term,
    java_string_hash,
    term_hasher,
)
from sparklet.jvm_math.lower import java_lower
from sparklet.jvm_math.random import JavaRandom, MersenneTwister
from sparklet.jvm_math.special import digamma, digammas, erf, gamma_draws, normal_cdf
from sparklet.jvm_math.text import (
    double_to_string,
    float_to_string,
    java_split_whitespace,
    to_string,
    utf16_length,
)

__all__ = [
    "ORDERS",
    "JavaRandom",
    "MersenneTwister",
    "Order",
    "acos",
    "asin",
    "axpy",
    "cos",
    "cosh",
    "dense_dot",
    "digamma",
    "digammas",
    "div",
    "dot",
    "double_to_string",
    "erf",
    "exp",
    "expm1",
    "float_to_string",
    "fma",
    "gamma_draws",
    "gemm_column",
    "gemv",
    "hash_bytes",
    "hash_int",
    "hash_long",
    "hash_term",
    "java_lower",
    "java_split_whitespace",
    "java_string_hash",
    "log",
    "log1p",
    "log2",
    "log10",
    "normal_cdf",
    "nrm2",
    "pow",
    "scal",
    "sin",
    "sinh",
    "sqrt",
    "tan",
    "tanh",
    "term_hasher",
    "to_string",
    "utf16_length",
]
