"""A case can go on in another, and what moved is recorded."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('helpdesk', '0009_status_change'),
    ]

    operations = [
        migrations.CreateModel(
            name='CaseMerge',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField()),
                ('messages', django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), default=list, size=None)),
                ('replies', django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), default=list, size=None)),
                ('notes', django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), default=list, size=None)),
                ('tags', django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), default=list, size=None)),
            ],
        ),
        migrations.AddField(
            model_name='case',
            name='merged_into',
            field=models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='merged', to='helpdesk.case'),
        ),
        migrations.AlterField(
            model_name='caseevent',
            name='type',
            field=models.CharField(choices=[('assigned', 'assigned'), ('status', 'status changed'), ('priority', 'priority changed'), ('tagged', 'tagged'), ('untagged', 'tag removed'), ('merged', 'merged into this')], max_length=10),
        ),
        migrations.AddIndex(
            model_name='case',
            index=models.Index(condition=models.Q(('merged_into__isnull', False)), fields=['merged_into'], name='case_by_merge'),
        ),
        migrations.AddConstraint(
            model_name='case',
            constraint=models.CheckConstraint(condition=models.Q(('merged_into__isnull', True), models.Q(('awaiting_since__isnull', True), ('status', 'closed'), models.Q(('merged_into', models.F('id')), _negated=True)), _connector='OR'), name='case_merged_is_closed'),
        ),
        migrations.AddField(
            model_name='casemerge',
            name='actor',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='casemerge',
            name='kept',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='merges', to='helpdesk.case'),
        ),
        migrations.AddField(
            model_name='casemerge',
            name='merged',
            field=models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='merge', to='helpdesk.case'),
        ),
        migrations.AddConstraint(
            model_name='casemerge',
            constraint=models.CheckConstraint(condition=models.Q(('kept', models.F('merged')), _negated=True), name='case_merge_of_two'),
        ),
    ]
