"""A small world for the pipeline's tests: an honest fake encoder, a hundred short cases, and what is trained on them.

The fake encoder adds up one fixed random direction per word, so texts that share words are near each other. It costs
no download and no second.
"""

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import cache

import numpy as np

from copilot.datasets import NO_ANSWER, Dataset, Example
from copilot.pipeline.run import Pipeline
from copilot.pipeline.types import Catalog, CatalogAnswer, Features, Floors, Question, Reason
from labeling.training.prepared import Prepared, prepare
from labeling.training.train import Fitted, fit

DIMENSIONS = 48
START = datetime(2025, 1, 6, 9, tzinfo=UTC)

PAYOUT = "Your payout leaves at seven in the morning and reaches the bank by noon."
REFUND = "Open the sale, tap refund and choose the amount; the card gets it in three days."
READER = "Hold the power button for ten seconds and pair the reader with Bluetooth again."
PRINTER = "Open the lid, put in a new paper roll and press feed."

CATALOG = Catalog(
    (
        CatalogAnswer("payout-time@1", "payout-time", "payouts", PAYOUT),
        CatalogAnswer(
            "payout-weekend@1", "payout-weekend", "payouts", "Weekend sales are paid out on Monday."
        ),
        CatalogAnswer("refund-card@1", "refund-card", "refunds", REFUND),
        CatalogAnswer("reader-pairing@2", "reader-pairing", "reader", READER),
        CatalogAnswer("reader-paper@1", "reader-paper", "reader", PRINTER),
    )
)

QUESTIONS = {
    ("payouts", "payout-time"): (
        "when does my payout arrive",
        "payout still not in the bank",
        "what time is the payout",
    ),
    ("payouts", "payout-weekend"): (
        "do weekend sales pay out on sunday",
        "weekend payout when",
        "saturday sales paid out?",
    ),
    ("refunds", "refund-card"): (
        "how do i refund a card",
        "customer wants a refund",
        "refund half the amount please",
    ),
    ("reader", "reader-pairing"): (
        "reader will not pair",
        "bluetooth pairing fails on the reader",
        "reader lost its pairing",
    ),
    ("reader", "reader-paper"): (
        "paper roll is stuck",
        "how do i change the paper roll",
        "paper empty on the reader",
    ),
    ("refunds", NO_ANSWER): ("refund in another currency possible",),
}
OTHERS = {
    Reason.THANKS: ("thanks that worked", "thank you so much", "cheers all good now"),
    Reason.AUTO_REPLY: (
        "automatic reply out of office until monday",
        "out of office this week",
        "automatic reply away",
    ),
}
PLACES = ("", " at the stall", " in my shop", " since tuesday", " again")


# A fourth topic, which nothing above knows of.
GIFT = "Sell a gift card from the items page; the customer pays with it like with a voucher."
GIFTS = (
    "can i sell a gift card",
    "gift card balance is wrong",
    "customer pays with a gift card",
    "gift card voucher expired",
)
WITH_GIFTS = Catalog((*CATALOG.answers, CatalogAnswer("gift-sell@1", "gift-sell", "gift-cards", GIFT)))


def gift_text(number: int) -> str:
    """A question about gift cards, each number another one."""
    return GIFTS[number % len(GIFTS)] + PLACES[number // len(GIFTS) % len(PLACES)]


class FakeEncoder:
    """Speaks like copilot.pipeline.encoder.Encoder, of words only."""

    sha256 = "fake"
    dimensions = DIMENSIONS
    layer_dimensions = DIMENSIONS
    learned_from: frozenset[str] = frozenset()

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        sums = [sum((_direction(word) for word in text.lower().split()), _direction("")) for text in texts]
        rows = np.array(sums, dtype=np.float32).reshape(-1, DIMENSIONS)
        return rows / np.linalg.norm(rows, axis=1, keepdims=True)

    def features(self, questions: Sequence[Question]) -> Features:
        embedding = self.encode([question.text for question in questions])
        return Features(embedding=embedding, layers=embedding[:, ::-1], questions=tuple(questions))

    def n_tokens(self, text: str) -> int:
        return len(text.split()) + 2


@cache
def _direction(word: str) -> np.ndarray:
    seed = int.from_bytes(hashlib.sha256(word.encode()).digest()[:4])
    return np.random.default_rng(seed).standard_normal(DIMENSIONS)


def make_example(number: int, text: str, **labels: object) -> Example:
    fields = {
        "case": f"c{number}",
        "message": f"m{number}",
        "at": START + timedelta(hours=number),
        "language": "en",
    }
    return Example(text=text, **{**fields, **labels})


def make_dataset() -> Dataset:
    examples = []
    for place in PLACES:
        for (topic, answer), texts in QUESTIONS.items():
            for text in texts:
                examples.append(make_example(len(examples), text + place, topic=topic, answer=answer))
        for reason, texts in OTHERS.items():
            for text in texts:
                examples.append(make_example(len(examples), text + place, reason=reason))
    return Dataset(examples=tuple(examples), catalog=CATALOG, card={}, sha256="test")


@cache
def prepared() -> Prepared:
    return prepare(make_dataset(), encoder=FakeEncoder(), seed=1)


@cache
def fitted() -> Fitted:
    return fit(prepared(), languages=("en",), target_risk=0.2)


def make_pipeline(**changes: object) -> Pipeline:
    """A pipeline of the small world, all floors at zero unless changed."""
    parts = {"validity": fitted().validity, "topics": fitted().topics, "answers": fitted().answers}
    return Pipeline(**{"encoder": FakeEncoder(), "floors": Floors(), **parts, **changes})
