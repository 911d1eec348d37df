"""A day's figures summed over topics and languages: a part of what `rolling` makes of a day."""

from datetime import date

from django.db import connection

from copilot.models.agent_day import COUNTS, AgentDay

KEYS = "day, release_id, arm, variant_id, agent"
SUM = f"""
INSERT INTO copilot_agentday ({KEYS}, {", ".join(COUNTS)})
SELECT {KEYS}, {", ".join(f"sum({name})" for name in COUNTS)} FROM copilot_turnday WHERE day = %s
GROUP BY {KEYS} ORDER BY {KEYS}
"""  # noqa: S608  the models' own names


def roll_agents(day: date) -> None:
    """Put the day's sums in the place of those that stood there; call it within the transaction, when its turns are."""
    AgentDay.objects.filter(day=day).delete()
    with connection.cursor() as cursor:
        cursor.execute(SUM, [day])
