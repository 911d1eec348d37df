"""Icons, clocks and initials."""

from collections.abc import Iterable
from datetime import datetime
from functools import cache
from html import escape

from django import template
from django.template.defaultfilters import urlize
from django.templatetags.static import static
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from helpdesk import listing, waiting
from helpdesk.models import Case, Note
from helpdesk.replying import MENTION

register = template.Library()
MINUTE, HOUR, DAY = 60, 3600, 86_400


@register.simple_tag
@cache
def icon(name: str) -> SafeString:
    """Draw one icon of the sprite; its meaning is always written beside it or in its button's label."""
    return format_html(
        '<svg class="icon" aria-hidden="true"><use href="{}#{}"></use></svg>', static("img/icons.svg"), name
    )


@register.filter(expects_localtime=True)
def iso(at: datetime) -> str:
    """Write a time for machines. A list holds many, and Django's own filter `date` is slow."""
    return at.isoformat()


@register.filter(expects_localtime=True)
def strftime(at: datetime, form: str) -> str:
    """Write a time for people, in English.

    >>> strftime(datetime(2025, 3, 4, 15, 20), "%-d %b, %H:%M")
    '4 Mar, 15:20'
    """
    return at.strftime(form)


@register.filter
def shortened(text: str, most: int) -> str:
    """Cut a text to so many characters. Django's own filter `truncatechars` looks at each of them.

    >>> shortened("Where is my money?", 10), shortened("Hello", 10)
    ('Where is …', 'Hello')
    """
    return text if len(text) <= most else f"{text[: most - 1]}…"


@register.filter
def since(at: datetime) -> str:
    """Tell how long ago a time was, in one unit."""
    seconds = max(0, (timezone.now() - at).total_seconds())
    for size, unit in ((DAY, "d"), (HOUR, "h"), (MINUTE, "min")):
        if seconds >= size:
            return f"{int(seconds // size)} {unit}"
    return "now"


@register.simple_tag
def options(choices: Iterable[tuple[str, str]], chosen: object = None) -> SafeString:
    """Write what a select offers. It may be hundreds of people or tags, and `format_html` is slow for so many.

    >>> options([("a", "A"), ("b", "B & C")], "b")
    '<option value="a">A</option><option value="b" selected>B &amp; C</option>'
    """
    written = (
        f'<option value="{escape(value)}"{" selected" if value == chosen else ""}>{escape(name)}</option>'
        for value, name in choices
    )
    return SafeString("".join(written))


@register.filter
def lateness(case: Case) -> str:
    """Name how near a case is to its response target; empty if nobody waits."""
    return waiting.lateness(case, now=timezone.now()) or ""


@register.filter
def initials(name: object) -> str:
    """Shorten a person's name to two letters.

    >>> initials("Ana Sofia Ruiz"), initials("ops@shop.example"), initials("")
    ('AR', 'O', '?')
    """
    words = str(name).split()
    return "".join(word[0] for word in dict.fromkeys([*words[:1], *words[-1:]])).upper() or "?"


@register.filter
def as_words(name: str) -> str:
    """Write the name of an attribute as words.

    >>> as_words("order_id")
    'order id'
    """
    return name.replace("_", " ")


@register.filter
def with_mentions(note: Note) -> SafeString:
    """Escape a note, make addresses into links, and mark the people it really mentions."""
    mentioned = {f"@{person.username}": person for person in note.mentions.all()}
    pieces, end = [], 0
    for found in MENTION.finditer(note.body):
        if person := mentioned.get(found[0]):
            mark = format_html('<b class="mention" title="{}">{}</b>', person, found[0])
            pieces += [(urlize(note.body[end : found.start()]),), (mark,)]
            end = found.end()
    return format_html_join("", "{}", [*pieces, (urlize(note.body[end:]),)])


@register.filter
def get(mapping: dict[str, object], key: str) -> object:
    """Look a key up; empty if it isn't there."""
    return mapping.get(key, "") if mapping else ""


@register.filter
def told_as_count(number: int) -> str:
    """Write a number that was counted to a limit."""
    return "99+" if number > 99 else str(number)


@register.simple_tag
def case_views() -> tuple[listing.View, ...]:
    """Return the named views, for the rail of every page."""
    return listing.VIEWS
