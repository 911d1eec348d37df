"""Many rows at once, new or changed: one statement each, in half the time that the ORM takes and less.

COPY takes new rows, and none is read back for its number; changed ones travel as one JSON array.
"""

import json
from collections.abc import Sequence

from django.db import connection, models


def insert(rows: Sequence[models.Model]) -> None:
    """Insert new rows of one model, which then know their primary keys; no signal is sent.

    Values are taken as they are, JSON excepted: whoever calls has checked them.
    """
    if not rows:
        return
    meta = rows[0]._meta
    fields = [field for field in meta.concrete_fields if not field.generated]
    as_json = {field.attname for field in fields if isinstance(field, models.JSONField)}
    names = [(field.attname, field.attname in as_json) for field in fields]
    quoted = connection.ops.quote_name
    columns = ", ".join(quoted(str(field.column)) for field in fields)
    with connection.cursor() as cursor, connection.wrap_database_errors:
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence(%s, %s)) FROM generate_series(1, %s)",
            [quoted(meta.db_table), meta.pk.column, len(rows)],
        )
        for row, (number,) in zip(rows, cursor.fetchall(), strict=True):
            row.pk = number
        with cursor.copy(f"COPY {quoted(meta.db_table)} ({columns}) FROM STDIN") as copy:
            for row in rows:
                values = row.__dict__
                copy.write_row([json.dumps(values[n]) if is_json else values[n] for n, is_json in names])
    for row in rows:
        row._state.adding, row._state.db = False, connection.alias


def change(rows: Sequence[models.Model], names: Sequence[str], **still: str) -> set[int]:
    """Update these fields of rows of one model, and return the primary keys of those that were updated.

    Only rows whose columns are `still` as given are: whoever changes them first wins. No signal is sent.
    """
    if not rows:
        return set()
    meta = rows[0]._meta
    quoted = connection.ops.quote_name
    fields = [field for field in meta.concrete_fields if field.primary_key or field.name in names]
    values = [{str(field.column): row.__dict__[field.attname] for field in fields} for row in rows]
    table, key = quoted(meta.db_table), quoted(str(meta.pk.column))
    columns = [quoted(str(field.column)) for field in fields if not field.primary_key]
    given = ", ".join(f"{column} = given.{column}" for column in columns)
    guard = "".join(f" AND stored.{quoted(name)} = %s" for name in still)
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {table} AS stored SET {given} "  # noqa: S608  names of the schema
            f"FROM jsonb_populate_recordset(NULL::{table}, %s::jsonb) AS given "
            f"WHERE stored.{key} = given.{key}{guard} RETURNING stored.{key}",
            [json.dumps(values, default=str), *still.values()],
        )
        return {number for (number,) in cursor.fetchall()}
