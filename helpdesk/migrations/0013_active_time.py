"""Active time by case, agent and day, and the beat that bounds it."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('helpdesk', '0012_satisfaction_rating'),
    ]

    operations = [
        migrations.CreateModel(
            name='Beat',
            fields=[
                ('agent', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='beat', serialize=False, to=settings.AUTH_USER_MODEL)),
                ('at', models.DateTimeField()),
                ('told', models.PositiveIntegerField(help_text='Milliseconds that the last beat told of, as far as they had passed.')),
                ('untold', models.PositiveIntegerField(help_text='Milliseconds that have passed and may still be told of.')),
            ],
        ),
        migrations.CreateModel(
            name='ActiveTime',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('day', models.DateField()),
                ('milliseconds', models.PositiveIntegerField()),
                ('agent', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='active_times', to=settings.AUTH_USER_MODEL)),
                ('case', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='active_times', to='helpdesk.case')),
            ],
            options={
                'indexes': [models.Index(fields=['day'], name='active_time_by_day')],
                'constraints': [models.UniqueConstraint(fields=('case', 'agent', 'day'), name='active_time_once'), models.CheckConstraint(condition=models.Q(('milliseconds__lte', 86400000)), name='active_time_within_a_day')],
            },
        ),
    ]
