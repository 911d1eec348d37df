"""Views of the figures for people who ask in SQL: names instead of numbers, agents as a hash, no text of a customer.

Every view and every column has a comment, from which the page of the dictionary is made.

PostgreSQL keeps a view's columns by what they are, not by their name: a table's column that a view reads can be renamed
without a thought. Another type of it is refused ("used by a view"); and if it is removed, Django drops it with CASCADE,
so that every view which reads it goes without a word. A migration that does either begins with `RunSQL(NO_VIEWS)` of
what stands then, and ends with the views as they are to be, from a module of its own like this one, which stays as it
was run. A new column of a table is in no view until a migration makes the view anew. Tests remind of both.
The schema stays throughout, and with it who may read what is made in it: see `copilot/monitor/readers.py`.
"""

from typing import NamedTuple

from django.db import migrations


class Column(NamedTuple):
    name: str
    of: str
    words: str


class View(NamedTuple):
    name: str
    words: str
    source: str
    columns: tuple[Column, ...]

    @property
    def made(self) -> list[str]:
        """The statements that make it, with its comments."""
        columns = ',\n       '.join(f'{column.of} AS {column.name}' for column in self.columns)
        return [
            f'CREATE VIEW figures.{self.name} AS\nSELECT {columns}\nFROM {self.source}',
            f'COMMENT ON VIEW figures.{self.name} IS {_quoted(self.words)}',
            *[
                f'COMMENT ON COLUMN figures.{self.name}.{column.name} IS {_quoted(column.words)}'
                for column in self.columns
            ],
        ]


def _quoted(words: str) -> str:
    return "'" + words.replace("'", "''") + "'"


def counts(table: str, **words: str) -> tuple[Column, ...]:
    """Return columns that stand in the view as in the table."""
    return tuple(Column(name, f'{table}.{name}', said) for name, said in words.items())


def sums(table: str, **words: str) -> tuple[Column, ...]:
    """Return columns of millionths as numbers."""
    return tuple(Column(name, f'{table}.{of} / 1000000.0', said) for name, (of, said) in words.items())


def release(table: str, words: str) -> tuple[Column, ...]:
    return (
        Column('release', f"'release ' || {table}.release_id", words),
        Column('release_number', f'{table}.release_id', 'The number of the release, to sort by.'),
    )


ARM = 'offer: suggestions are shown; shadow: computed and hidden, so that replies are not swayed; off: nothing is computed.'
AGENT = 'Who is the same, not who it is: a hash of the agent who replied. Empty if nobody did. Agents are the clusters of intervals; nothing is to be told of fewer than five of them.'
EXPERIMENT = Column('experiment', 'x.name', 'The experiment that divides it, if one does.')
VARIANT = Column('variant', 'v.name', 'The variant of the experiment.')
AREA = Column('area', 'a.name', 'The group of topics that a team looks after.')
LANGUAGE = 'Of the case, as two letters; empty if it is not known.'
VARIANTS = 'LEFT JOIN copilot_variant v ON v.id = t.variant_id LEFT JOIN copilot_experiment x ON x.id = v.experiment_id'
TOPICS = 'LEFT JOIN copilot_topic p ON p.id = t.topic_id LEFT JOIN copilot_area a ON a.id = p.area_id'

KINDS = counts(
    't',
    n_exact='Replies equal to the suggestion in normal form.',
    n_near='Replies alike letter by letter: Levenshtein similarity 0.90 or more, and the same facts.',
    n_retained='Replies with half or more of the suggestion in runs of three words, and the same facts.',
    n_semantic='Replies that say the same in other words, by the floor of their language.',
    n_conflict='Replies as similar that state another fact. No match.',
    n_none='Replies that are something else.',
    n_pending='Of n_none: replies compared by words, of which a worker still looks at the meaning.',
    n_short='Replies of fewer than eight words of their own, which are not compared.',
    n_matches='Replies that match: exact, near, retained and semantic. The numerator of the match rate.',
    n_compared='Replies of all six kinds. The denominator of the match rate.',
)

VIEWS = (
    View(
        'turns_by_day',
        'What became of the turns of a day: the cells of the funnel, which sum to n_turns, and how the replies compare '
        'with what was suggested. A row holds the turns that have all of its first columns in common.',
        f'copilot_turnday t {VARIANTS} {TOPICS}',
        (
            Column('day', 't.day', "Of the turn's newest message, in this installation's time zone."),
            *release('t', 'What suggested; empty where nothing could.'),
            Column('arm', 't.arm', f'{ARM} Of the case or, where an experiment divides agents, of who replied.'),
            EXPERIMENT,
            VARIANT,
            AREA,
            Column('topic', 'p.name', 'What the question is about; empty if no topic was found.'),
            Column('language', 't.language', LANGUAGE),
            Column('agent', 'nullif(t.agent, 0)', AGENT),
            Column('is_replayed', 't.is_replayed', 'Suggested afterwards, by a release that may know the reply: such rows flatter, and no chance chose their arm.'),
            *counts(
                't',
                n_turns='Turns: the customer\'s messages since the last reply, and the reply that answers them.',
                n_failed='Cell: nothing could be computed.',
                n_withheld='Cell: nothing was offered, with a reason (see reasons_by_day).',
                n_off='Cell: in the arm off.',
                n_shadow='Cell: computed and hidden from who replied.',
                n_waiting='Cell: no reply yet, and less than seven days since the customer wrote.',
                n_censored='Cell: no reply within seven days. Counted beside rates, never in them.',
                n_sent_verbatim='Cell: the suggestion was inserted and sent as it was.',
                n_sent_edited='Cell: it was inserted, and some of it sent.',
                n_inserted_then_removed='Cell: it was inserted, and nothing of it sent.',
                n_dismissed='Cell: the author said no to it.',
                n_late='Cell: the author had written 20 characters, or sent the reply, before it was there.',
                n_late_shown='Of those late: it was on the page of who replied.',
                n_late_seen='Of those late: it was in sight for a second.',
                n_late_acted='Not among those late, for what was done counts: the author was ahead of it, and inserted or dismissed it all the same.',
                n_offered="Cell: it never was on the author's screen.",
                n_displayed='Cell: it was on the page, but not in sight for a second.',
                n_ignored='Cell: it was in sight, and the author wrote something else.',
                n_kept='Of those sent edited: with half of the suggestion or more in it.',
                n_fallback="Where the live release stood in for a variant's.",
                n_opened='Offered, and known whether the suggestion was there when its case was first opened.',
                n_ready='Of those opened: it was there.',
                n_replayed='Of replayed turns: those with a reply of words enough, or a short one.',
            ),
            *KINDS,
            *counts(
                't',
                n_frame_only='Sent with another greeting, closing or signature alone.',
                n_by_hand='Matches of what was offered and not inserted: written, or from notes of the agent.',
            ),
            *sums(
                't',
                retained_sum=('retained_millionths', 'Sum, over suggestions that were sent, of the share of each that was kept.'),
                share_sum=('share_millionths', 'The same: of the share of the reply that came from the suggestion.'),
            ),
            *counts('t', kept_characters='Characters of suggestions that were sent and kept.'),
        ),
    ),
    View(
        'cases_by_day',
        'What became, within seven days, of the cases that were opened on a day. A merged case counts once, with the '
        'one in which it goes on. Times are sums of natural logarithms of seconds, so that means and variances add up.',
        f'copilot_caseday t {VARIANTS} {TOPICS}',
        (
            Column('day', 't.day', "On which the case was opened, in this installation's time zone."),
            Column('arm', "nullif(t.arm, '')", f'{ARM} Empty for cases from before arms were drawn.'),
            EXPERIMENT,
            VARIANT,
            Column('channel', 't.channel', 'How the case came in.'),
            AREA,
            Column('topic', 'p.name', 'What its first message is about; empty if no topic was found.'),
            Column('agent', 'nullif(t.agent, 0)', AGENT.replace('who replied', 'who replied first')),
            *counts(
                't',
                n_cases='Cases.',
                n_replied='Replied to within seven days.',
                n_closed='Closed within seven days.',
                n_censored='Not closed within seven days. Counted beside rates, never in them.',
                n_timed='Closed, and worked on in a page that told how long.',
                n_followed='Closed, and seven days have passed since.',
                n_reopened='Of those followed: came back within seven days.',
                n_escalated='Of those closed or censored: escalated within seven days.',
                n_corrected="Of those replied to: a reply followed another within a day, with no word of the customer's between.",
                n_rated='Of those closed: rated by the customer.',
                n_satisfied='Of those rated: with 4 or 5 of 5.',
                rating_sum='Sum of the ratings, 1 to 5.',
                n_replied_seen='Of those replied to: a suggestion was in sight before the first reply.',
                n_decided_seen='Of those closed or censored: one was in sight before it was closed, or within seven days.',
                n_timed_seen='The same, of those timed.',
                n_followed_seen='The same, of those followed.',
                n_rated_seen='The same, of those rated.',
            ),
            *sums(
                't',
                reply_log_sum=('reply_log', 'Sum, over those replied to, of ln seconds to the first reply.'),
                reply_log_square_sum=('reply_log_squares', 'Sum of the squares of these.'),
                handle_log_sum=('handle_log', 'Sum, over those timed, of ln seconds that agents worked on them, breaks left out.'),
                handle_log_square_sum=('handle_log_squares', 'Sum of the squares of these.'),
            ),
        ),
    ),
    View(
        'answers_by_day',
        'What became of the suggestions of a day, by the version of the answer that was suggested.',
        'copilot_answerday t JOIN copilot_answerversion w ON w.id = t.version_id '
        'JOIN copilot_answer n ON n.id = w.answer_id JOIN copilot_topic p ON p.id = n.topic_id '
        'JOIN copilot_area a ON a.id = p.area_id',
        (
            Column('day', 't.day', "Of the turn's newest message, in this installation's time zone."),
            *release('t', 'What suggested.'),
            AREA,
            Column('topic', 'p.name', "The answer's topic."),
            Column('answer', 'n.name', "The answer's name."),
            Column('answer_version', 'w.number', "Which of the answer's versions."),
            Column('arm', 't.arm', ARM),
            Column('language', 't.language', LANGUAGE),
            Column('agent', 'nullif(t.agent, 0)', AGENT),
            *counts(
                't',
                is_replayed='Suggested afterwards, by a release that may know the reply: such rows flatter.',
                n_suggested='Turns with its text, on the screen or in the shadow.',
                n_shown='On the page of who replied, also where that was late.',
                n_verbatim='Sent as it stood.',
                n_edited='Sent with edits.',
                n_used='Sent, as it stood or with edits.',
                n_dismissed='Dismissed.',
                n_wrong_topic='Of those dismissed: for the wrong topic.',
                n_wrong_answer='Of those dismissed: for being the wrong answer.',
                n_out_of_date='Of those dismissed: for being out of date.',
                n_tone='Of those dismissed: for its tone.',
                n_not_a_question='Of those dismissed: because nothing was asked.',
            ),
            *KINDS,
            *counts(
                't',
                n_followed='Replies that used it, with another one within 24 hours.',
                n_corrected='Of these, where the other one takes something back.',
            ),
            *sums(
                't',
                survival_sum=('survival_millionths', 'Sum, over replies that used it, of the share of runs of four words that were sent.'),
                corrected_survival_sum=('corrected_survival_millionths', 'The same, of the correction where there is one.'),
            ),
        ),
    ),
    View(
        'confidences_by_day',
        'How many replies of a day match the suggestion, by its confidence: what calibration is made of. Turns that were replayed afterwards are among them, and flatter.',
        'copilot_confidenceday t',
        (
            Column('day', 't.day', "Of the turn's newest message, in this installation's time zone."),
            *release('t', 'What suggested.'),
            Column('arm', 't.arm', ARM),
            Column('confidence_from', 't.bin / 100.0', 'The least confidence in the row.'),
            Column('confidence_to', '(t.bin + 1) / 100.0', 'The confidence below which it ends; 1 is in the last.'),
            *counts('t', n='Replies compared.', n_matches='Of these, those that match.'),
        ),
    ),
    View(
        'floors_by_day',
        'The turns of a day by confidence, offered or withheld for being unsure, with what became of the texts that '
        'nobody saw: what another floor would do. Replayed history is left out.',
        'copilot_floorday t',
        (
            Column('day', 't.day', "Of the turn's newest message, in this installation's time zone."),
            *release('t', 'What suggested, or withheld.'),
            Column('reason', "nullif(t.reason, '')", 'Why it was withheld; empty if it is above the floor.'),
            Column('arm', 't.arm', ARM),
            Column('agent', 'nullif(t.agent, 0)', AGENT),
            Column('confidence_from', 't.bin / 100.0', 'The least confidence in the row.'),
            Column('confidence_to', '(t.bin + 1) / 100.0', 'The confidence below which it ends; 1 is in the last.'),
            *counts(
                't',
                n_turns='Turns.',
                n_hidden='Replies compared with a text that their author did not see.',
                n_matches='Of these, those that match.',
            ),
        ),
    ),
    View(
        'reasons_by_day',
        'How many turns of a day got no suggestion, by what was decided and why.',
        'copilot_reasonday t',
        (
            Column('day', 't.day', "Of the turn's newest message, in this installation's time zone."),
            Column('state', 't.state', 'What was decided: withheld, failed, shadow or off.'),
            Column('reason', 't.reason', 'Why.'),
            Column('n_turns', 't.n', 'Turns; of templates, replies.'),
        ),
    ),
    View(
        'inputs_by_day',
        'What came in: how many turns of a day have a value in common, for drift. Replayed history is left out.',
        'copilot_inputday t',
        (
            Column('day', 't.day', "Of the turn's newest message, in this installation's time zone."),
            *release('t', 'What read them.'),
            Column('part', 't.part', 'What the value is of: length, channel, kind (a question or what else), unseen (unlike all before), product (the first that is named), template (whether the reply is one).'),
            Column('value', 't.value', 'The value; of a length the least of its bin in characters, of a product its name, empty where none is named.'),
            Column('n_turns', 't.n', 'Turns; of templates, replies.'),
        ),
    ),
    View(
        'backlog_by_day',
        'By how much the cases that wait to be closed grew and shrank on a day, whenever they were opened.',
        'copilot_backlogday t',
        (
            Column('day', 't.day', "In this installation's time zone."),
            Column('channel', 't.channel', 'How the cases came in.'),
            *counts('t', n_opened='Cases that came in, or came back.', n_closed='Cases closed.'),
        ),
    ),
    View(
        'variants',
        'What experiments compare: their variants, with the shares that were planned.',
        'copilot_variant v JOIN copilot_experiment x ON x.id = v.experiment_id',
        (
            Column('experiment', 'x.name', "The experiment's name."),
            Column('variant', 'v.name', "The variant's name."),
            Column('position', 'v.position', 'Its place among the variants.'),
            Column('arm', 'v.arm', ARM),
            Column('share', 'v.share / 1000000.0', 'The share of units that was planned for it, 0 to 1.'),
            Column('release', "'release ' || v.release_id", 'What serves it; empty: what is live at the time.'),
            Column('unit', 'x.unit', 'What is divided: case, agent, or agent_week (agents anew each week).'),
            Column('state', 'x.state', 'draft, running or ended.'),
            Column('outcome', 'x.primary_outcome', 'The outcome that it is decided on.'),
            Column('n_planned', 'x.n_planned', 'Cases at which it is decided.'),
            Column('started_at', 'x.started_at', 'When it began to divide.'),
            Column('ended_at', 'x.ended_at', 'When it ended.'),
        ),
    ),
    View(
        'topics',
        'What a question can be about, used or not.',
        'copilot_topic p JOIN copilot_area a ON a.id = p.area_id',
        (
            AREA,
            Column('topic', 'p.name', "The topic's name."),
            Column('slug', 'p.slug', 'Its name in addresses and datasets.'),
            Column('n_answers', '(SELECT count(*) FROM copilot_answer n WHERE n.topic_id = p.id AND n.retired_at IS NULL)', 'Answers of it that are in use.'),
            Column('retired_at', 'p.retired_at', 'Since when it is out of use; empty if it is in use.'),
        ),
    ),
)

MAKE_SCHEMA = ['CREATE SCHEMA figures', "COMMENT ON SCHEMA figures IS 'The figures of the monitor, to be read in SQL.'"]
MAKE_VIEWS = [statement for view in VIEWS for statement in view.made]
NO_VIEWS = [f'DROP VIEW figures.{view.name}' for view in reversed(VIEWS)]

OPERATIONS = [
    migrations.RunSQL(MAKE_SCHEMA, 'DROP SCHEMA figures'),
    migrations.RunSQL(MAKE_VIEWS, NO_VIEWS),
]
