"""Charts are well-formed, hold every figure, and don't depend on colours alone."""

import xml.etree.ElementTree as ET
from datetime import date, timedelta

import pytest
from django.utils.safestring import SafeString
from hypothesis import given
from hypothesis import strategies as st

from copilot.monitor import charts
from copilot.monitor.charts.axes import Scale, ticks
from copilot.monitor.figures import Figure, Unit

FIRST = date(2026, 3, 2)
HOSTILE = '"><script>alert(1)</script>'


def figure(name: str, value: float | None = 0.5, **fields: object) -> Figure:
    around = {} if value is None else {"low": value - 0.1, "high": value + 0.1}
    return Figure(name, **({"n": 40, "value": value, "n_agents": 12} | around | fields))  # type: ignore[arg-type]


def series(name: str, *values: float | None, unit: Unit = Unit.SHARE) -> charts.Series:
    days = [FIRST + timedelta(weeks=week) for week in range(len(values))]
    return charts.Series(
        name, {day: figure(f"{day}", value, unit=unit) for day, value in zip(days, values, strict=True)}
    )


def parsed(svg: SafeString) -> ET.Element:
    return ET.fromstring(svg)


def told(svg: SafeString) -> list[str]:
    return [mark.attrib["data-told"] for mark in parsed(svg).iter() if "data-told" in mark.attrib]


def of_class(svg: SafeString, name: str) -> list[ET.Element]:
    return [mark for mark in parsed(svg).iter() if name in mark.attrib.get("class", "").split()]


def test_a_line_tells_each_figure_once() -> None:
    svg = charts.line_band([series("Offered", 0.5, 0.6), series("Held out", 0.4, 0.3)], title="Match rate")
    assert len(told(svg)) == 4
    assert told(svg)[0] == "Offered, 2026-03-02: 50 % (40–60 %), n = 40, 12 agents"
    assert parsed(svg).attrib["aria-label"] == "Match rate"


def test_a_long_legend_is_written_whole_in_rows() -> None:
    names = ["Ready when its case was opened", "Came late, of those answered", "Withheld", "Failed"]
    svg = charts.line_band([series(name, 0.5) for name in names], title="In time")
    written = of_class(svg, "name")
    assert [mark.text for mark in written] == names
    assert [mark.attrib["y"] for mark in written] == ["14", "14", "34", "34"]


def test_a_long_name_has_two_lines() -> None:
    name = "Held out, so that you did not see it"
    for draw in (charts.forest, charts.bars, charts.funnel):
        lines = [mark.text or "" for mark in of_class(draw([figure(name, k=20)], title="Rates"), "name")]
        assert len(lines) == 2
        assert " ".join(lines) == name
    _, second = of_class(charts.bars([figure("Aa " * 60)], title="Rates"), "name")
    assert (second.text or "").endswith("…")


def test_a_day_without_a_value_leaves_a_hole_in_the_line() -> None:
    svg = charts.line_band([series("", 0.5, 0.6, None, 0.4, 0.5)], title="Match rate")
    lines = [mark for mark in of_class(svg, "line") if mark.tag == "polyline"]
    assert [len(line.attrib["points"].split()) for line in lines] == [2, 2]
    assert len(told(svg)) == 4


def test_a_week_without_a_row_leaves_a_hole_in_line_and_band_and_a_weekend_does_not() -> None:
    weeks = dict(series("", 0.5, 0.6, 0.7, 0.4, 0.5).by_day)
    del weeks[FIRST + timedelta(weeks=2)]
    workdays = {FIRST + timedelta(days=day): figure("") for day in (0, 1, 4, 7, 8)}
    for by_day, runs in ((weeks, [2, 2]), (workdays, [5])):
        svg = charts.line_band([charts.Series("", by_day)], title="Match rate")
        lines = [mark for mark in of_class(svg, "line") if mark.tag == "polyline"]
        assert [len(line.attrib["points"].split()) for line in lines] == runs
        assert [len(band.attrib["points"].split()) for band in of_class(svg, "band")] == [2 * n for n in runs]
        assert len(told(svg)) == len(by_day)


def test_lines_without_anything_to_draw_are_refused() -> None:
    with pytest.raises(ValueError, match="show why there is none"):
        charts.line_band([series("", None)], title="Match rate")
    with pytest.raises(ValueError, match="at most 4 can be told apart"):
        charts.line_band([series(str(n), 0.5) for n in range(5)], title="Match rate")


def test_a_mark_stands_only_within_the_days_that_are_shown() -> None:
    marks = [charts.Mark(FIRST, "release 3"), charts.Mark(FIRST + timedelta(days=90), "release 4")]
    svg = charts.line_band([series("", 0.5, 0.6)], title="Match rate", marks=marks)
    assert len(of_class(svg, "mark")) == 1


def test_a_forest_says_why_a_row_has_no_figure() -> None:
    svg = charts.forest(
        [figure("Payouts"), figure("Returns", None, note="fewer than 5 turns", n=3)], title="Match rate"
    )
    assert "n = 3, fewer than 5 turns" in [text.text for text in parsed(svg).iter("text")]
    assert len(told(svg)) == 1


def test_the_line_of_no_effect_stands_inside_the_chart() -> None:
    rows = [figure("Handle time", -0.08, unit=Unit.CHANGE, low=-0.12, high=-0.04)]
    [line] = of_class(charts.forest(rows, title="Effects", reference=0.0), "ideal")
    assert 220 <= float(line.attrib["x1"]) <= 690


def test_a_funnel_writes_counts_and_their_shares_of_all() -> None:
    cells = [Figure("Sent as it is", 100, k=60), Figure("Ignored", 100, k=40), Figure("Late", 100, k=0)]
    texts = [text.text for text in parsed(charts.funnel(cells, title="Funnel")).iter("text")]
    assert {"60 · 60 %", "40 · 40 %", "0 · 0 %"} <= set(texts)


def test_a_funnel_of_nothing_is_drawn() -> None:
    assert "0 · –" in charts.funnel([Figure("Late", 0, k=0)], title="Funnel")


def test_names_are_never_markup() -> None:
    for svg in (
        charts.forest([figure(HOSTILE)], title=HOSTILE),
        charts.bars([figure(HOSTILE)], title=HOSTILE),
        charts.funnel([Figure(HOSTILE, 1, k=1)], title=HOSTILE),
        charts.line_band([series(HOSTILE, 0.5), series("b", 0.4)], title=HOSTILE, marks=[charts.Mark(FIRST, HOSTILE)]),
    ):  # fmt: skip
        assert not list(parsed(svg).iter("script"))


def test_a_small_line_of_one_value_is_not_drawn() -> None:
    assert not charts.spark([0.5, None], title="Trend")
    assert len(of_class(charts.spark([0.1, None, 0.5, 0.2], title="Trend"), "line")) == 2


@given(st.floats(-1e6, 1e6), st.floats(1e-6, 1e6))
def test_ticks_are_few_rising_and_inside(low: float, span: float) -> None:
    found = ticks(low, low + span)
    assert len(found) <= 7
    assert found == sorted(set(found))
    assert all(low - span * 1e-6 <= tick <= low + span * (1 + 1e-6) for tick in found)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_no_value_is_drawn_outside_the_frame(value: float) -> None:
    assert 20 <= Scale(0, 1, 20, 120)(value) <= 120
