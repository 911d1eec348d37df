"""Customers rate cases."""

import django.contrib.postgres.fields
import django.core.validators
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('helpdesk', '0011_escalation'),
    ]

    operations = [
        migrations.AddField(
            model_name='casemerge',
            name='ratings',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), default=list, size=None),
        ),
        migrations.CreateModel(
            name='SatisfactionRating',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('channel', models.SlugField(db_index=False, max_length=40)),
                ('external_id', models.CharField(max_length=200)),
                ('score', models.PositiveSmallIntegerField(validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(5)])),
                ('comment', models.TextField(blank=True)),
                ('rated_at', models.DateTimeField()),
                ('case', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='ratings', to='helpdesk.case')),
            ],
            options={
                'ordering': ['-rated_at', '-pk'],
                'indexes': [models.Index(fields=['case', '-rated_at', '-id'], name='rating_by_case'), models.Index(fields=['rated_at'], name='rating_by_time')],
                'constraints': [models.UniqueConstraint(fields=('channel', 'external_id'), name='rating_once'), models.CheckConstraint(condition=models.Q(('score__gte', 1), ('score__lte', 5)), name='rating_from_1_to_5')],
            },
        ),
    ]
