"""Labels become a dataset: what people and label models say, with the question that the pipeline would have read.

1. Read the gold, and leave out what is flagged or about a topic that is gone.
2. The latest cases are the test split, gold alone: a release is judged on what came after all it learned from. What is
   no longer believed judges nobody, nor does what was said with a topic's name above the message.
3. The rest is for training, with weak labels beside or instead of the gold, of earlier messages and other cases only.
4. Near-copies of test texts leave the training split.
5. Write examples, catalog, card and manifest.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path

from django.conf import settings

from copilot import datasets
from copilot.catalog import catalog_at
from copilot.datasets import DatasetError, Example, Source, Split
from copilot.models import Topic
from labeling import manifests
from labeling.describing import ages_of, agreement_of, classes_of, holes_of
from labeling.gold import Gold, read_gold
from labeling.manifests import Manifest
from labeling.splitting import drop_near_copies, split_by_time
from labeling.weak_examples import WeakLabels, read_weak

# Labels are dear: on the demo world's 1,825, testing on a fifth instead of a twelfth cost so many that the floor of the
# confidence let pass 17 % of the questions instead of 29 %.
TEST_SHARE = 0.1
READING = 0.6  # of the work
COPY = "near-copy of a test text"
STALE = "stale, so it judges nobody"
ANCHORED = "labeled with a topic's name above it, so it judges nobody"
SOURCES = {"gold": "gold annotations", "weak": "weak labels", "both": "gold annotations and weak labels"}

Tell = Callable[[str, float], object]


class Takes(StrEnum):
    """Whose labels are learned from; gold alone judges."""

    GOLD = "gold"
    WEAK = "weak"
    BOTH = "both"


@dataclass(frozen=True)
class Recipe:
    """What decides how a dataset comes out; `seed` is the label model's, for nothing of gold is left to chance."""

    takes: Takes = Takes.GOLD
    seed: int = 1
    test_share: float = TEST_SHARE


@dataclass(frozen=True)
class Frozen:
    """A dataset that was written: where, its fingerprint, and what it was made of."""

    folder: Path
    sha256: str
    manifest: Manifest
    left_out: Mapping[str, int]

    @property
    def n_left_out(self) -> int:
        return sum(self.left_out.values())


def freeze(
    name: str,
    *,
    now: datetime,
    recipe: Recipe = Recipe(),
    weak: WeakLabels | None = None,
    flagged: Collection[int] = (),
    until: datetime | None = None,
    tell: Tell = lambda step, share: None,
) -> Frozen:
    """Write the labels and the catalog of now to DATASETS_ROOT/name; `flagged` are messages to be looked at first.

    With `until` it is the gold of the messages before that moment, and the catalog as it stood then.

    Raises:
        DatasetError: weak labels are wanted and there are none.
    """
    if recipe.takes is not Takes.GOLD and weak is None:
        raise DatasetError(f"{name}: there are no weak labels to take: run a label model, or take gold only")
    gold = read_gold(flagged=flagged, until=until, done=lambda share: tell("Reading labels", READING * share))
    split = split_by_time(gold.examples, share=recipe.test_share)
    examples = list(_judging(split, left_out=gold.left_out))
    if recipe.takes is Takes.WEAK:
        examples = [example for example in examples if example.split is Split.TEST]
        gold.left_out["gold that was not to be learned from"] += len(gold.examples) - len(examples)
    if recipe.takes is not Takes.GOLD and weak:
        tell("Reading weak labels", READING)
        examples += read_weak(weak, gold=tuple(examples), flagged=flagged, left_out=gold.left_out)
    tell("Comparing texts", 0.8)
    examples, n_copies = drop_near_copies(examples)
    gold.left_out[COPY] += n_copies
    tell("Writing", 0.9)
    return _write(name, examples, gold, recipe=recipe, weak=weak, now=now, until=until)


def _judging(split: Iterable[Example], *, left_out: Counter[str]) -> Iterator[Example]:
    """Leave out of the test split what may judge nobody, and count why."""
    for example in split:
        if example.split is Split.TEST and not example.may_judge:
            left_out[STALE if example.stale else ANCHORED] += 1
        else:
            yield example


def _write(
    name: str,
    examples: Sequence[Example],
    gold: Gold,
    *,
    recipe: Recipe,
    weak: WeakLabels | None,
    now: datetime,
    until: datetime | None,
) -> Frozen:
    moment = catalog_at(until or now)
    rows = [example for example in examples if example.source is Source.GOLD]
    used = [row for example in rows for row in gold.labels[example.message]]
    manifest = Manifest(
        takes=recipe.takes.value,
        seed=recipe.seed,
        test_share=recipe.test_share,
        training=tuple(each.message for each in examples if each.split is Split.TRAIN),
        test=tuple(each.message for each in examples if each.split is Split.TEST),
        labels=tuple(sorted(row.pk for row in used)),
        answers=tuple(sorted(answer.key for answer in moment.catalog.answers)),
        functions=dict(weak.functions) if weak else {},
        label_model=dict(weak.settings) if weak else {},
    )
    classes = classes_of(examples)
    agreement = agreement_of(example for example in examples if not example.anchored)
    topics = sorted(Topic.objects.filter(retired_at=None).values_list("slug", flat=True))
    left_out = {why: n for why, n in sorted(gold.left_out.items()) if n}
    card: dict[str, object] = {
        "name": name,
        "source": SOURCES[recipe.takes],
        "frozen_at": now.isoformat(),
        **({"until": until.isoformat()} if until else {}),
        "manifest": manifest.sha256,
        "n_train": len(manifest.training),
        "n_test": len(manifest.test),
        "near_copies_left_out": gold.left_out[COPY],
        "left_out": left_out,
        "classes": classes,
        "ages": ages_of((row.made_at for row in used), now=now),
        "agreement": {task: asdict(judged) for task, judged in agreement.items()},
        "holes": holes_of(classes, topics=topics, n_stale=sum(bool(each.stale) for each in examples)),
    }
    folder = Path(settings.DATASETS_ROOT) / name
    sha256 = datasets.write(folder, examples, card, catalog=moment.catalog)
    draft = folder / f".{manifests.FILE}.draft"
    draft.write_text(manifest.as_json(), "utf-8")
    draft.replace(folder / manifests.FILE)
    return Frozen(folder, sha256, manifest, left_out)
