"""Charts as SVG, drawn by the server from the rows of their tables (pure). Colours come from the style sheet.

Each drawing is a function of rows and a title; `Chart` is what a page shows of it: the finding in words, the drawing,
the table of the same rows, and its CSV.
"""

from copilot.monitor.charts.chart import Chart
from copilot.monitor.charts.lines import Mark, Series, last_known, line_band, spark
from copilot.monitor.charts.rows import bars, forest, funnel
from copilot.monitor.charts.squares import heat, reliability, risk_coverage

__all__ = [
    "Chart",
    "Mark",
    "Series",
    "bars",
    "forest",
    "funnel",
    "heat",
    "last_known",
    "line_band",
    "reliability",
    "risk_coverage",
    "spark",
]
