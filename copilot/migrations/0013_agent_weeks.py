"""Weeks with all agents in one row, filled from the days that were rolled before.

Match rates by topic are read from them, so that nothing asks for the days by the index any more.
"""

import django.db.models.deletion
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

ARMS = [("offer", "Offer"), ("shadow", "Shadow"), ("off", "Off")]
OF_TURNS = (
    "n_turns", "n_failed", "n_withheld", "n_off", "n_shadow", "n_waiting", "n_censored", "n_sent_verbatim",
    "n_sent_edited", "n_inserted_then_removed", "n_dismissed", "n_late", "n_offered", "n_displayed", "n_ignored",
    "n_kept", "n_late_acted", "n_late_seen", "n_late_shown", "n_fallback", "n_opened", "n_ready", "n_replayed", "n_exact", "n_near", "n_retained", "n_semantic",
    "n_conflict", "n_none", "n_pending", "n_short", "n_frame_only", "n_by_hand", "retained_millionths", "share_millionths",
    "kept_characters", "n_matches", "n_compared",
)  # fmt: skip
OF_TOPICS = ("n_matches", "n_compared")
OF_VERSIONS = ("n_shown", "n_used", "n_matches", "n_compared")
WEEKS = (
    ("copilot_agentweek", "copilot_turnday", ("release_id", "arm", "language", "is_replayed"), OF_TURNS),
    ("copilot_topicweek", "copilot_turnday", ("release_id", "arm", "topic_id", "language", "is_replayed"), OF_TOPICS),
    ("copilot_versionweek", "copilot_answerday", ("release_id", "arm", "version_id", "language"), OF_VERSIONS),
)
FILL = """
INSERT INTO {table} (week, {keys}, agents, {counts})
SELECT week, {keys}, {columns}
FROM (SELECT date_trunc('week', day)::date AS week, {keys}, agent, {sums} FROM {rows}
      GROUP BY 1, {keys}, agent HAVING sum({any}) > 0) AS found
GROUP BY week, {keys} ORDER BY week, {keys}
"""


def fill(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    for table, rows, keys, counts in WEEKS:
        schema_editor.execute(
            FILL.format(
                table=table,
                rows=rows,
                keys=", ".join(keys),
                counts=", ".join(counts),
                columns=", ".join(f"string_agg(int8send({name}), '' ORDER BY agent)" for name in ("agent", *counts)),
                sums=", ".join(f"sum({name})::bigint AS {name}" for name in counts),
                any=" + ".join(counts),
            )
        )


class Migration(migrations.Migration):

    dependencies = [('copilot', '0012_cases_seen')]

    operations = [
        migrations.CreateModel(
            name='AgentWeek',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('week', models.DateField()),
                ('release', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='copilot.release')),
                ('arm', models.CharField(choices=ARMS, max_length=6)),
                ('language', models.CharField(blank=True, max_length=8)),
                ('is_replayed', models.BooleanField(default=False)),
                ('agents', models.BinaryField()),
                *((name, models.BinaryField()) for name in OF_TURNS),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('week', 'release', 'arm', 'language', 'is_replayed'), name='agent_week_once', nulls_distinct=False)],
            },
        ),
        migrations.CreateModel(
            name='TopicWeek',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('week', models.DateField()),
                ('release', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='copilot.release')),
                ('arm', models.CharField(choices=ARMS, max_length=6)),
                ('topic', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='copilot.topic')),
                ('language', models.CharField(blank=True, max_length=8)),
                ('is_replayed', models.BooleanField(default=False)),
                ('agents', models.BinaryField()),
                *((name, models.BinaryField()) for name in OF_TOPICS),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('week', 'release', 'arm', 'topic', 'language', 'is_replayed'), name='topic_week_once', nulls_distinct=False)],
            },
        ),
        migrations.CreateModel(
            name='VersionWeek',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('week', models.DateField()),
                ('release', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='copilot.release')),
                ('arm', models.CharField(choices=ARMS, max_length=6)),
                ('version', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='copilot.answerversion')),
                ('language', models.CharField(blank=True, max_length=8)),
                ('agents', models.BinaryField()),
                *((name, models.BinaryField()) for name in OF_VERSIONS),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('week', 'release', 'arm', 'version', 'language'), name='version_week_once', nulls_distinct=False)],
            },
        ),
        migrations.RunPython(fill, migrations.RunPython.noop, elidable=True),
        migrations.RemoveIndex(model_name='turnday', name='turn_day_by_topic'),
    ]
