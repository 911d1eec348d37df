"""Rows for a bench: of tables that are read together, or of a dataset with the catalog it was frozen with."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import Any

from copilot import evaluating
from copilot.datasets import NO_CATALOG, DatasetError, Example, Split
from copilot.pipeline.types import Catalog
from labeling.tables import FEWEST_ROWS, Columns, Table, read_examples

LANGUAGE = "en"  # that all rows are taken for, so that none is left out as one that a release does not answer

Tell = Callable[[str], object]


@dataclass(frozen=True)
class Material:
    """What to train on, to choose floors by and to judge by; the answers of the catalog speak for their topics."""

    train: Sequence[Example]
    test: Sequence[Example]
    validation: Sequence[Example] = ()
    catalog: Catalog = NO_CATALOG

    @property
    def unlearned(self) -> dict[str, int]:
        """How many test rows there are of each topic that training leaves out, as too rare."""
        cases = Counter(topic for topic, _ in {(row.topic, row.case) for row in self.train})
        asked = Counter(
            row.topic
            for row in self.test
            if row.topic and all(cases[topic] < FEWEST_ROWS for topic in row.topics_accepted)
        )
        return dict(sorted(asked.items()))


def read_frozen(name: str, *, tell: Tell) -> Material:
    """Read a dataset; to judge by are rows of which somebody said the topic, or why they have none.

    Raises:
        DatasetError: there is no such dataset, or it was changed.
    """
    dataset = evaluating.read_dataset(name)
    judges = dataset.judges()
    test = [row for row in judges if row.reason or row.topic]
    if len(test) < len(judges):
        tell(f"{name}: {len(judges) - len(test)} test rows without a topic left out.")
    train = dataset.only(Split.TRAIN).examples
    return Material(train=_in_one_language(train), test=_in_one_language(test), catalog=dataset.catalog)


def read_tables(options: Mapping[str, Any], *, tell: Tell) -> Material:
    """Read the tables that were named; a label is spelt alike in all of them.

    Raises:
        DatasetError: a table is missing or can't be read, or its labels can't be learned from.
    """
    if not options["train"] or not options["test"]:
        raise DatasetError("nothing to measure: give --train and --test, or --dataset")
    taught = [Table(path, Split.TRAIN) for path in options["train"]]
    held_back = [Table(path, Split.TEST) for path in (options["test"], options["validation"]) if path]
    parts, told = read_examples(
        [*taught, *held_back],
        columns=Columns(
            text=options["text_column"], label=options["label_column"], out_of_scope=options["oos_label"]
        ),
        encoding=options["encoding"],
        merge_labels=options["merge_labels"],
    )
    for what, n in sorted(told.counts.items()):
        tell(f"{', '.join(table.path.name for table in [*taught, *held_back])}: {n} {what}.")
    test, *validation = (_in_one_language(part) for part in parts[len(taught) :])
    train = _in_one_language(chain(*parts[: len(taught)]))
    return Material(train=train, test=test, validation=list(chain(*validation)))


def _in_one_language(rows: Iterable[Example]) -> list[Example]:
    return [replace(row, language=LANGUAGE) for row in rows]
