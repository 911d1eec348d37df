"""The inbox as questions to the database: filters from the address, pages by keyset."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime, timedelta
from typing import Self
from urllib.parse import urlencode

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import FilteredRelation, OuterRef, Q, Subquery, Value
from django.db.models.functions import Left

from helpdesk import access, searching
from helpdesk.among import IsAmong
from helpdesk.case_views import VIEW_BY_SLUG, VIEWS, View
from helpdesk.models import Attachment, Case, Message, Priority, Status, Tag, Team, User
from helpdesk.models.case import CaseQuerySet
from helpdesk.models.people import NAMED_BY

PAGE = 50
COUNTED = 100  # a count stops here and is told as "99+"
NEWEST, QUEUE = ("-last_activity_at", "-pk"), ("awaiting_since", "pk")
MOMENTS = ("last_activity_at", "awaiting_since")  # that lists are ordered by
ORDERS = {"newest": "Newest", "waiting": "Longest waiting"}
LARGEST_ID = 2**63 - 1
TAGS_SHOWN = 2
SHOWN = (  # of a case in a list
    "subject", "status", "priority", "last_activity_at", "awaiting_since", "escalated_at",
    "customer__name", "customer__email", *(f"assignee__{field}" for field in NAMED_BY),
)  # fmt: skip
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Filters:
    """What an address asks for; whatever it holds that makes no sense is left out."""

    view: str = ""
    q: str = ""
    status: str = ""
    priority: str = ""
    channel: str = ""
    team: str = ""
    tag: str = ""
    language: str = ""
    escalated: str = ""
    order: str = ""
    before: str = ""

    @classmethod
    def read(cls, address: Mapping[str, str]) -> Self:
        given = {
            field.name: address.get(field.name, "").replace("\0", "").strip()[:200] for field in fields(cls)
        }
        known = {
            "view": given["view"] in VIEW_BY_SLUG,
            "status": given["status"] in Status.values,
            "priority": given["priority"] in map(str, Priority.values),
            "order": given["order"] in ORDERS,
            "escalated": given["escalated"] == "yes",
            "before": _cursor(given["before"]) is not None,
        }
        return cls(**{name: value for name, value in given.items() if known.get(name, True)})

    @property
    def query(self) -> str:
        """The address's part after `?`, which brings a colleague to the same list."""
        return urlencode(
            {field.name: value for field in fields(self) if (value := getattr(self, field.name))}
        )

    @property
    def newest(self) -> "Filters":
        return replace(self, before="")

    @property
    def narrowing(self) -> dict[str, str]:
        """The filters set besides view and page."""
        names = ("q", "status", "priority", "channel", "team", "tag", "language", "escalated")
        return {name: value for name in names if (value := getattr(self, name))}

    @property
    def is_filtered(self) -> bool:
        """Whether something besides the words searched for narrows the list."""
        return bool(self.narrowing.keys() - {"q"})

    def of(self, cases: CaseQuerySet) -> CaseQuerySet:
        """Return the cases that pass every filter but the tag; words are searched for afterwards."""
        names = ("status", "priority", "channel", "language")
        cases = cases.filter(**{name: value for name in names if (value := getattr(self, name))})
        if self.escalated:
            cases = cases.escalated()
        # Found first and not joined: by its number the database knows how common a team is.
        return cases.filter(team__in=list(Team.objects.filter(slug=self.team))) if self.team else cases


@dataclass(frozen=True)
class Listing:
    """One page of a view: its cases, and the addresses of the pages around it."""

    view: View
    filters: Filters
    cases: Sequence[Case]
    more: Filters | None
    is_cut: bool = False  # older cases may hold the words too: nobody has looked yet

    @property
    def orders(self) -> list[tuple[str, Filters, bool]]:
        """The orders that can be chosen, as (name, address, whether it is this one); none where nobody waits."""
        if not self.view.order:
            return []
        chosen = self.filters.order or self.view.order
        return [
            (
                name,
                replace(self.filters, before="", order="" if order == self.view.order else order),
                order == chosen,
            )
            for order, name in ORDERS.items()
        ]

    def after(self, case: Case) -> Case | None:
        """Return the case that follows one in the list, or the first one if that case is not in it."""
        places = [place for place, listed in enumerate(self.cases) if listed.pk == case.pk]
        rest = self.cases[places[0] + 1 :] if places else self.cases
        return rest[0] if rest else None


def list_cases(*, user: User, filters: Filters, size: int = PAGE) -> Listing:
    """Return one page of the view and filters that an address names, newest activity or longest waiting first."""
    view = VIEW_BY_SLUG[filters.view or ("mine" if user.answers_cases else "all")]
    by_waiting = view.order != "" and (filters.order or view.order) == "waiting"
    is_everywhere = filters.q != "" and not filters.view
    are_open = by_waiting or not (is_everywhere or view.closed)
    cases = access.cases_for(user).of_customers()
    cases = filters.of(cases if is_everywhere else view.of(cases, user))
    cases = _tagged(cases, filters.tag, are_open=are_open) if filters.tag else cases
    cursor, of_tag = _cursor(filters.before), filters.tag != "" and not are_open
    cases = _waiting(cases, cursor) if by_waiting else _newest(cases, cursor, of_tag=of_tag)
    found = searching.search(filters.q, cases=cases) if filters.q else searching.Found(cases)
    # Found first by number alone, which an index can answer: only what is shown is read.
    shown = Case.objects.filter(pk__in=found.cases.values("pk")[: size + 1])
    page = list(_with_what_a_row_shows(shown.order_by(*(QUEUE if by_waiting else NEWEST))))
    last = page[size - 1] if len(page) > size else None
    if is_cut := last is None and found.looked_to is not None:
        last = Case.objects.only(*MOMENTS).get(pk=found.looked_to)
    at = last and (last.awaiting_since if by_waiting else last.last_activity_at)
    more = replace(filters, before=place_of(at, last.pk)) if last and at else None
    return Listing(view=view, filters=filters, cases=page[:size], more=more, is_cut=is_cut)


def _with_what_a_row_shows(cases: CaseQuerySet) -> CaseQuerySet:
    """Ask, together with the cases, for what a list shows of each, and for no more: it is read with every page."""
    words = Message.objects.filter(case=OuterRef("pk")).order_by("-sent_at", "-pk")
    tags = Tag.objects.filter(cases=OuterRef("pk")).order_by("name").values("name")
    # Of an EXISTS PostgreSQL would make a hash of every attachment that there is.
    file = Attachment.objects.filter(case=OuterRef("pk"), refused="").order_by().values("pk")
    return (
        cases.annotate(
            snippet=Subquery(words.values(start=Left("body", 200))[:1]),
            file=Subquery(file[:1]),
            tag_names=ArraySubquery(tags[:TAGS_SHOWN]),
        )
        .select_related("customer", "assignee")
        .only(*SHOWN)
    )


def count_views(user: User) -> dict[str, int]:
    """Return how many cases each counted view holds, counted to at most 100 and in one query."""
    reach = access.cases_for(user).order_by()
    first, *rest = (
        view.of(reach, user).values_list(Value(view.slug))[:COUNTED] for view in VIEWS if view.is_counted
    )
    return Counter(slug for (slug,) in first.union(*rest, all=True))


def earlier_cases(*, case: Case, user: User, most: int = 20) -> list[Case]:
    """Return the customer's other cases that this person may read, newest first."""
    others = access.cases_for(user).filter(customer=case.customer_id, merged_into=None).exclude(pk=case.pk)
    return list(others.only("subject", "status", "last_activity_at").order_by("-last_activity_at")[:most])


def _tagged(cases: CaseQuerySet, name: str, *, are_open: bool) -> CaseQuerySet:
    """Return those of a tag. It knows which of its cases are open, mostly few, and in what order all were active."""
    tag = Tag.objects.filter(name=name).first()  # by its number the database knows how common it is
    if tag is None:
        return cases.none()
    if are_open:
        return cases.filter(IsAmong("pk", tag.tagged.filter(closed=False).values("case_id")))
    of_tag = FilteredRelation("tagged", condition=Q(tagged__tag=tag))
    return cases.alias(of_tag=of_tag).filter(of_tag__isnull=False)


def _waiting(cases: CaseQuerySet, cursor: tuple[datetime, int] | None) -> CaseQuerySet:
    """Order cases as a queue, after the cursor; who waits for nothing has no place in it."""
    at, pk = cursor or (None, 0)
    cases = cases.awaiting_reply().order_by(*QUEUE)
    return cases.filter(awaiting_since__gte=at).exclude(awaiting_since=at, pk__lte=pk) if at else cases


def _newest(cases: CaseQuerySet, cursor: tuple[datetime, int] | None, *, of_tag: bool) -> CaseQuerySet:
    """Order cases by their activity, after the cursor; those of a tag in the order in which the tag holds them."""
    at, pk = cursor or (None, 0)
    activity = "of_tag__last_activity_at" if of_tag else "last_activity_at"
    cases = cases.order_by(f"-{activity}", "-pk")
    return cases.filter(**{f"{activity}__lte": at}).exclude(last_activity_at=at, pk__gte=pk) if at else cases


def place_of(at: datetime, pk: int) -> str:
    """Return how an address names a place in a list: the moment a list is ordered by, and the case."""
    return f"{(at - EPOCH) // timedelta(microseconds=1)}-{pk}"


def _cursor(told: str) -> tuple[datetime, int] | None:
    at, _, pk = told.partition("-")
    if not (at.isascii() and at.isdecimal() and pk.isascii() and pk.isdecimal() and len(told) < 40):
        return None
    try:
        return EPOCH + timedelta(microseconds=int(at)), min(int(pk), LARGEST_ID)
    except OverflowError:
        return None
