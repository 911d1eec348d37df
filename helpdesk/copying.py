"""Many new rows at once: COPY takes them in half the time that INSERT takes, and no row is read back for its number."""

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
