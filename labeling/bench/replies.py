"""How well the reply that an agent wrote is found among 99 that were written to others.

1. Read cases in the import format: a customer's first message and the first reply to it, personal numbers masked.
2. Fit each way to rank on the earlier cases.
3. Rank each later case's own reply among others drawn at random, the same for every way.

Recipes and WORDS_WEIGHT were chosen by the cross-validated figure, which is made of the earlier cases alone.

On 4,000 conversations of a shop, 3,000 earlier and 1,000 later, the right reply came first, cross-validated and tested:
cosine 45.6 and 45.3 %, ridge 53.8 and 54.5, plain towers 58.6 and 61.9, towers 59.3 and 62.6, deep towers 61.4 and
62.8, deep towers and words 62.3 and 65.2 (+3.3 points over plain towers, 95 % interval 1.1 to 5.5). Towers and deep
towers are trained as the answer stage trains its own. Were the deep ones 1,152 instead of 384 wide, the last two ways
would reach 63.2 and 63.5, 63.6 and 65.1; on the demo world such towers gained nothing that its size can show (the right
answer first for 0.4 more of 100 questions, -1.0 to 1.8), for 0.15 ms a question and three times the size.
"""

import gzip
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from time import perf_counter
from typing import Any, Protocol

import numpy as np
from django.utils.timezone import make_aware
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from copilot.pipeline.heads import Tower, Towers
from copilot.pipeline.masking import masked
from copilot.pipeline.types import Features, Question, Stage
from copilot.pipeline.words import overlap
from copilot.statistics.intervals import wilson
from labeling.training.fitting import fit_words
from labeling.training.towers import Recipe, fit_ridge, fit_towers, train_towers

SHARE_PAST = 0.75
N_OTHERS = 99
N_FOLDS = 4
FEWEST_CASES = 600  # so that folds and later cases have others enough, some of them equal
DEPTHS = (1, 5, 10)
PLAIN_RECIPE = Recipe(epochs=4, sharpness=20.0)
WORDS_WEIGHT = 0.4


class RepliesError(Exception):
    """The file cannot be measured on."""


class Encodes(Protocol):
    """What is asked of an encoder."""

    def features(self, questions: list[Question]) -> Features:
        """Read texts."""


@dataclass(frozen=True)
class Pair:
    """A case's first message and the reply to it, masked."""

    at: datetime
    asked: str
    replied: str


@dataclass(frozen=True, eq=False)
class Pairs:
    """n of them as the encoder reads them; row i of `replied` answers row i of `asked`."""

    asked: Features
    replied: Features

    def __len__(self) -> int:
        return len(self.asked.questions)

    def only(self, rows: NDArray[np.integer]) -> "Pairs":
        """Some of them."""
        return Pairs(self.asked.only(rows), self.replied.only(rows))


Score = Callable[
    [int, NDArray[np.int64]], NDArray[np.floating]
]  # of one row's question with the replies of others
Fitted = Callable[[Pairs], Score]
Fit = Callable[[Pairs, int], Fitted]


def read_pairs(path: Path) -> list[Pair]:
    """Read a file of JSON Lines, plain or .gz, in order of time; cases without a reply to their customer are left out.

    A time without its zone is one of TIME_ZONE, as it is for the import.

    Raises:
        RepliesError: a line is not a case, or the file cannot be read.
    """
    opened = gzip.open if path.suffix == ".gz" else open
    pairs: list[Pair] = []
    try:
        with opened(path, "rt", encoding="utf-8") as lines:
            for number, line in enumerate(lines, start=1):
                if line.strip():
                    pairs += _pair_of(line, number=number)
    except (OSError, EOFError, UnicodeDecodeError) as error:
        raise RepliesError(f"{path} can't be read: {error}") from error
    return sorted(pairs, key=lambda pair: pair.at)


def measure_replies(pairs: list[Pair], *, encoder: Encodes, seed: int) -> dict[str, Mapping[str, Any]]:
    """Return the figures of each way to rank, by its name.

    Raises:
        RepliesError: there are too few cases to draw others from, or too many of them have one reply.
    """
    n_past = int(len(pairs) * SHARE_PAST)
    if len(pairs) < FEWEST_CASES:
        raise RepliesError(f"{len(pairs)} cases have a reply, {FEWEST_CASES} are needed: use a larger file")
    read = Pairs(
        encoder.features([Question(pair.asked) for pair in pairs]),
        encoder.features([Question(pair.replied) for pair in pairs]),
    )
    past, later = read.only(np.arange(n_past)), read.only(np.arange(n_past, len(pairs)))
    with threadpool_limits(1):  # matrices this small are slower on many threads
        measured = {name: _measured(fit, past, later, seed=seed) for name, fit in WAYS.items()}
    plain = measured["plain towers"][0]
    return {
        "cases": {"earlier": len(past), "later": len(later), "others": N_OTHERS},
        **{
            name: {**figures, "recall_1_over_plain_towers": _mean((ranks == 1) * 1.0 - (plain == 1))}
            for name, (ranks, figures) in measured.items()
        },
    }


def _pair_of(line: str, *, number: int) -> Iterator[Pair]:
    try:
        said = sorted(
            (_time(entry["at"]), at, entry["from"], masked(entry["body"]))
            for at, entry in enumerate(json.loads(line)["messages"])
        )
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise RepliesError(
            f"line {number} is no case ({type(error).__name__}: {error}): correct it"
        ) from error
    asked_at = next((at for at, (_, _, who, _) in enumerate(said) if who == "customer"), len(said))
    replied = next((body for _, _, who, body in said[asked_at:] if who == "agent"), None)
    if replied is not None:
        yield Pair(said[asked_at][0], said[asked_at][3], replied)


def _time(value: str) -> datetime:
    at = datetime.fromisoformat(value)
    return at if at.tzinfo else make_aware(at)


def _measured(
    fit: Fit, past: Pairs, later: Pairs, *, seed: int
) -> tuple[NDArray[np.int64], Mapping[str, Any]]:
    start = perf_counter()
    fitted = fit(past, seed)
    fit_seconds = perf_counter() - start
    ranks, milliseconds = _ranks(fitted(later), later, seed=seed)
    return ranks, {
        **{f"recall_{depth}": _share(ranks <= depth) for depth in DEPTHS},
        "mrr": _mean(1 / ranks),
        "cross_validated_recall_1": float((_cross_validated(fit, past, seed=seed) == 1).mean()),
        "fit_seconds": fit_seconds,
        "ms_per_ranking": milliseconds,
    }


def _cross_validated(fit: Fit, past: Pairs, *, seed: int) -> NDArray[np.int64]:
    fold = np.random.default_rng(seed).permutation(len(past)) % N_FOLDS
    ranks = []
    for number in range(N_FOLDS):
        held_out = past.only(np.flatnonzero(fold == number))
        fitted = fit(past.only(np.flatnonzero(fold != number)), seed)
        ranks.append(_ranks(fitted(held_out), held_out, seed=seed)[0])
    return np.concatenate(ranks)


def _ranks(score: Score, pairs: Pairs, *, seed: int) -> tuple[NDArray[np.int64], float]:
    """Rank of each row's own reply among others, and the median time of a ranking; equal replies are no rivals."""
    rng = np.random.default_rng(seed)
    number_of: dict[str, int] = {}
    reply = np.array([number_of.setdefault(each.text, len(number_of)) for each in pairs.replied.questions])
    ranks, spent = [], []
    for row in range(len(pairs)):
        rivals = np.flatnonzero(reply != reply[row])
        if len(rivals) < N_OTHERS:
            raise RepliesError(
                f"of {len(pairs)} cases {len(rivals)} have another reply than "
                f"{pairs.replied.questions[row].text[:60]!r}, {N_OTHERS} are needed: use a larger file"
            )
        others = rng.choice(rivals, N_OTHERS, replace=False)
        start = perf_counter()
        scores = score(row, np.array([row, *others]))
        spent.append((perf_counter() - start) * 1000)
        ranks.append(1 + int((scores[1:] >= scores[0]).sum()))  # who cannot tell two apart gets no credit
    return np.array(ranks), float(np.median(spent))


def _share(hits: NDArray[np.bool_]) -> Mapping[str, float]:
    interval = wilson(int(hits.sum()), len(hits))
    return {"estimate": interval.estimate, "low": interval.low, "high": interval.high}


def _mean(values: NDArray[np.floating]) -> Mapping[str, float]:
    mean, half = float(values.mean()), 1.96 * float(values.std(ddof=1)) / len(values) ** 0.5
    return {"estimate": mean, "low": mean - half, "high": mean + half}


def _by_towers(towers: Towers) -> Fitted:
    def prepare(pairs: Pairs) -> Score:
        risen = towers.answer.read(pairs.replied)
        return lambda row, rows: risen[rows] @ towers.question.read(pairs.asked.only([row]))[0]

    return prepare


def _cosine(past: Pairs, _seed: int) -> Fitted:
    d = past.asked.embedding.shape[1]
    return _by_towers(Towers(Tower.identity(d, d), Tower.identity(d, d)))


def _ridge(past: Pairs, _seed: int) -> Fitted:
    return _by_towers(fit_ridge(past.asked.embedding, past.replied.embedding))


def _plain(past: Pairs, seed: int) -> Fitted:
    return _by_towers(
        fit_towers(past.asked.embedding, past.replied.embedding, seed=seed, recipe=PLAIN_RECIPE)
    )


def _tuned(past: Pairs, seed: int) -> Fitted:
    return _by_towers(train_towers(past.asked, past.replied, seed=seed))


def _deep(past: Pairs, seed: int) -> Fitted:
    return _by_towers(train_towers(past.asked, past.replied, seed=seed, are_deep=True))


def _deep_and_words(past: Pairs, seed: int) -> Fitted:
    meaning = _deep(past, seed)
    texts = [question.text for side in (past.asked, past.replied) for question in side.questions]
    words = fit_words(texts, stage=Stage.ANSWER)

    def prepare(pairs: Pairs) -> Score:
        score = meaning(pairs)
        asked, bags = words.bags(pairs.asked.terms), words.bags(pairs.replied.terms)

        def scores(row: int, rows: NDArray[np.int64]) -> NDArray[np.floating]:
            spread = words.spread(asked[row])
            return score(row, rows) + WORDS_WEIGHT * np.array([overlap(bags[at], spread) for at in rows])

        return scores

    return prepare


WAYS: Mapping[str, Fit] = {
    "cosine": _cosine,
    "ridge": _ridge,
    "plain towers": _plain,
    "towers": _tuned,
    "deep towers": _deep,
    "deep towers and words": _deep_and_words,
}
