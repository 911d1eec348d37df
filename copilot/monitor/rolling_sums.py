"""Figures summed over what many pages don't tell apart, of a day and of its week: a part of what `rolling` makes.

What has the figures of a row in common, its unique constraint names; the rest of its columns are counts.
"""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

from django.db import connection, models
from django.db.models import UniqueConstraint

from copilot.models import (
    AgentDay,
    AgentWeek,
    AnswerDay,
    BinDay,
    FloorDay,
    TopicDay,
    TopicWeek,
    TurnDay,
    VersionDay,
    VersionWeek,
)

SUMS: Mapping[type[models.Model], Sequence[type[models.Model]]] = {
    TurnDay: (AgentDay, TopicDay),
    AnswerDay: (VersionDay,),
    FloorDay: (BinDay,),
}
WEEKS: Mapping[type[models.Model], Sequence[type[models.Model]]] = {
    TurnDay: (AgentWeek, TopicWeek),
    AnswerDay: (VersionWeek,),
    FloorDay: (),
}
WEEK = timedelta(days=7)


def roll_sums(day: date, *, of: type[models.Model]) -> None:
    """Put the sums of a day of a table, and of its week, in the place of those that stood there.

    Call it in the transaction of the day's rows, which holds the week.
    """
    week = day - timedelta(days=day.weekday())
    with connection.cursor() as cursor:
        for sums in SUMS[of]:
            sums._default_manager.filter(day=day).delete()
            cursor.execute(_sql(sums, of), [day])
        for sums in WEEKS[of]:
            sums._default_manager.filter(week=week).delete()
            cursor.execute(_week_sql(sums, of), [week, week, week + WEEK])


def _sql(sums: type[models.Model], rows: type[models.Model]) -> str:
    keys, counts = ", ".join(_keys(sums)), _counts(sums)
    return (
        f"INSERT INTO {sums._meta.db_table} ({keys}, {', '.join(counts)}) "  # noqa: S608  the models' own names
        f"SELECT {keys}, {', '.join(f'sum({name})' for name in counts)} FROM {rows._meta.db_table} WHERE day = %s "
        f"GROUP BY {keys} ORDER BY {keys}"
    )


def _week_sql(sums: type[models.Model], rows: type[models.Model]) -> str:
    """Sum by agent, then put the agents' numbers one after the other; who has none but zeros is left out."""
    week, *others = _keys(sums)
    keys, counts = ", ".join(others), [name for name in _counts(sums) if name != "agents"]
    columns = ", ".join(f"string_agg(int8send({name}), '' ORDER BY agent)" for name in ("agent", *counts))
    return (
        f"INSERT INTO {sums._meta.db_table} ({week}, {keys}, agents, {', '.join(counts)}) "  # noqa: S608
        f"SELECT %s, {keys}, {columns} FROM ("
        f"SELECT {keys}, agent, {', '.join(f'sum({name})::bigint AS {name}' for name in counts)} "
        f"FROM {rows._meta.db_table} WHERE day >= %s AND day < %s "
        f"GROUP BY {keys}, agent HAVING sum({' + '.join(counts)}) > 0) AS found "
        f"GROUP BY {keys} ORDER BY {keys}"
    )


def _keys(sums: type[models.Model]) -> list[str]:
    names = [
        name for once in sums._meta.constraints if isinstance(once, UniqueConstraint) for name in once.fields
    ]
    return [sums._meta.get_field(name).attname for name in names]  # type: ignore[union-attr]  # each is a column


def _counts(sums: type[models.Model]) -> list[str]:
    keys = {"id", *_keys(sums)}
    return [
        field.attname
        for field in sums._meta.concrete_fields
        if field.attname not in keys and not field.generated
    ]
