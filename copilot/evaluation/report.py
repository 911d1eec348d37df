"""Quality as lines of text: what was judged by folds, beside what was judged by time (pure)."""

from collections.abc import Callable, Iterator, Mapping, Sequence

from copilot.evaluation.backtest import Rate
from copilot.evaluation.quality import MEANING, Offers, Quality

NAME, CELL = 48, 36
HEADS: Mapping[str, str] = {"crossfit": "All rows, cross-fitted", "forward": "Latest quarter, by time"}

OFFERS: Mapping[str, Callable[[Offers], Rate]] = {
    "Offered and right, of those offered": lambda offers: offers.right,
    "An answer offered, of questions": lambda offers: offers.coverage,
    "Right answer offered, of questions": lambda offers: offers.answered,
}


def lines_of(found: Mapping[str, Quality]) -> Iterator[str]:
    """Write qualities by method, side by side."""
    columns = list(found.values())
    yield _line("", [f"{HEADS[method]}, n = {quality.n}" for method, quality in found.items()])
    for name, rate_of in OFFERS.items():
        yield _line(name, [_cell(rate_of(each.overall)) for each in columns])
    yield ""
    yield "Which stage loses the questions (the cells sum to all of them)"
    for end in dict.fromkeys(end for each in columns for end in each.ends):
        yield _line(f"  {end}", [_cell(each.ends.get(end)) for each in columns])
    yield ""
    yield "Compound reliability, of questions that an approved answer fits (each stage where those before are right)"
    for steps in zip(*(each.chain.steps for each in columns), strict=True):
        yield _line(f"  {steps[0].stage}", [_cell(step.rate) for step in steps])
    yield _line("  product", [_percent(each.chain.product) for each in columns])
    yield _line("  measured end to end", [_cell(each.chain.measured) for each in columns])
    yield ""
    yield "An answer offered to what asks for none, or a wrong one"
    for name in columns[0].misled:
        yield _line(f"  {name}", [_cell(each.misled[name]) for each in columns])
    for part in columns[0].by:
        yield ""
        yield f"By {part}: offered and right, of those offered; offered, of questions"
        values = sorted({value for each in columns for value in each.by[part]})
        for value in values:
            offers = [each.by[part].get(value) for each in columns]
            yield _line(f"  {value}", [_cell(offer.right if offer else None) for offer in offers])
            yield _line("", [_cell(offer.coverage if offer else None) for offer in offers])
    yield ""
    yield from (f"{HEADS[method]}: {MEANING[method]}" for method in found)


def _line(name: str, cells: Sequence[str]) -> str:
    return f"{name:<{NAME}}{''.join(f'{cell:<{CELL}}' for cell in cells)}".rstrip()


def _cell(rate: Rate | None) -> str:
    return str(rate) if rate else "no rows"


def _percent(share: float | None) -> str:
    return "no rows" if share is None else f"{share:.1%}"
