"""Indexes whose columns begin another one go: each cost an entry a row, and the one of a message's channel led the
look-up of external ids, once the channel held many messages, through all of them."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('helpdesk', '0013_active_time'),
    ]

    operations = [
        migrations.AlterField(
            model_name='case',
            name='customer',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='cases', to='helpdesk.customer'),
        ),
        migrations.AlterField(
            model_name='case',
            name='team',
            field=models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='cases', to='helpdesk.team'),
        ),
        migrations.AlterField(
            model_name='message',
            name='case',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='messages', to='helpdesk.case'),
        ),
        migrations.AlterField(
            model_name='message',
            name='channel',
            field=models.SlugField(db_index=False, max_length=40),
        ),
    ]
