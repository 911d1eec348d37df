"""A release has a floor of scope, and turns that it withholds a reason."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('copilot', '0007_judge_semantic_floors'),
    ]

    operations = [
        migrations.AddField(
            model_name='release',
            name='scope_floor',
            field=models.FloatField(db_default=0.0),
        ),
        migrations.AlterField(
            model_name='binday',
            name='reason',
            field=models.CharField(blank=True, choices=[('thanks', 'thanks or closing, no question'), ('auto_reply', 'automatic reply'), ('spam', 'looks like spam'), ('no_request', 'no request in it'), ('other_language', 'not in a language we answer'), ('out_of_scope', 'not something we answer'), ('topic_unsure', 'topic unsure'), ('topic_retired', 'topic retired since the release was trained'), ('no_answer', 'no approved answer fits'), ('answer_unsure', 'answer unsure'), ('answer_expired', 'answer expired'), ('conflicting_answers', 'conflicting answers'), ('validity_unsure', 'perhaps not something we answer'), ('confidence_low', 'not sure enough'), ('held_out', 'held out for measuring'), ('off', 'off for measuring'), ('no_release', 'no release is live: train and promote one'), ('release_broken', "the live release can't be loaded"), ('lost', 'given up after five attempts')], max_length=20),
        ),
        migrations.AlterField(
            model_name='floorday',
            name='reason',
            field=models.CharField(blank=True, choices=[('thanks', 'thanks or closing, no question'), ('auto_reply', 'automatic reply'), ('spam', 'looks like spam'), ('no_request', 'no request in it'), ('other_language', 'not in a language we answer'), ('out_of_scope', 'not something we answer'), ('topic_unsure', 'topic unsure'), ('topic_retired', 'topic retired since the release was trained'), ('no_answer', 'no approved answer fits'), ('answer_unsure', 'answer unsure'), ('answer_expired', 'answer expired'), ('conflicting_answers', 'conflicting answers'), ('validity_unsure', 'perhaps not something we answer'), ('confidence_low', 'not sure enough'), ('held_out', 'held out for measuring'), ('off', 'off for measuring'), ('no_release', 'no release is live: train and promote one'), ('release_broken', "the live release can't be loaded"), ('lost', 'given up after five attempts')], max_length=20),
        ),
        migrations.AlterField(
            model_name='reasonday',
            name='reason',
            field=models.CharField(choices=[('thanks', 'thanks or closing, no question'), ('auto_reply', 'automatic reply'), ('spam', 'looks like spam'), ('no_request', 'no request in it'), ('other_language', 'not in a language we answer'), ('out_of_scope', 'not something we answer'), ('topic_unsure', 'topic unsure'), ('topic_retired', 'topic retired since the release was trained'), ('no_answer', 'no approved answer fits'), ('answer_unsure', 'answer unsure'), ('answer_expired', 'answer expired'), ('conflicting_answers', 'conflicting answers'), ('validity_unsure', 'perhaps not something we answer'), ('confidence_low', 'not sure enough'), ('held_out', 'held out for measuring'), ('off', 'off for measuring'), ('no_release', 'no release is live: train and promote one'), ('release_broken', "the live release can't be loaded"), ('lost', 'given up after five attempts')], max_length=20),
        ),
        migrations.AlterField(
            model_name='shadowoutcome',
            name='reason',
            field=models.CharField(blank=True, choices=[('thanks', 'thanks or closing, no question'), ('auto_reply', 'automatic reply'), ('spam', 'looks like spam'), ('no_request', 'no request in it'), ('other_language', 'not in a language we answer'), ('out_of_scope', 'not something we answer'), ('topic_unsure', 'topic unsure'), ('topic_retired', 'topic retired since the release was trained'), ('no_answer', 'no approved answer fits'), ('answer_unsure', 'answer unsure'), ('answer_expired', 'answer expired'), ('conflicting_answers', 'conflicting answers'), ('validity_unsure', 'perhaps not something we answer'), ('confidence_low', 'not sure enough'), ('held_out', 'held out for measuring'), ('off', 'off for measuring'), ('no_release', 'no release is live: train and promote one'), ('release_broken', "the live release can't be loaded"), ('lost', 'given up after five attempts')], help_text='Why it has no text.', max_length=20),
        ),
        migrations.AlterField(
            model_name='suggestion',
            name='reason',
            field=models.CharField(blank=True, choices=[('thanks', 'thanks or closing, no question'), ('auto_reply', 'automatic reply'), ('spam', 'looks like spam'), ('no_request', 'no request in it'), ('other_language', 'not in a language we answer'), ('out_of_scope', 'not something we answer'), ('topic_unsure', 'topic unsure'), ('topic_retired', 'topic retired since the release was trained'), ('no_answer', 'no approved answer fits'), ('answer_unsure', 'answer unsure'), ('answer_expired', 'answer expired'), ('conflicting_answers', 'conflicting answers'), ('validity_unsure', 'perhaps not something we answer'), ('confidence_low', 'not sure enough'), ('held_out', 'held out for measuring'), ('off', 'off for measuring'), ('no_release', 'no release is live: train and promote one'), ('release_broken', "the live release can't be loaded"), ('lost', 'given up after five attempts')], max_length=20),
        ),
    ]
