"""Arithmetic and text as the JVM does them: each function named, cited and tested against a live JVM."""

from __future__ import annotations

from sparklet.jvm_math.blas import (
    ORDERS,
    Order,
    axpy,
    dense_dot,
    dot,
    fma,
    gemm_column,
    gemv,
    nrm2,
    scal,
)

__all__ = [
    "ORDERS",
    "Order",
    "axpy",
    "dense_dot",
    "dot",
    "fma",
    "gemm_column",
    "gemv",
    "nrm2",
    "scal",
]
