"""The tables of the helpdesk, as many migrations had made them before the first version. It replaces those.

A tag on a case knows when the case was last active and whether it is closed: lists of a tag have an order that an index
can answer, and the few open cases of a tag need not be looked for among all. Triggers keep both true.
"""

import django.contrib.auth.models
import django.contrib.auth.validators
import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.contrib.postgres.search
import django.core.validators
import django.db.models.deletion
import django.db.models.functions.datetime
import django.db.models.functions.text
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

# The lock makes a case's next activity wait for a tag that is being put on it, and the tag for the activity.
TRIGGERS = """
CREATE FUNCTION helpdesk_case_tag_takes_activity() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  SELECT last_activity_at, status = 'closed' INTO NEW.last_activity_at, NEW.closed
  FROM helpdesk_case WHERE id = NEW.case_id FOR SHARE;
  RETURN NEW;
END $$;

CREATE FUNCTION helpdesk_case_tells_tags_activity() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE helpdesk_case_tags SET last_activity_at = NEW.last_activity_at, closed = NEW.status = 'closed'
  WHERE case_id = NEW.id;
  RETURN NULL;
END $$;

CREATE TRIGGER takes_activity BEFORE INSERT ON helpdesk_case_tags
FOR EACH ROW EXECUTE FUNCTION helpdesk_case_tag_takes_activity();

CREATE TRIGGER tells_tags_activity AFTER UPDATE OF last_activity_at, status ON helpdesk_case
FOR EACH ROW WHEN (OLD.last_activity_at <> NEW.last_activity_at OR (OLD.status = 'closed') <> (NEW.status = 'closed'))
EXECUTE FUNCTION helpdesk_case_tells_tags_activity();
"""
NO_TRIGGERS = """
DROP TRIGGER tells_tags_activity ON helpdesk_case;
DROP TRIGGER takes_activity ON helpdesk_case_tags;
DROP FUNCTION helpdesk_case_tells_tags_activity, helpdesk_case_tag_takes_activity;
"""
# An index answers alone only for rows that a vacuum has seen since they changed, and cases that are not closed change
# all the time: one of a hundred is changed rows enough, not one of five.
KEEP_VISIBLE = """
ALTER TABLE helpdesk_case SET (autovacuum_vacuum_scale_factor = 0.01);
ALTER TABLE helpdesk_case_tags SET (autovacuum_vacuum_scale_factor = 0.01);
"""
KEEP_VISIBLE_AS_OTHERS = """
ALTER TABLE helpdesk_case_tags RESET (autovacuum_vacuum_scale_factor);
ALTER TABLE helpdesk_case RESET (autovacuum_vacuum_scale_factor);
"""


class Migration(migrations.Migration):

    replaces = [('helpdesk', name) for name in (
        '0001_initial',
        '0002_case_by_waiting',
        '0003_attachment_refused',
        '0004_case_by_activity',
        '0005_case_lists_covered',
        '0006_case_tag_activity',
        '0007_case_closed_covered',
        '0008_case_tag_closed',
        '0009_status_change',
        '0010_case_merge',
        '0011_escalation',
        '0012_satisfaction_rating',
        '0013_active_time',
        '0014_covered_indexes_dropped',
        '0015_closed_and_not_merged',
        '0016_cases_by_assignee',
    )]

    initial = True

    dependencies = [
        ('auth', '0012_alter_user_first_name_max_length'),
    ]

    operations = [
        migrations.CreateModel(
            name='Customer',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(blank=True, max_length=200)),
                ('email', models.EmailField(max_length=254)),
                ('attributes', models.JSONField(blank=True, default=dict)),
                ('created_at', models.DateTimeField()),
            ],
            options={
                'constraints': [models.UniqueConstraint(django.db.models.functions.text.Lower('email'), name='customer_email_once')],
            },
        ),
        migrations.CreateModel(
            name='Team',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('slug', models.SlugField(unique=True)),
                ('name', models.CharField(max_length=80)),
            ],
            options={
                'ordering': ['name'],
            },
        ),
        migrations.CreateModel(
            name='User',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('password', models.CharField(max_length=128, verbose_name='password')),
                ('last_login', models.DateTimeField(blank=True, null=True, verbose_name='last login')),
                ('is_superuser', models.BooleanField(default=False, help_text='Designates that this user has all permissions without explicitly assigning them.', verbose_name='superuser status')),
                ('username', models.CharField(error_messages={'unique': 'A user with that username already exists.'}, help_text='Required. 150 characters or fewer. Letters, digits and @/./+/-/_ only.', max_length=150, unique=True, validators=[django.contrib.auth.validators.UnicodeUsernameValidator()], verbose_name='username')),
                ('first_name', models.CharField(blank=True, max_length=150, verbose_name='first name')),
                ('last_name', models.CharField(blank=True, max_length=150, verbose_name='last name')),
                ('email', models.EmailField(blank=True, max_length=254, verbose_name='email address')),
                ('is_staff', models.BooleanField(default=False, help_text='Designates whether the user can log into this admin site.', verbose_name='staff status')),
                ('is_active', models.BooleanField(default=True, help_text='Designates whether this user should be treated as active. Unselect this instead of deleting accounts.', verbose_name='active')),
                ('date_joined', models.DateTimeField(default=django.utils.timezone.now, verbose_name='date joined')),
                ('role', models.CharField(choices=[('agent', 'Agent'), ('sme', 'Subject-matter expert'), ('data_scientist', 'Data scientist'), ('admin', 'Administrator')], default='agent', max_length=20)),
                ('team', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='members', to='helpdesk.team')),
                ('groups', models.ManyToManyField(blank=True, help_text='The groups this user belongs to. A user will get all permissions granted to each of their groups.', related_name='user_set', related_query_name='user', to='auth.group', verbose_name='groups')),
                ('user_permissions', models.ManyToManyField(blank=True, help_text='Specific permissions for this user.', related_name='user_set', related_query_name='user', to='auth.permission', verbose_name='user permissions')),
            ],
            options={
                'verbose_name': 'user',
                'verbose_name_plural': 'users',
                'abstract': False,
            },
            managers=[
                ('objects', django.contrib.auth.models.UserManager()),
            ],
        ),
        migrations.CreateModel(
            name='Tag',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.SlugField(max_length=60, unique=True)),
            ],
            options={
                'ordering': ['name'],
            },
        ),
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
            name='Case',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('customer', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='cases', to='helpdesk.customer')),
                ('channel', models.SlugField(max_length=40)),
                ('external_id', models.CharField(blank=True, max_length=200)),
                ('subject', models.CharField(blank=True, max_length=300)),
                ('status', models.CharField(choices=[('open', 'Open'), ('waiting', 'Waiting for customer'), ('snoozed', 'Snoozed'), ('closed', 'Closed')], default='open', max_length=10)),
                ('priority', models.PositiveSmallIntegerField(choices=[(1, 'Low'), (2, 'Normal'), (3, 'High'), (4, 'Urgent')], default=2)),
                ('team', models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='cases', to='helpdesk.team')),
                ('assignee', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='cases', to=settings.AUTH_USER_MODEL)),
                ('language', models.CharField(blank=True, max_length=8)),
                ('attributes', models.JSONField(blank=True, default=dict)),
                ('created_at', models.DateTimeField()),
                ('last_activity_at', models.DateTimeField()),
                ('awaiting_since', models.DateTimeField(blank=True, null=True)),
                ('snoozed_until', models.DateTimeField(blank=True, null=True)),
                ('escalated_at', models.DateTimeField(blank=True, null=True)),
                ('escalated_by', models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('escalated_to', models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='helpdesk.team')),
                ('escalation_reason', models.CharField(blank=True, max_length=200)),
                ('merged_into', models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='merged', to='helpdesk.case')),
                ('search', models.GeneratedField(db_persist=True, expression=django.contrib.postgres.search.SearchVector('subject', config='english'), output_field=django.contrib.postgres.search.SearchVectorField())),
            ],
            options={
                'ordering': ['-last_activity_at', '-pk'],
                'indexes': [models.Index(fields=['language', '-last_activity_at', '-id'], name='case_by_language'), models.Index(fields=['team', '-last_activity_at', '-id'], name='case_by_team'), models.Index(fields=['customer', '-last_activity_at'], name='case_by_customer'), models.Index(fields=['-last_activity_at', '-id'], name='case_by_activity'), models.Index(condition=models.Q(('merged_into', None), ('status', 'closed')), fields=['-last_activity_at', '-id'], include=('status', 'team', 'assignee', 'priority', 'channel', 'language'), name='case_closed_by_activity'), models.Index(condition=models.Q(('status', 'closed'), _negated=True), fields=['-last_activity_at', '-id'], include=('status', 'team', 'assignee', 'priority', 'channel', 'language', 'awaiting_since'), name='case_open_by_activity'), models.Index(condition=models.Q(('status', 'closed'), _negated=True), fields=['assignee', '-last_activity_at', '-id'], name='case_open_by_assignee'), models.Index(condition=models.Q(('assignee__isnull', False)), fields=['assignee'], name='case_by_assignee'), models.Index(condition=models.Q(('awaiting_since__isnull', False), models.Q(('status', 'closed'), _negated=True)), fields=['awaiting_since', 'id'], include=('status', 'team', 'assignee', 'priority', 'channel', 'language'), name='case_by_waiting'), models.Index(condition=models.Q(('escalated_at__isnull', False)), fields=['-last_activity_at', '-id'], name='case_escalated_by_activity'), models.Index(condition=models.Q(('status', 'snoozed')), fields=['snoozed_until'], name='case_by_snooze'), models.Index(condition=models.Q(('merged_into__isnull', False)), fields=['merged_into'], name='case_by_merge'), django.contrib.postgres.indexes.GinIndex(fields=['search'], name='case_search')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('external_id', ''), _negated=True), fields=('channel', 'external_id'), name='case_external_id_once'), models.CheckConstraint(condition=models.Q(models.Q(('snoozed_until__isnull', False), ('status', 'snoozed')), models.Q(models.Q(('status', 'snoozed'), _negated=True), ('snoozed_until__isnull', True)), _connector='OR'), name='case_snoozed_until_iff_snoozed'), models.CheckConstraint(condition=models.Q(('escalated_at__isnull', False), models.Q(('escalated_by__isnull', True), ('escalated_to__isnull', True), ('escalation_reason', '')), _connector='OR'), name='case_escalated_at_some_time'), models.CheckConstraint(condition=models.Q(('merged_into__isnull', True), models.Q(('awaiting_since__isnull', True), ('status', 'closed'), models.Q(('merged_into', models.F('id')), _negated=True)), _connector='OR'), name='case_merged_is_closed')],
            },
        ),
        migrations.CreateModel(
            name='CaseTag',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('case', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='tagged', to='helpdesk.case')),
                ('tag', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='tagged', to='helpdesk.tag')),
                ('last_activity_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('closed', models.BooleanField(db_default=True, editable=False)),
            ],
            options={
                'db_table': 'helpdesk_case_tags',
                'unique_together': {('case', 'tag')},
                'indexes': [models.Index(fields=['tag', '-last_activity_at', '-case'], name='case_tag_by_activity'), models.Index(condition=models.Q(('closed', False)), fields=['tag', 'case'], name='case_tag_open')],
            },
        ),
        migrations.AddField(
            model_name='case',
            name='tags',
            field=models.ManyToManyField(blank=True, related_name='cases', through='helpdesk.CaseTag', to='helpdesk.tag'),
        ),
        migrations.CreateModel(
            name='ActiveTime',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('case', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='active_times', to='helpdesk.case')),
                ('agent', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='active_times', to=settings.AUTH_USER_MODEL)),
                ('day', models.DateField()),
                ('milliseconds', models.PositiveIntegerField()),
            ],
            options={
                'indexes': [models.Index(fields=['day'], name='active_time_by_day')],
                'constraints': [models.UniqueConstraint(fields=('case', 'agent', 'day'), name='active_time_once'), models.CheckConstraint(condition=models.Q(('milliseconds__lte', 86400000)), name='active_time_within_a_day')],
            },
        ),
        migrations.CreateModel(
            name='Draft',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('case', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='drafts', to='helpdesk.case')),
                ('author', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='drafts', to=settings.AUTH_USER_MODEL)),
                ('kind', models.CharField(choices=[('reply', 'Reply'), ('note', 'Note')], default='reply', max_length=5)),
                ('body', models.TextField(blank=True)),
                ('saved_at', models.DateTimeField()),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('case', 'author', 'kind'), name='draft_once')],
            },
        ),
        migrations.CreateModel(
            name='StatusChange',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('case', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='status_changes', to='helpdesk.case')),
                ('before', models.CharField(blank=True, choices=[('open', 'Open'), ('waiting', 'Waiting for customer'), ('snoozed', 'Snoozed'), ('closed', 'Closed')], max_length=10)),
                ('after', models.CharField(choices=[('open', 'Open'), ('waiting', 'Waiting for customer'), ('snoozed', 'Snoozed'), ('closed', 'Closed')], max_length=10)),
                ('actor', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('at', models.DateTimeField()),
            ],
            options={
                'ordering': ['pk'],
                'indexes': [models.Index(fields=['case', 'id'], name='status_change_by_case'), models.Index(fields=['at'], name='status_change_by_time')],
                'constraints': [models.CheckConstraint(condition=models.Q(('before', models.F('after')), _negated=True), name='status_change_changes_something')],
            },
        ),
        migrations.CreateModel(
            name='CaseMerge',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kept', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='merges', to='helpdesk.case')),
                ('merged', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='merge', to='helpdesk.case')),
                ('actor', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('at', models.DateTimeField()),
                ('messages', django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), default=list, size=None)),
                ('replies', django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), default=list, size=None)),
                ('notes', django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), default=list, size=None)),
                ('ratings', django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), default=list, size=None)),
                ('tags', django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), default=list, size=None)),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('kept', models.F('merged')), _negated=True), name='case_merge_of_two')],
            },
        ),
        migrations.CreateModel(
            name='SatisfactionRating',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('case', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='ratings', to='helpdesk.case')),
                ('channel', models.SlugField(db_index=False, max_length=40)),
                ('external_id', models.CharField(max_length=200)),
                ('score', models.PositiveSmallIntegerField(validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(5)])),
                ('comment', models.TextField(blank=True)),
                ('rated_at', models.DateTimeField()),
            ],
            options={
                'ordering': ['-rated_at', '-pk'],
                'indexes': [models.Index(fields=['case', '-rated_at', '-id'], name='rating_by_case'), models.Index(fields=['rated_at'], name='rating_by_time')],
                'constraints': [models.UniqueConstraint(fields=('channel', 'external_id'), name='rating_once'), models.CheckConstraint(condition=models.Q(('score__gte', 1), ('score__lte', 5)), name='rating_from_1_to_5')],
            },
        ),
        migrations.CreateModel(
            name='Message',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('case', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='messages', to='helpdesk.case')),
                ('channel', models.SlugField(db_index=False, max_length=40)),
                ('external_id', models.CharField(max_length=200)),
                ('body', models.TextField(blank=True)),
                ('html', models.TextField(blank=True)),
                ('sent_at', models.DateTimeField()),
                ('received_at', models.DateTimeField()),
                ('search', models.GeneratedField(db_persist=True, expression=django.contrib.postgres.search.SearchVector(django.db.models.functions.text.Left('body', 50000), config='english'), output_field=django.contrib.postgres.search.SearchVectorField())),
            ],
            options={
                'ordering': ['sent_at', 'pk'],
                'indexes': [models.Index(fields=['case', 'sent_at'], name='message_by_case'), django.contrib.postgres.indexes.GinIndex(fields=['search'], name='message_search')],
                'constraints': [models.UniqueConstraint(fields=('channel', 'external_id'), name='message_once')],
            },
        ),
        migrations.CreateModel(
            name='Reply',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('case', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='replies', to='helpdesk.case')),
                ('author', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='replies', to=settings.AUTH_USER_MODEL)),
                ('client_key', models.CharField(max_length=200)),
                ('body', models.TextField()),
                ('sent_at', models.DateTimeField()),
                ('delivered_at', models.DateTimeField(blank=True, null=True)),
                ('delivery_error', models.CharField(blank=True, max_length=300)),
                ('search', models.GeneratedField(db_persist=True, expression=django.contrib.postgres.search.SearchVector(django.db.models.functions.text.Left('body', 50000), config='english'), output_field=django.contrib.postgres.search.SearchVectorField())),
            ],
            options={
                'ordering': ['sent_at', 'pk'],
                'indexes': [models.Index(fields=['case', 'sent_at'], name='reply_by_case'), models.Index(fields=['-sent_at'], name='reply_by_time'), django.contrib.postgres.indexes.GinIndex(fields=['search'], name='reply_search')],
                'constraints': [models.UniqueConstraint(fields=('case', 'client_key'), name='reply_once')],
            },
        ),
        migrations.CreateModel(
            name='Note',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('case', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='notes', to='helpdesk.case')),
                ('author', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='notes', to=settings.AUTH_USER_MODEL)),
                ('client_key', models.CharField(max_length=200)),
                ('body', models.TextField()),
                ('sent_at', models.DateTimeField()),
                ('search', models.GeneratedField(db_persist=True, expression=django.contrib.postgres.search.SearchVector(django.db.models.functions.text.Left('body', 50000), config='english'), output_field=django.contrib.postgres.search.SearchVectorField())),
                ('mentions', models.ManyToManyField(blank=True, related_name='mentioned_in', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['sent_at', 'pk'],
                'indexes': [models.Index(fields=['case', 'sent_at'], name='note_by_case'), django.contrib.postgres.indexes.GinIndex(fields=['search'], name='note_search')],
                'constraints': [models.UniqueConstraint(fields=('case', 'client_key'), name='note_once')],
            },
        ),
        migrations.CreateModel(
            name='Attachment',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('case', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='attachments', to='helpdesk.case')),
                ('message', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='attachments', to='helpdesk.message')),
                ('reply', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='attachments', to='helpdesk.reply')),
                ('file', models.FileField(blank=True, upload_to='attachments/%Y/%m/')),
                ('name', models.CharField(max_length=200)),
                ('content_type', models.CharField(default='application/octet-stream', max_length=100)),
                ('size', models.PositiveIntegerField()),
                ('refused', models.CharField(blank=True, max_length=200)),
                ('added_at', models.DateTimeField()),
            ],
            options={
                'ordering': ['pk'],
                'constraints': [models.CheckConstraint(condition=models.Q(('message__isnull', True), ('reply__isnull', True), _connector='OR'), name='attachment_has_one_owner'), models.CheckConstraint(condition=models.Q(models.Q(('refused', ''), models.Q(('file', ''), _negated=True)), models.Q(models.Q(('refused', ''), _negated=True), ('file', '')), _connector='OR'), name='attachment_is_stored_or_refused')],
            },
        ),
        migrations.CreateModel(
            name='CaseEvent',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('case', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='events', to='helpdesk.case')),
                ('actor', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('type', models.CharField(choices=[('assigned', 'assigned'), ('status', 'status changed'), ('priority', 'priority changed'), ('tagged', 'tagged'), ('untagged', 'tag removed'), ('merged', 'merged into this'), ('escalated', 'escalated'), ('settled', 'escalation settled')], max_length=10)),
                ('before', models.CharField(blank=True, max_length=200)),
                ('after', models.CharField(blank=True, max_length=200)),
                ('at', models.DateTimeField()),
            ],
            options={
                'ordering': ['at', 'pk'],
                'indexes': [models.Index(fields=['case', 'at'], name='case_event_by_case')],
            },
        ),
        migrations.RunSQL(TRIGGERS, NO_TRIGGERS),
        migrations.RunSQL(KEEP_VISIBLE, KEEP_VISIBLE_AS_OTHERS),
    ]
