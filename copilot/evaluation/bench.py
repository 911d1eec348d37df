"""How fast a pipeline is, measured where it serves: one question at a time, and in batches as a worker takes them.

Aims on one core: p95 of 6 ms for a message of about 35 tokens and 16 ms at 128 tokens, and in a batch at least 90 %
of what the encoder alone does, tokens included. The two take turns, so that what slows the machine slows both.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from copilot.pipeline.run import Pipeline
from copilot.pipeline.types import ENCODER, Catalog, Floors, Question

WARM_UP = 10
BATCH = 32


@dataclass(frozen=True)
class Bench:
    """Milliseconds for one question, questions per second in a batch.

    `stage_ms` are medians, by "encoder" and stage; `encoder_share` is the encoder's part of a single question's time;
    `batch_share_of_encoder` is batch throughput relative to the encoder's own on the same texts.
    """

    n: int
    mean_tokens: float
    p50_ms: float
    p95_ms: float
    stage_ms: Mapping[str, float]
    encoder_share: float
    batch_per_second: float
    encoder_per_second: float

    @property
    def batch_share_of_encoder(self) -> float:
        """1.0 would mean that all other stages are free."""
        return self.batch_per_second / self.encoder_per_second


def measure(pipeline: Pipeline, catalog: Catalog, texts: Sequence[str]) -> Bench:
    """Run texts through every stage, first one by one, then in batches; distinct texts, since equal ones are free.

    Floors are lowered, so that no question gets off lightly; answers' texts are read before the clock starts.
    """
    distinct = list(dict.fromkeys(texts))
    if not distinct:
        raise ValueError("nothing to measure: give at least one text")
    every_stage = replace(pipeline, floors=Floors())
    questions = [Question(text=text, language=pipeline.languages[0]) for text in distinct]
    every_stage.run(questions[:WARM_UP], catalog=catalog)

    singles, stages = [], []
    for question in questions:
        start = pipeline.timer()
        outcome = every_stage.run([question], catalog=catalog)[0]
        singles.append((pipeline.timer() - start) * 1000)
        stages.append(outcome.milliseconds)
    run_seconds, encode_seconds = 0.0, 0.0
    for at in range(0, len(questions), BATCH):
        batch = questions[at : at + BATCH]
        start = pipeline.timer()
        every_stage.run(batch, catalog=catalog)
        between = pipeline.timer()
        pipeline.encoder.features(batch)
        run_seconds += between - start
        encode_seconds += pipeline.timer() - between
    return Bench(
        n=len(distinct),
        mean_tokens=float(np.mean([pipeline.encoder.n_tokens(text) for text in distinct])),
        p50_ms=float(np.percentile(singles, 50)),
        p95_ms=float(np.percentile(singles, 95)),
        stage_ms={name: float(np.median([spent[name] for spent in stages])) for name in stages[0]},
        encoder_share=float(sum(spent[ENCODER] for spent in stages) / sum(singles)),
        batch_per_second=len(distinct) / run_seconds,
        encoder_per_second=len(distinct) / encode_seconds,
    )
