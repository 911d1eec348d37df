"""Rows of figures read as columns of numbers: very many of them, in a twentieth of the time that objects take.

The database hands over each column as one string of bytes, which numpy takes as it is.
"""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import BigIntegerField, BinaryField, Case, Func, QuerySet, Value, When
from django.db.models.expressions import Combinable
from django.db.models.functions import Length
from numpy.typing import NDArray
from psycopg import Cursor
from psycopg.pq import Format

from copilot.models.suggestion import Arm

Numbers = NDArray[np.int64]
ARMS = tuple(Arm)


class Ordinal(Func):
    """A day as `date.toordinal` counts it."""

    template = "(%(expressions)s - '0001-01-01'::date + 1)"
    output_field = BigIntegerField()


class Monday(Func):
    """The Monday of a day's week, as `date.toordinal` counts it: the first of all days was one."""

    template = "((%(expressions)s - '0001-01-01'::date) / 7 * 7 + 1)"
    output_field = BigIntegerField()


def arm_number() -> Case:
    """Return the arm of a row as its place in ARMS."""
    return Case(*(When(arm=arm, then=Value(place)) for place, arm in enumerate(ARMS)))


def columns_of(rows: "QuerySet[Any]") -> list[Numbers]:
    """Return each column of a `values_list` whose values are whole numbers; 0 stands where there is none.

    A value may also be such a column itself, as weeks have them: they come one after the other.
    """
    compiler = rows.order_by().query.get_compiler(connection=connection)
    try:
        sql, params = compiler.as_sql()
    except EmptyResultSet:  # who asks for none of a list needs no database
        return [np.zeros(0, np.int64) for _ in compiler.select]
    names = [f"c{number}" for number, _ in enumerate(compiler.select)]
    heads = ", ".join(
        f"string_agg({name}, '')"
        if isinstance(of.output_field, BinaryField)
        else f"string_agg(int8send(coalesce({name}, 0)::bigint), '')"
        for name, (of, *_) in zip(names, compiler.select, strict=True)
    )
    with connection.cursor() as cursor:
        whole = cursor.mogrify(f"SELECT {heads} FROM ({sql}) AS found ({', '.join(names)})", params)  # noqa: S608  Django's
    binary = Cursor(connection.connection)
    binary.format = Format.BINARY  # bytes as they are, instead of twice as many digits
    with connection._prepare_cursor(binary) as cursor:  # type: ignore[attr-defined]  # so that it is counted and logged
        cursor.execute(whole)
        return [np.frombuffer(found or b"", dtype=">i8").astype(np.int64) for found in cursor.fetchone()]


def of_weeks(weeks: "QuerySet[Any]", *keys: str | Combinable, names: Sequence[str]) -> list[Numbers]:
    """Return keys, agents and counts of weeks: a number of each for each agent of a row."""
    n_agents = Length("agents") / 8
    n_of, *of_rows = columns_of(weeks.values_list(n_agents, *keys, "agents", *names))
    return [*(np.repeat(key, n_of) for key in of_rows[: len(keys)]), *of_rows[len(keys) :]]


def summed(keys: Sequence[Numbers], counts: Sequence[Numbers]) -> tuple[list[Numbers], list[Numbers]]:
    """Return what is different among the keys, ascending, the first key first; and the sums of counts of each.

    >>> keys, counts = summed([np.array([2, 1, 2]), np.array([7, 7, 7])], [np.array([1, 2, 3])])
    >>> [key.tolist() for key in keys], [count.tolist() for count in counts]
    ([[1, 2], [7, 7]], [[2, 4]])
    """
    if not len(keys[0]):
        return list(keys), list(counts)
    codes, n_codes = _places(keys[0])
    for key in keys[1:]:
        places, n_places = _places(key)
        codes, n_codes = _places(codes * n_places + places)
    row_of = np.full(n_codes, -1)
    row_of[codes] = np.arange(len(codes))
    known = np.flatnonzero(row_of >= 0)
    sums = np.zeros((len(counts), n_codes), np.int64)
    for sum_of, count in zip(sums, counts, strict=True):
        np.add.at(sum_of, codes, count)
    return [key[row_of[known]] for key in keys], list(sums[:, known])


def _places(numbers: Numbers) -> tuple[Numbers, int]:
    """Return each number's place among all of them, and how many places there are.

    Where few are left out between the least and the greatest, their places are left empty: sorting takes far longer.
    """
    low, n = int(numbers.min()), int(numbers.max()) - int(numbers.min()) + 1
    if n <= len(numbers):
        return numbers - low, n
    known, places = np.unique(numbers, return_inverse=True)
    return places, len(known)


def parts_of(numbers: Numbers, part_of: Mapping[int, int]) -> Numbers:
    """Return what each number is part of.

    >>> parts_of(np.array([4, 3, 4]), {3: 30, 4: 40}).tolist()
    [40, 30, 40]
    """
    known = sorted(part_of)
    parts = np.array([part_of[number] for number in known], dtype=np.int64)
    return parts[np.searchsorted(known, numbers)] if len(numbers) else numbers


def runs_of(ordered: Numbers) -> dict[int, slice]:
    """Return where each number stands among numbers that ascend.

    >>> runs_of(np.array([3, 3, 7]))
    {3: slice(0, 2, None), 7: slice(2, 3, None)}
    """
    numbers, starts = np.unique(ordered, return_index=True)
    ends = pairwise([*starts.tolist(), len(ordered)])
    return (
        {number: slice(*run) for number, run in zip(numbers.tolist(), ends, strict=True)}
        if len(ordered)
        else {}
    )
