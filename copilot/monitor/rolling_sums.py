"""A day's figures summed over what many pages don't tell apart: a part of what `rolling` makes of a day.

What has the figures of a row in common, its unique constraint names; the rest of its columns are counts.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date

from django.db import connection, models
from django.db.models import UniqueConstraint

from copilot.models import AgentDay, AnswerDay, BinDay, FloorDay, TopicDay, TurnDay, VersionDay

SUMS: Mapping[type[models.Model], Sequence[type[models.Model]]] = {
    TurnDay: (AgentDay, TopicDay),
    AnswerDay: (VersionDay,),
    FloorDay: (BinDay,),
}


def roll_sums(day: date, *, of: type[models.Model]) -> None:
    """Put the day's sums of a table in the place of those that stood there; call it in the transaction of its rows."""
    with connection.cursor() as cursor:
        for sums in SUMS[of]:
            sums._default_manager.filter(day=day).delete()
            cursor.execute(_sql(sums, of), [day])


def _sql(sums: type[models.Model], rows: type[models.Model]) -> str:
    keys, counts = ", ".join(_keys(sums)), list(_counts(sums))
    return (
        f"INSERT INTO {sums._meta.db_table} ({keys}, {', '.join(counts)}) "  # noqa: S608  the models' own names
        f"SELECT {keys}, {', '.join(f'sum({name})' for name in counts)} FROM {rows._meta.db_table} WHERE day = %s "
        f"GROUP BY {keys} ORDER BY {keys}"
    )


def _keys(sums: type[models.Model]) -> list[str]:
    names = [
        name for once in sums._meta.constraints if isinstance(once, UniqueConstraint) for name in once.fields
    ]
    return [sums._meta.get_field(name).attname for name in names]  # type: ignore[union-attr]  # each is a column


def _counts(sums: type[models.Model]) -> Iterator[str]:
    keys = {"id", *_keys(sums)}
    return (
        field.attname
        for field in sums._meta.concrete_fields
        if field.attname not in keys and not field.generated
    )
