"""How good a release would be on cases it never saw: train k times, run the pipeline on what was held out.

Everything is trained again for each fold, floors included, and judged through Pipeline.run: what is measured is what
serves.
"""

from collections.abc import Callable

import numpy as np

from copilot.datasets import Dataset, Split
from copilot.pipeline.encoder import Encoder
from copilot.pipeline.run import Pipeline
from copilot.pipeline.types import Floors, Outcome
from labeling.training.judged import SCOPE_RISK
from labeling.training.prepared import N_FOLDS, prepare
from labeling.training.train import TARGET_RISK, fit


def crossfit(
    dataset: Dataset,
    *,
    encoder: Encoder,
    seed: int,
    languages: tuple[str, ...] = ("en",),
    target_risk: float = TARGET_RISK,
    scope_risk: float = SCOPE_RISK,
    floors: Floors | None = None,
    done: Callable[[int], None] = lambda _: None,
) -> list[Outcome]:
    """Return an outcome for each example of the training split, in order, from heads that never saw its case.

    `floors` replaces the fitted ones, as Floors() does to see every ranking. `done` is told each finished fold.
    """
    train = dataset.only(Split.TRAIN)
    prepared = prepare(train, encoder=encoder, seed=seed)
    outcomes: dict[int, Outcome] = {}
    for number in range(N_FOLDS):
        fitted = fit(
            prepared.only(np.flatnonzero(prepared.fold != number)),
            languages=languages,
            target_risk=target_risk,
            scope_risk=scope_risk,
        )
        pipeline = Pipeline(
            encoder=encoder,
            validity=fitted.validity,
            topics=fitted.topics,
            answers=fitted.answers,
            floors=floors or fitted.floors,
            languages=languages,
        )
        held_out = np.flatnonzero(prepared.fold == number).tolist()
        questions = [train.examples[row].question for row in held_out]
        outcomes |= zip(held_out, pipeline.run(questions, catalog=train.catalog), strict=True)
        done(number)
    return [outcomes[row] for row in range(len(train.examples))]
