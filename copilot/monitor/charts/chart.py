"""What a page shows of one chart."""

from dataclasses import dataclass

from django.utils.safestring import SafeString

from copilot.monitor.tables import Table


@dataclass(frozen=True)
class Chart:
    """A finding in words, its drawing, and the rows it was drawn from.

    `key` names it in addresses and files. Where nothing can be drawn, `empty` says why and the table is open.
    """

    key: str
    title: str
    caption: str
    table: Table
    svg: SafeString | None = None
    empty: str = ""
    note: str = ""
