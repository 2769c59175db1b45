"""What is asked of both Sparks of arrays: elements added, sequences, arrays of arrays, lambda functions."""

from __future__ import annotations

from datetime import date

from tests.sql.tables import DOUBLE_ARRAYS, INT_ARRAYS, INTS, WORD_ARRAYS, table

NESTED = [None, [], [[1], [2, 3]], [[1], None], [[]], [[None]], [[], [4]]]
SMALL = [None, 0, 1, 2, 3, -1, -2, -4, 6]
DAYS = [None, date(2024, 2, 27), date(2024, 3, 2), date(2023, 12, 31), date(2024, 2, 29)]

TABLES = [
    table(
        "elements",
        """
        array_append(a, 1)
        array_append(a, i)
        array_append(a, NULL)
        array_append(a, 2.5D)
        array_append(a, float(2.5))
        array_append(x, 1L)
        array_append(w, 'z')
        array_append(w, s)
        array_append(a, 'z')
        array_prepend(a, 1)
        array_prepend(a, i)
        array_prepend(a, NULL)
        array_prepend(a, 7L)
        array_prepend(w, s)
        array_prepend(x, i)
        array_insert(a, 1, 9)
        array_insert(a, 2, 9)
        array_insert(a, -1, 9)
        array_insert(a, -2, 9)
        array_insert(a, 5, 9)
        array_insert(a, -5, 9)
        array_insert(a, i, 9)
        array_insert(a, i, NULL)
        array_insert(w, 1, s)
        array_insert(a, NULL, 1)
        array_insert(a, '1', 1)
        get(a, 0)
        get(a, 1)
        get(a, -1)
        get(a, i)
        get(w, i)
        get(a, NULL)
        flatten(n)
        flatten(array(a, a))
        flatten(array(w, array('z')))
        flatten(a)
        size(flatten(n))
        array(a, array(1))
        size(n)
        n[0]
        element_at(n, 1)
        sequence(1, 5)
        sequence(5, 1)
        sequence(1, i)
        sequence(i, k)
        sequence(i, k, 1)
        sequence(i, k, -1)
        sequence(i, k, 2)
        sequence(i, k, 0)
        sequence(1, 10L, 3)
        sequence(tinyint(1), tinyint(3))
        sequence(1, NULL)
        sequence(1, 5, NULL)
        sequence(1.5, 3.5)
        sequence('1', '3')
        sequence(d, e)
        sequence(d, date'2024-03-01')
        size(sequence(0, i))
        zip_with(a, a, (l, r) -> l + r)
        zip_with(a, w, (l, r) -> concat(l, r))
        zip_with(a, array(1), (l, r) -> coalesce(l, 0) + coalesce(r, 0))
        zip_with(a, array(1), (l, r) -> l * i)
        zip_with(a, NULL, (l, r) -> l)
        array_sort(a, (l, r) -> r - l)
        array_sort(a, (l, r) -> case when l < r then -1 when l > r then 1 else 0 end)
        array_sort(w, (l, r) -> length(l) - length(r))
        array_sort(a, (l, r) -> 0)
        aggregate(sequence(1, 5), 0, (acc, v) -> acc + v)
        transform(sequence(1, 3), v -> v * i)
        filter(flatten(n), v -> v > 1)
        array_max(flatten(n))
        array_join(array_append(w, 'e'), '-')
        array_contains(array_append(a, i), i)
        slice(a, i, 1)
        slice(a, 1, '1')
        array_repeat(s, i)
        array_repeat(s, 2.9)
        array_repeat(s, 2L)
        array_repeat(s, tinyint(2))
        array_repeat(s, '2')
        get(a, 1L)
        slice(a, 1.9, 2L)
        concat(a, sequence(1, 2))
        concat(a, x)
        concat(a, array(1L))
        concat(a, w)
        array_union(a, x)
        array_union(a, array(2L, 7L))
        array_intersect(x, a)
        array_except(a, array(1.0))
        arrays_overlap(a, array(1L))
        array_contains(a, 1L)
        array_contains(x, 1)
        array_contains(a, 1.5)
        array_contains(a, '1')
        array_position(a, 2L)
        array_remove(x, 0)
        array_remove(a, 1.0D)
        cast(a as array<string>)
        cast(a as array<double>)
        cast(x as array<int>)
        cast(w as array<int>)
        cast(a as string)
        cast(w as string)
        cast(x as string)
        cast(n as string)
        string(n)
        cast(n as array<array<bigint>>)
        try_cast(w as array<int>)
        coalesce(a, array(1L))
        if(i > 0, a, x)
        """,
        a=("array<int>", INT_ARRAYS),
        w=("array<string>", WORD_ARRAYS),
        x=("array<double>", DOUBLE_ARRAYS),
        n=("array<array<int>>", NESTED),
        i=("int", SMALL),
        k=("int", [*SMALL, *INTS[8:11]]),
        s=("string", [None, "a", "", "é"]),
        d=("date", DAYS),
        e=("date", DAYS),
    )
]
