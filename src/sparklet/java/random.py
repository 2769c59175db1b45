"""Random number generators of the JVM: `java.util.Random` and commons-math's MersenneTwister."""

from __future__ import annotations

import math

from sparklet.java.functions import log

__all__ = ["JavaRandom", "MersenneTwister"]

MASK32, MASK48, MASK64 = (1 << 32) - 1, (1 << 48) - 1, (1 << 64) - 1
MULTIPLIER = 0x5DEECE66D


class JavaRandom:
    """Generate the numbers of `java.util.Random(seed)`.

    Integers and doubles are exact. A gaussian uses libm's log: equal to Java's within one unit in the last
    place, and the draws after it stay in step.

    >>> random = JavaRandom(42)
    >>> random.next_int(), random.next_int(10), random.next_double()
    (-1170105035, 3, 0.6832234717598454)
    """

    __slots__ = ("_gaussian", "_state")

    def __init__(self, seed: int) -> None:
        self._state = (seed ^ MULTIPLIER) & MASK48
        self._gaussian: float | None = None

    def _next(self, bits: int) -> int:
        self._state = self._state * MULTIPLIER + 0xB & MASK48
        return self._state >> (48 - bits)

    def next_int(self, bound: int | None = None) -> int:
        """Return a signed 32-bit int, or one in [0, bound) for a positive bound.

        >>> JavaRandom(0).next_int(100)
        60
        """
        if bound is None:
            bits = self._next(32)
            return bits - (1 << 32) if bits >> 31 else bits
        if bound & -bound == bound:
            return bound * self._next(31) >> 31
        while True:
            bits = self._next(31)
            value = bits % bound
            if bits - value + bound - 1 < 1 << 31:  # else the last, incomplete run of residues
                return value

    def next_long(self) -> int:
        """Return a signed 64-bit int.

        >>> JavaRandom(0).next_long()
        -4962768465676381896
        """
        value = (self.next_int() << 32) + self.next_int() & MASK64
        return value - (1 << 64) if value >> 63 else value

    def next_double(self) -> float:
        """Return a double in [0, 1).

        >>> JavaRandom(0).next_double()
        0.730967787376657
        """
        high = self._next(26)
        return ((high << 27) + self._next(27)) * 2.0**-53

    def next_gaussian(self) -> float:
        """Return a normally distributed double, by Marsaglia's polar method.

        >>> JavaRandom(0).next_gaussian()
        0.8025330637390305
        """
        if self._gaussian is not None:
            kept, self._gaussian = self._gaussian, None
            return kept
        while True:
            x = 2.0 * self.next_double() - 1.0
            y = 2.0 * self.next_double() - 1.0
            square = x * x + y * y
            if 0.0 < square < 1.0:
                break
        factor = math.sqrt(-2.0 * log(square) / square)
        self._gaussian = y * factor
        return x * factor


SIZE, SHIFT = 624, 397


class MersenneTwister:
    """Generate the numbers of commons-math3's `MersenneTwister(long seed)`, which Breeze draws from.

    Bits and doubles are exact; a gaussian uses libm's log, sin and cos (one unit in the last place each).

    >>> twister = MersenneTwister(42)
    >>> twister.next_double(), twister.next_int()
    (0.433919173241921, -1550003641)
    """

    __slots__ = ("_gaussian", "_index", "_state")

    def __init__(self, seed: int) -> None:
        key = (seed >> 32 & MASK32, seed & MASK32)
        state = [19650218] * SIZE
        for i in range(1, SIZE):
            state[i] = 1812433253 * (state[i - 1] ^ state[i - 1] >> 30) + i & MASK32
        i = 1
        for k in range(SIZE):
            mixed = (state[i - 1] ^ state[i - 1] >> 30) * 1664525
            state[i] = (state[i] ^ mixed) + key[k % 2] + k % 2 & MASK32
            i += 1
            if i == SIZE:
                state[0], i = state[SIZE - 1], 1
        for _ in range(SIZE - 1):
            mixed = (state[i - 1] ^ state[i - 1] >> 30) * 1566083941
            state[i] = (state[i] ^ mixed) - i & MASK32
            i += 1
            if i == SIZE:
                state[0], i = state[SIZE - 1], 1
        state[0] = 0x80000000
        self._state, self._index = state, SIZE
        self._gaussian: float | None = None

    def _next(self, bits: int) -> int:
        if self._index == SIZE:
            state = self._state
            for k in range(SIZE):
                y = state[k] & 0x80000000 | state[(k + 1) % SIZE] & 0x7FFFFFFF
                state[k] = state[(k + SHIFT) % SIZE] ^ y >> 1 ^ (0x9908B0DF if y & 1 else 0)
            self._index = 0
        y = self._state[self._index]
        self._index += 1
        y ^= y >> 11
        y ^= y << 7 & 0x9D2C5680
        y ^= y << 15 & 0xEFC60000
        y ^= y >> 18
        return y >> (32 - bits)

    def next_int(self) -> int:
        """Return a signed 32-bit int.

        >>> MersenneTwister(7).next_int()
        -823915860
        """
        bits = self._next(32)
        return bits - (1 << 32) if bits >> 31 else bits

    def next_double(self) -> float:
        """Return a double in [0, 1), of 52 bits.

        >>> MersenneTwister(7).next_double()
        0.8081671403801955
        """
        high = self._next(26)
        return (high << 26 | self._next(26)) * 2.0**-52

    def next_gaussian(self) -> float:
        """Return a normally distributed double, by Box and Muller's method.

        >>> MersenneTwister(7).next_gaussian()
        0.6254793266082938
        """
        if self._gaussian is not None:
            kept, self._gaussian = self._gaussian, None
            return kept
        angle = 2.0 * math.pi * self.next_double()
        radius = math.sqrt(-2.0 * log(self.next_double()))
        self._gaussian = radius * math.sin(angle)
        return radius * math.cos(angle)
