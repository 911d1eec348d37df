"""What an export costs: the real command on very many rows, and redaction alone."""

import os
import subprocess
import sys
import tempfile
import time
from argparse import ArgumentParser
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import cycle, islice
from pathlib import Path
from typing import Any

import psutil
from django.conf import settings

from copilot import datasets
from copilot.datasets import Example, Split
from copilot.pipeline.types import Catalog, CatalogAnswer
from labeling.exporting.exports import FORMATS
from labeling.redacting import redact

Tell = Callable[[str], object]
TOPICS = 77
START = datetime(2025, 1, 1, tzinfo=UTC)
NAME = "bench"
REDACTED_ROWS = 20_000
LOOK_SECONDS = 0.05


def add_export(parser: ArgumentParser) -> None:
    """Say what `bench export` takes."""
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--format", action="append", choices=FORMATS, help="all of them, if none is named")


def measure_export(
    bodies: Sequence[tuple[str, str]], *, rows: int, formats: Sequence[str], tell: Tell
) -> Mapping[str, Any]:
    """Return seconds and peak memory of each format, for a tenth of the rows too, and rows redacted a second.

    `bodies` are messages with the names of their customers.
    """
    figures: dict[str, Any] = {}
    with tempfile.TemporaryDirectory(prefix="bench-export-") as folder:
        for n in (rows // 10, rows):
            tell(f"writing a dataset of {n:,} rows")
            datasets.write(Path(folder) / NAME, _examples(bodies, n), {"name": NAME}, catalog=_catalog())
            for slug in formats or FORMATS:
                figures.setdefault(slug, {}).update(_exported(Path(folder), slug, n))
                tell(f"{slug}: {figures[slug]}")
    figures["redaction"] = _redacted(bodies)
    return figures


def _examples(bodies: Sequence[tuple[str, str]], n: int) -> Iterator[Example]:
    for number, (text, _) in enumerate(islice(cycle(bodies), n)):
        yield Example(
            case=str(number),
            message=str(number),
            at=START + timedelta(seconds=number),
            text=text,
            language="en",
            topic=f"topic-{number % TOPICS}",
            answer=f"answer-{number % TOPICS}",
            split=Split.TRAIN,
        )


def _catalog() -> Catalog:
    return Catalog(
        tuple(
            CatalogAnswer(
                f"answer-{n}@1", f"answer-{n}", f"topic-{n}", "An approved text of some length. " * 12
            )
            for n in range(TOPICS)
        )
    )


def _exported(root: Path, slug: str, n: int) -> dict[str, float]:
    started = time.perf_counter()
    process = subprocess.Popen(  # noqa: S603  our own command
        [sys.executable, "manage.py", "export_dataset", NAME, "--format", slug, "--to", os.devnull],
        cwd=settings.BASE_DIR,
        env=os.environ | {"DATASETS_ROOT": str(root)},
        stdout=subprocess.DEVNULL,
    )
    watched, peak = psutil.Process(process.pid), 0
    while process.poll() is None:
        peak = max(peak, watched.memory_info().rss)
        time.sleep(LOOK_SECONDS)
    seconds = time.perf_counter() - started
    if process.returncode:
        raise RuntimeError(f"export_dataset --format {slug} ended with {process.returncode}")
    return {f"seconds of {n:,} rows": seconds, f"MB of {n:,} rows": peak / 2**20}


def _redacted(bodies: Sequence[tuple[str, str]]) -> dict[str, float]:
    rows = list(islice(cycle(bodies), REDACTED_ROWS))
    redact([rows[0][0]], regions=settings.PHONE_REGIONS)  # what it needs is loaded before the clock runs
    started = time.perf_counter()
    n = sum(len(redact([text], names=[name], regions=settings.PHONE_REGIONS).key) for text, name in rows)
    seconds = time.perf_counter() - started
    return {"rows a second": len(rows) / seconds, "found a row": n / len(rows)}
