"""One number among many, asked as PostgreSQL answers it fastest."""

from collections.abc import Iterable
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import BooleanField, F, Func, QuerySet, Value


class IsAmong(Func):
    """Whether a number is one of many, or of those that a question finds, handed over as one array.

    A thousand parameters cost more than the query itself. What a question finds is found first: nothing is guessed of
    how many of both sides meet.
    """

    template, arg_joiner = "%(expressions)s::bigint[])", " = ANY("
    output_field = BooleanField()

    def __init__(self, field: str, numbers: Iterable[int] | QuerySet[Any, Any]) -> None:
        if isinstance(numbers, QuerySet):
            super().__init__(F(field), ArraySubquery(numbers))
        else:
            super().__init__(F(field), Value(f"{{{','.join(map(str, numbers))}}}"))
