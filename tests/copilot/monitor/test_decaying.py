"""The alarm names an answer that agents stopped sending, until it is put right, and nothing else."""

from datetime import timedelta

import pytest
from django.utils import timezone

from copilot.models import Answer, AnswerDay, AnswerVersion
from copilot.monitor.checks import answers_have_decayed
from copilot.monitor.decaying import decaying
from copilot.monitor.rolling_sums import roll_sums
from tests.copilot.making import make_answer

pytestmark = pytest.mark.django_db
COLUMNS = {field.name: 0 for field in AnswerDay._meta.concrete_fields[8:]}
AGENTS = range(1, 9)


def day(
    version: AnswerVersion, agent: int, days_ago: int, *, matches: int, others: int, arm: str = "offer"
) -> None:
    made = AnswerDay.objects.create(
        day=timezone.localdate() - timedelta(days=days_ago), version=version, arm=arm, agent=agent, is_replayed=False,
        **(COLUMNS | {"n_suggested": matches + others, "n_exact": matches, "n_conflict": others}),
    )  # fmt: skip
    roll_sums(made.day, of=AnswerDay)


def history(version: AnswerVersion, *, matches: int = 7, others: int = 3, weeks: range = range(2, 8)) -> None:
    for week in weeks:
        for agent in AGENTS:
            day(version, agent, 7 * week + agent % 7, matches=matches, others=others)


def alarmed() -> list[Answer]:
    return [each.answer for each in decaying(timezone.now())]


def test_an_answer_that_agents_stopped_sending_is_named_with_the_evidence() -> None:
    wrong, fine = make_answer("Wrong"), make_answer("Fine")
    for version in (wrong, fine):
        history(version)
    for agent in AGENTS:
        day(wrong, agent, agent % 7, matches=1, others=9)
        day(fine, agent, agent % 7, matches=7, others=3)
    [found] = decaying(timezone.now())
    assert found.answer == wrong.answer
    assert (found.fall.before, found.fall.after, found.n_agents) == (0.7, 0.1, 8)
    assert "From 70 % of 480 turns to 10 % of 80 in the last" in found.evidence
    assert "anything rarer than once in 14,600." in found.evidence  # 0.2 / (365 looks, 2 answers, 4 windows)
    [alert] = answers_have_decayed(timezone.now())
    assert (alert.title, alert.subject) == ("Agents keep less of “Wrong”", "wrong")
    assert found.evidence in alert.evidence


def test_a_version_that_puts_it_right_ends_the_alarm() -> None:
    wrong = make_answer()
    history(wrong)
    for agent in AGENTS:
        day(wrong, agent, 2 + agent % 5, matches=0, others=10)
    assert alarmed() == [wrong.answer]
    better = make_answer(approved_at=timezone.now() - timedelta(days=1))
    assert alarmed() == []
    for agent in AGENTS:
        day(better, agent, 0, matches=0, others=10)
    assert alarmed() == [wrong.answer], "the new one is not sent either"


def test_a_retired_answer_raises_no_alarm() -> None:
    wrong = make_answer()
    history(wrong)
    for agent in AGENTS:
        day(wrong, agent, 1, matches=0, others=10)
    Answer.objects.update(retired_at=timezone.now())
    assert alarmed() == []


def test_another_mix_of_arms_or_agents_raises_no_alarm() -> None:
    """Held-out turns match less often; of late there are more of them, and more of those who write on their own."""
    version = make_answer()
    for week in range(1, 8):
        for agent in AGENTS:
            day(version, agent, 7 * week, matches=9 if agent < 5 else 3, others=1 if agent < 5 else 7)
            day(version, agent, 7 * week, matches=1, others=4, arm="shadow")
    for agent in AGENTS:
        day(version, agent, 1, matches=4 if agent < 5 else 9, others=0 if agent < 5 else 21)
        day(version, agent, 1, matches=8, others=32, arm="shadow")
    assert alarmed() == []


def test_fewer_than_five_agents_or_ten_turns_are_not_looked_at() -> None:
    version = make_answer()
    history(version, weeks=range(9, 15))
    for agent in (1, 2, 3, 4):
        day(version, agent, 1, matches=0, others=40)
    assert alarmed() == []
    AnswerDay.objects.filter(day__gte=timezone.localdate() - timedelta(days=3)).delete()
    for agent in AGENTS:
        day(version, agent, 1, matches=0, others=1)
    assert alarmed() == []


def test_without_any_rows_there_is_no_alarm() -> None:
    make_answer()
    assert decaying(timezone.now()) == []
