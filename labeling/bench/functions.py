"""How fast labeling functions are: very many rows, one function anew, one message; beside snorkel's own applier.

Rows are made shard by shard, as a worker reads them, from texts that are repeated with a number of their own; making
them is not timed. Votes are packed as they are stored and joined to one matrix, which is timed.
"""

import re
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, cast

import numpy as np

from copilot.pipeline.encoder import Encoder
from copilot.pipeline.heads import unit
from copilot.pipeline.run import Pipeline
from copilot.pipeline.types import Catalog, Features, Floors, Question, Vectors
from helpdesk.benching.memory import peak_mb
from labeling.functions import field, keyword, regex
from labeling.functions.artifact import sure_of
from labeling.functions.engine import Engine, Rule
from labeling.functions.neighbour import near
from labeling.functions.rows import Rows
from labeling.models import SHARD, Task
from labeling.votes import Votes

Tell = Callable[[str], object]
Spec = tuple[str, dict[str, Any]]  # kind, specification
WORD = re.compile(r"[^\W\d_]{4,}")
READ: Mapping[str, Callable[[object], Rule]] = {
    "keyword": keyword.read,
    "regex": regex.read,
    "field": lambda spec: Rule(test=field.read(spec)),
}
CHANNELS, LANGUAGES, PLANS = ("email", "chat", "web"), ("en", "de", "fr", ""), ("Go", "Plus", "Chain")
FIELDS: tuple[dict[str, Any], ...] = (
    {"path": "channel", "op": "is", "value": "chat"},
    {"path": "language", "op": "not in", "value": ["en"]},
    {"path": "customer.plan", "op": "in", "value": ["Go", "Plus"]},
    {"path": "length", "op": "below", "value": 40},
)
DIMENSIONS, EXEMPLARS = 384, 20
ENCODED, ASKED = 500, 10_000  # texts that heads are asked about: that differ, and in all
MESSAGES = 2_000  # that come in one by one


def measure_functions(
    texts: Sequence[str],
    *,
    rows: int,
    functions: int,
    slice_rows: int,
    seed: int,
    tell: Tell,
    release: tuple[Pipeline, Catalog] | None = None,
) -> dict[str, dict[str, float | int]]:
    """Run made functions over made rows, and a release's heads where there are some, and return what it took."""
    specs = make_specs(texts, n=functions, seed=seed)
    rules = [READ[kind](spec) for kind, spec in specs]
    tell(f"{len(rules)} functions over {rows} rows …")
    all_of_them, cpu, votes = _apply(rules, texts, rows=rows, seed=seed)
    tell("one of them edited …")
    one, _cpu, _votes = _apply(rules[:1], texts, rows=rows, seed=seed)
    peak = peak_mb()
    figures: dict[str, dict[str, float | int]] = {
        "all functions": {
            "rows": rows, "functions": len(rules), "seconds": all_of_them, "cpu_seconds": cpu,
            "rows_per_second": rows / all_of_them,
            "votes": len(votes.rows), "coverage": float(votes.covered().mean()), "peak_mb": peak,
        },
        "one function edited": {"rows": rows, "seconds": one, "rows_per_second": rows / one},
        "one message": _one_by_one(rules, texts, seed=seed),
    }  # fmt: skip
    tell("neighbours by stored vectors …")
    figures["one neighbour function, vectors stored"] = _neighbours(rows=min(rows, 10 * SHARD), seed=seed)
    if release:
        tell("trained heads …")
        figures["one artifact function"] = _trained_heads(*release, texts, rows=min(rows, ASKED), seed=seed)
    if slice_rows:
        tell(f"snorkel's PandasLFApplier over {slice_rows} rows …")
        figures["snorkel on a slice"] = _beside_snorkel(specs, texts, rows=slice_rows, seed=seed)
        slower = float(figures["snorkel on a slice"]["rows_per_second"])
        figures["snorkel on a slice"]["times_slower"] = rows / all_of_them / slower
    return figures


def make_specs(texts: Sequence[str], *, n: int, seed: int) -> list[Spec]:
    """Make functions out of the texts' own words: of five three are words, one is an expression and one a field."""
    rng = np.random.default_rng(seed)
    frequency = Counter(word for text in texts for word in {w.casefold() for w in WORD.findall(text)})
    words = sorted(word for word, count in frequency.items() if count <= max(2, len(texts) // 20))
    if len(words) < 10:
        raise ValueError("the texts have hardly any words: give a file of real messages")

    def some(count: int) -> list[str]:
        return [words[at] for at in rng.integers(len(words), size=count)]

    def made(number: int) -> Spec:
        if number % 5 == 3:
            first, second = some(2)
            return "regex", {"pattern": rf"\b{first}\b.{{0,60}}\b{second}|{second}s? [0-9]+"}
        if number % 5 == 4:
            return "field", FIELDS[number // 5 % len(FIELDS)]
        return "keyword", {"any": some(6), "none": some(2)}

    return [made(number) for number in range(n)]


def _shards(texts: Sequence[str], *, rows: int, seed: int) -> Iterator[Rows]:
    rng = np.random.default_rng(seed)
    customers = [{"plan": plan} for plan in PLANS]
    for start in range(0, rows, SHARD):
        ids = range(start, min(start + SHARD, rows))
        which, language, channel, plan = (
            rng.integers(len(choices), size=len(ids)).tolist()
            for choices in (texts, LANGUAGES, CHANNELS, PLANS)
        )
        yield Rows(
            ids=ids,
            texts=[f"{texts[at]} {number}" for at, number in zip(which, ids, strict=True)],
            subjects=[""] * len(ids),
            languages=[LANGUAGES[at] for at in language],
            channels=[CHANNELS[at] for at in channel],
            cases=[{}] * len(ids),
            customers=[customers[at] for at in plan],
        )


def _apply(
    rules: Sequence[Rule], texts: Sequence[str], *, rows: int, seed: int
) -> tuple[float, float, Votes]:
    """Run rules shard by shard and join what they said; return the seconds that took, and those of the processor."""
    clock = _Clock()
    with clock:
        engine = Engine(rules)
    packed: list[list[tuple[int, bytes]]] = [[] for _ in rules]
    for chunk in _shards(texts, rows=rows, seed=seed):
        with clock:
            for column, hits in zip(packed, engine.fires(chunk), strict=True):
                column.append((chunk.ids[0], hits.astype(np.uint16).tobytes()))
    with clock:
        votes = Votes.from_columns([_column(parts) for parts in packed], n=rows, k=1)
    return clock.seconds, clock.cpu_seconds, votes


class _Clock:
    """Adds up what its blocks take."""

    def __init__(self) -> None:
        self.seconds = self.cpu_seconds = 0.0

    def __enter__(self) -> None:
        self._started = time.perf_counter(), time.process_time()

    def __exit__(self, *_: object) -> None:
        self.seconds += time.perf_counter() - self._started[0]
        self.cpu_seconds += time.process_time() - self._started[1]


def _neighbours(*, rows: int, seed: int) -> dict[str, float | int]:
    """Compare stored vectors of half precision with exemplars, as kind neighbour does; encoding is not timed."""
    rng, clock = np.random.default_rng(seed), _Clock()
    exemplars = unit(rng.normal(size=(EXEMPLARS, DIMENSIONS)).astype(np.float32))
    for start in range(0, rows, SHARD):
        stored = rng.normal(size=(min(SHARD, rows - start), DIMENSIONS)).astype(np.float16)
        with clock:
            near(unit(stored.astype(np.float32)), exemplars, min_similarity=0.7, votes=1)
    return {
        "rows": rows,
        "exemplars": EXEMPLARS,
        "seconds": clock.seconds,
        "rows_per_second": rows / clock.seconds,
    }


def _trained_heads(
    pipeline: Pipeline, catalog: Catalog, texts: Sequence[str], *, rows: int, seed: int
) -> dict[str, float | int]:
    """Let heads vote as kind artifact does: of texts that were encoded before, and the encoding by itself."""
    questions = [Question(text) for text in texts[:ENCODED]]
    encoding, deciding = _Clock(), _Clock()
    with encoding:
        known = _Known(pipeline.encoder, questions)
    heads = replace(pipeline, encoder=cast(Encoder, known), floors=Floors())
    rng = np.random.default_rng(seed)
    for start in range(0, rows, ENCODED):
        known.rows = rng.integers(len(questions), size=min(ENCODED, rows - start))
        with deciding:
            asked = [questions[row] for row in known.rows.tolist()]
            for outcome in heads.run(asked, catalog=catalog):
                sure_of(outcome, Task.TOPIC, 0.8)
    return {
        "rows": rows,
        "seconds": deciding.seconds,
        "rows_per_second": rows / deciding.seconds,
        "rows_encoded_per_second": len(questions) / encoding.seconds,
    }


class _Known:
    """An encoder that looks up what it encoded before: `rows` are those of the questions that come next."""

    def __init__(self, encoder: Encoder, questions: Sequence[Question]) -> None:
        self._encoder = encoder
        self._features = encoder.features(questions)
        self.rows = np.zeros(0, np.int64)

    def encode(self, texts: Sequence[str]) -> Vectors:
        return self._encoder.encode(texts)  # of answers, once

    def features(self, _: Sequence[Question]) -> Features:
        return self._features.only(self.rows)


def _column(parts: Sequence[tuple[int, bytes]]) -> tuple[np.ndarray, np.ndarray]:
    places = np.concatenate(
        [np.frombuffer(offsets, np.uint16).astype(np.int64) + start for start, offsets in parts]
    )
    return places, np.zeros(len(places), np.int32)


def _one_by_one(rules: Sequence[Rule], texts: Sequence[str], *, seed: int) -> dict[str, float | int]:
    """Decide messages one at a time, as they come in."""
    engine = Engine(rules)
    coming = [
        Rows.of_text(text, channel="chat", language="en")
        for text in np.random.default_rng(seed).choice(np.array(texts, object), MESSAGES).tolist()
    ]
    took = []
    for message in [*coming[:200], *coming]:
        started = time.perf_counter()
        engine.fires_on(message)
        took.append(time.perf_counter() - started)
    microseconds = 1e6 * np.array(took[200:])
    return {
        "n": len(microseconds),
        "p50_us": float(np.quantile(microseconds, 0.5)),
        "p95_us": float(np.quantile(microseconds, 0.95)),
    }


def _beside_snorkel(
    specs: Sequence[Spec], texts: Sequence[str], *, rows: int, seed: int
) -> dict[str, float | int]:
    """Run the same functions as snorkel's tutorials write them, and tell how many votes are the same."""
    import pandas  # only for this
    from snorkel.labeling import LabelingFunction, PandasLFApplier

    [chunk] = _shards(texts, rows=min(rows, SHARD), seed=seed)
    frame = pandas.DataFrame(
        {
            "text": chunk.texts, "channel": chunk.channels, "language": chunk.languages,
            "plan": [customer["plan"] for customer in chunk.customers], "length": [len(t) for t in chunk.texts],
        }
    )  # fmt: skip
    theirs = [LabelingFunction(f"lf{number}", _as_python(*spec)) for number, spec in enumerate(specs)]
    started = time.perf_counter()
    said = PandasLFApplier(lfs=theirs).apply(frame, progress_bar=False)
    seconds = time.perf_counter() - started
    ours = np.full(said.shape, -1)
    for number, hits in enumerate(Engine([READ[kind](spec) for kind, spec in specs]).fires(chunk)):
        ours[hits, number] = 0
    return {
        "rows": len(frame),
        "seconds": seconds,
        "rows_per_second": len(frame) / seconds,
        "same_votes": float((ours == said).mean()),
    }


def _as_python(kind: str, spec: dict[str, Any]) -> Callable[[Any], int]:
    """Write a function by hand in Python: 0 is its label, -1 an abstain."""
    if kind == "keyword":
        some, never = (
            re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, spec[key]))})(?!\w)", re.IGNORECASE)
            for key in ("any", "none")
        )
        return lambda x: 0 if some.search(x.text) and not never.search(x.text) else -1
    if kind == "regex":
        pattern = re.compile(spec["pattern"], re.IGNORECASE | re.ASCII)
        return lambda x: 0 if pattern.search(x.text) else -1
    name, op = spec["path"].removeprefix("customer."), spec["op"]
    value = spec["value"] if isinstance(spec["value"], list) else [spec["value"]]
    if op == "below":
        return lambda x: 0 if x[name] < value[0] else -1
    if op == "not in":
        return lambda x: -1 if x[name] in value else 0
    return lambda x: 0 if x[name] in value else -1
