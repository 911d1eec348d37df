"""What the benches of labeling can be asked on the command line, and how they are answered."""

import tempfile
from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.management.base import CommandError

from copilot.datasets import DatasetError, Example
from copilot.pipeline.encoder import Encoder
from labeling.bench.curve import MORE, projected, rising
from labeling.bench.reading import Tell, read_frozen, read_tables
from labeling.tables import OUT_OF_SCOPE_LABEL

if TYPE_CHECKING:
    from copilot.pipeline.run import Pipeline
    from copilot.pipeline.types import Catalog
    from labeling.bench.intents import EncoderFor


def add_intents(parser: ArgumentParser) -> None:
    """Say what `bench intents` takes."""
    parser.add_argument(
        "--train", action="append", type=Path, metavar="CSV", help="may be given several times"
    )
    parser.add_argument("--test", type=Path, metavar="CSV")
    parser.add_argument(
        "--validation", type=Path, metavar="CSV", help="for floors and sets; else cross-fitting"
    )
    parser.add_argument("--dataset", help="one below DATASETS_ROOT instead of files")
    parser.add_argument("--text-column", default="text")
    parser.add_argument("--label-column", default="category")
    parser.add_argument("--oos-label", default=OUT_OF_SCOPE_LABEL, help="of what is out of scope")
    parser.add_argument("--encoding", default="utf-8")
    parser.add_argument("--merge-labels", action="store_true")
    parser.add_argument("--shots", type=_number, help="training rows a topic; all of them by default")
    parser.add_argument(
        "--seeds", type=_number, default=1, help="how many; they draw the shots and shuffle the folds"
    )
    parser.add_argument("--encoder", choices=("base", "tuned"), default="base")
    parser.add_argument(
        "--against",
        choices=("hybrid", "stack"),
        help="train it on the same rows too, and tell the difference",
    )
    parser.add_argument(
        "--curve",
        type=_numbers,
        default=[],
        metavar="5,10,20",
        help=f"shots, one after another, and from them what {MORE} labels more a topic would bring",
    )


def _number(word: str) -> int:
    if not word.strip().isdecimal() or int(word) < 1:
        raise ArgumentTypeError(f"{word!r} is no number from 1 on")
    return int(word)


def _numbers(text: str) -> list[int]:
    return [_number(word) for word in text.split(",")]


def intents(*, tell: Tell, **options: Any) -> Mapping[str, Mapping[str, object]]:
    """Answer `bench intents`: a column of figures for each number of shots."""
    from threadpoolctl import threadpool_limits  # these and what they bring are for this bench only

    from labeling.bench.intents import measure_intents
    from labeling.bench.rivals import RIVALS

    with tempfile.TemporaryDirectory() as scratch, threadpool_limits(1):
        try:
            name = options["dataset"]
            rows = read_frozen(name, tell=tell) if name else read_tables(options, tell=tell)
            for topic, n in rows.unlearned.items():
                tell(f"{topic!r}: {n} test rows, too few to learn it from: they count as wrong.")
            curve = rising(options["curve"], rows.train)
            for shots in sorted(set(options["curve"]) - set(curve)):
                tell(f"{shots} a topic: left out, since {curve[-1]} draw every row already.")
            encoder_for = _encoders(options["encoder"], Path(scratch), tell)
            against = None
            if options["against"]:
                is_base = options["encoder"] == "base"
                frozen_for = encoder_for if is_base else _encoders("base", Path(scratch), tell)
                against = RIVALS[options["against"]], frozen_for([], 0)
            found = {
                f"{shots} a topic" if shots else "all rows": measure_intents(
                    rows,
                    encoder_for=encoder_for,
                    against=against,
                    seeds=range(1, options["seeds"] + 1),
                    shots=shots,
                    tell=tell,
                )
                for shots in curve or [options["shots"]]
            }
        except (DatasetError, ValueError) as error:
            raise CommandError(str(error)) from error
    return {**found, **(projected(found.values(), tell=tell) if curve else {})}


def add_replies(parser: ArgumentParser) -> None:
    """Say what `bench replies` takes."""
    parser.add_argument("--data", type=Path, required=True, help="import format, plain or .gz")
    parser.add_argument("--encoder", type=Path, help="its folder; without, that of the live release")
    parser.add_argument("--seed", type=int, default=1)


def replies(*, data: Path, encoder_of: Callable[[], Encoder], seed: int, **_: Any) -> Mapping[str, Any]:
    """Answer `bench replies`; the encoder is loaded once the file is read."""
    from labeling.bench.replies import (  # scikit-learn is for this only
        RepliesError,
        measure_replies,
        read_pairs,
    )

    try:
        return measure_replies(read_pairs(data), encoder=encoder_of(), seed=seed)
    except RepliesError as error:
        raise CommandError(str(error)) from error


def add_functions(parser: ArgumentParser) -> None:
    """Say what `bench labeling` takes."""
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--functions", type=int, default=50)
    parser.add_argument(
        "--texts", type=Path, metavar="FILE", help="one a line; else the demo world's messages"
    )
    parser.add_argument("--snorkel-rows", type=int, default=10_000, help="for snorkel beside it; 0 for none")
    parser.add_argument("--seed", type=int, default=1)


def functions(
    *,
    rows: int,
    functions: int,
    texts: Path | None,
    snorkel_rows: int,
    seed: int,
    own: Callable[[], list[str]],
    release: "Callable[[], tuple[Pipeline, Catalog] | None]",
    tell: Tell,
    **_: Any,
) -> Mapping[str, Mapping[str, float | int]]:
    """Answer `bench labeling`; `own` gives the texts that are taken without a file, `release` what serves."""
    from labeling.bench.functions import measure_functions

    if rows < 1 or functions < 1:
        raise CommandError("--rows and --functions: at least one of each is needed")
    try:
        read = [line for line in texts.read_text("utf-8").splitlines() if line.strip()] if texts else own()
        return measure_functions(
            read,
            rows=rows,
            functions=functions,
            slice_rows=min(snorkel_rows, rows),
            seed=seed,
            tell=tell,
            release=release(),
        )
    except (OSError, ValueError) as error:
        raise CommandError(f"{texts or 'the demo world'}: {error}") from error


def add_weak_supervision(parser: ArgumentParser) -> None:
    """Say what `bench weak-supervision` takes."""
    parser.add_argument(
        "--train", action="append", type=Path, metavar="CSV", required=True, help="may be given several times"
    )
    parser.add_argument("--test", type=Path, metavar="CSV", required=True)
    parser.add_argument("--functions", type=Path, metavar="YAML", required=True)
    parser.add_argument(
        "--gold", type=_number, default=250, help="rows, drawn by each seed, whose label is read"
    )
    parser.add_argument("--seeds", type=_number, default=3, help="how many")
    parser.add_argument("--text-column", default="text")
    parser.add_argument("--label-column", default="category")
    parser.add_argument("--encoding", default="utf-8")


def weak_supervision(*, tell: Tell, **options: Any) -> Mapping[str, Mapping[str, object]]:
    """Answer `bench weak-supervision`: a column of figures for each way to train, and what weak labels gain."""
    from threadpoolctl import threadpool_limits  # these and what they bring are for this bench only

    from labeling.bench.function_files import read_functions
    from labeling.bench.weak_supervision import measure_weak_supervision
    from labeling.functions.errors import SpecError

    table = {"validation": None, "oos_label": OUT_OF_SCOPE_LABEL, "merge_labels": False}
    with tempfile.TemporaryDirectory() as scratch, threadpool_limits(1):
        try:
            functions = read_functions(options["functions"])
            rows = read_tables({**options, **table}, tell=tell)
            train, test = ([row for row in part if row.topic] for part in (rows.train, rows.test))
            if n := len(rows.train) + len(rows.test) - len(train) - len(test):
                tell(f"{n} rows out of scope left out: functions vote for topics.")
            return measure_weak_supervision(
                train,
                test,
                functions=functions,
                encoder=_encoders("base", Path(scratch), tell)([], 0),
                n_gold=options["gold"],
                seeds=range(1, options["seeds"] + 1),
                tell=tell,
            )
        except (DatasetError, SpecError, ValueError) as error:
            raise CommandError(str(error)) from error


def _encoders(which: str, scratch: Path, tell: Tell) -> "EncoderFor":
    from labeling.training.encoder import DEFAULT_MODEL, export_encoder, export_tuned

    model = settings.COPILOT_ENCODER or DEFAULT_MODEL
    if which == "base":
        base = Encoder.load(export_encoder(scratch / "base", model=model))
        return lambda rows, seed: base

    def tuned(rows: Sequence[Example], seed: int) -> Encoder:
        folder = scratch / f"tuned-{len(rows)}-{seed}"
        tuning = export_tuned(folder, rows, model=model, seed=seed)
        tell(
            f"seed {seed}: tuned on {tuning.n_taught}; of {tuning.n} held back {tuning.before:.1%} right before, "
            f"{tuning.after:.1%} after{'' if tuning.helped else ': the base encoder is kept'}"
        )
        return Encoder.load(folder)

    return tuned
