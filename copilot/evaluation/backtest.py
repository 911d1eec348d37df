"""Outcomes beside gold: how often each stage is right, with n and interval, and the dumb baseline next to it.

Right means what an honest person said: a second opinion's topic or answer counts, and so does a further topic that a
message asks about.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from copilot.datasets import Example
from copilot.evaluation.regex_baseline import reason_by_regex
from copilot.pipeline.types import Outcome, Reason
from copilot.pipeline.validity import QUESTION
from copilot.statistics.intervals import Interval, clustered_rate

Row = tuple[Example, Outcome]


@dataclass(frozen=True)
class Rate:
    """k of n, with cases as clusters; without rows there is no interval, and no figure to show."""

    k: int
    n: int
    interval: Interval | None

    @classmethod
    def of(cls, flags: Iterable[tuple[str, bool]]) -> "Rate":
        """Count flags, each with the case that it is of: those of one case count for what they are worth together.

        With few cases, or where all flags are alike, nobody knows how much those of a case resemble each other: each
        case then counts once.
        """
        n_of: Counter[str] = Counter()
        k_of: Counter[str] = Counter()
        for case, flag in flags:
            n_of[case] += 1
            k_of[case] += flag
        k, n = k_of.total(), n_of.total()
        if not n:
            return cls(k=0, n=0, interval=None)
        counts = [k_of[case] for case in n_of], list(n_of.values())
        return cls(k=k, n=n, interval=clustered_rate(*counts, last_deff=n / len(n_of)))

    def __str__(self) -> str:
        if self.interval is None:
            return "no rows"
        return f"{self.k / self.n:.1%} of {self.n} ({self.interval.low:.1%} to {self.interval.high:.1%})"


@dataclass(frozen=True)
class ClassScore:
    """One class of the validity stage ("question" or a reason): of those named so, and of those that are so."""

    name: str
    precision: Rate
    recall: Rate


@dataclass(frozen=True)
class Score:
    """How the pipeline did on some messages.

    `topic`: the first topic is right, of questions that reached the stage; `topic_kept`: one of those kept is.
    `coverage`: of questions, an answer is offered. `offered`: it is right, of all offered; one offered to a message
    that is no question is wrong. `in_four`: the right answer is offered or an alternative.
    """

    topic: Rate
    topic_kept: Rate
    coverage: Rate
    offered: Rate
    in_four: Rate


@dataclass(frozen=True)
class Backtest:
    """A whole evaluation: validity by class beside the baseline, then scores overall and by slice."""

    n: int
    validity: tuple[ClassScore, ...]
    baseline: tuple[ClassScore, ...]
    reasons: Mapping[str, int]
    overall: Score
    by_topic: Mapping[str, Score]
    by_group: Mapping[str, Score]


def backtest(
    outcomes: Sequence[Outcome], examples: Sequence[Example], *, languages: Collection[str]
) -> Backtest:
    """Compare outcomes with the examples they belong to, in the same order. Examples must not have been trained on.

    Those that may judge nobody are left out.
    """
    pairs = zip(examples, outcomes, strict=True)
    rows = [(example, outcome) for example, outcome in pairs if example.may_judge]
    gold = [(example.case, str(example.reason or QUESTION)) for example, _ in rows]
    by_regex = [reason_by_regex(example.question, languages=languages) or QUESTION for example, _ in rows]
    return Backtest(
        n=len(rows),
        validity=_class_scores(gold, [outcome.validity.reason or QUESTION for _, outcome in rows]),
        baseline=_class_scores(gold, by_regex),
        reasons=_reasons([outcome for _, outcome in rows]),
        overall=score(rows),
        by_topic=_sliced(rows, lambda example: example.topic or ""),
        by_group=_sliced(rows, lambda example: example.group),
    )


def score(rows: Sequence[Row]) -> Score:
    """Score topic and answer on examples with their outcomes."""
    questions = [(example, outcome) for example, outcome in rows if example.reason is None]
    asked = [(example, outcome) for example, outcome in questions if outcome.topic and example.topic]
    offered = [
        (example, outcome)
        for example, outcome in rows
        if outcome.offered and (example.reason or example.answer)
    ]
    return Score(
        topic=Rate.of(
            (example.case, outcome.topic_candidates[0][0] in example.topics_accepted)
            for example, outcome in asked
        ),
        topic_kept=Rate.of(
            (example.case, any(slug in example.topics_accepted for slug, _ in outcome.topic_candidates))
            for example, outcome in asked
        ),
        coverage=Rate.of((example.case, outcome.offered is not None) for example, outcome in questions),
        offered=Rate.of(
            (example.case, _slugs(outcome)[0] in example.answers_accepted) for example, outcome in offered
        ),
        in_four=Rate.of(
            (example.case, not example.answers_accepted.isdisjoint(_slugs(outcome)))
            for example, outcome in offered
        ),
    )


def _slugs(outcome: Outcome) -> list[str]:
    return [ranked.slug for ranked in outcome.answer.ranked] if outcome.answer else []


def _class_scores(gold: Sequence[tuple[str, str]], named: Sequence[str]) -> tuple[ClassScore, ...]:
    """Score each class; `gold` is with its cases."""
    told = [(case, true, said) for (case, true), said in zip(gold, named, strict=True)]
    known = (QUESTION, *Reason)
    return tuple(
        ClassScore(
            name=str(name),
            precision=Rate.of((case, true == name) for case, true, said in told if said == name),
            recall=Rate.of((case, said == name) for case, true, said in told if true == name),
        )
        for name in known
        if any(name in (true, said) for _, true, said in told)
    )


def _reasons(outcomes: Sequence[Outcome]) -> dict[str, int]:
    counts: dict[str, int] = defaultdict(int)
    for outcome in outcomes:
        counts[outcome.reason or "offered"] += 1
    return dict(sorted(counts.items()))


def _sliced(rows: Sequence[Row], name_of: Callable[[Example], str]) -> dict[str, Score]:
    slices: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        slices[name_of(row[0])].append(row)
    return {name: score(some) for name, some in sorted(slices.items()) if name}
