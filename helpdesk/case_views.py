"""The named views of the inbox: which cases each holds, and what its empty page says to do next."""

from dataclasses import dataclass

from helpdesk.models import User
from helpdesk.models.case import CaseQuerySet


@dataclass(frozen=True)
class View:
    """A named part of the cases, and what its empty page says to do next."""

    slug: str
    name: str
    icon: str
    empty: str
    advice: str
    is_counted: bool = True
    closed: bool = False  # what it holds: either closed cases or others
    order: str = "newest"  # unless the address chooses one; empty where nobody waits

    def of(self, cases: CaseQuerySet, user: User) -> CaseQuerySet:
        chosen = {
            "mine": lambda: cases.assigned_to(user),
            "mentioned": lambda: cases.mentioning(user),
            "unassigned": cases.unassigned,
            "awaiting": cases.awaiting_reply,
            "all": cases.all_open,
            "snoozed": cases.snoozed,
            "closed": cases.closed,
        }
        return chosen[self.slug]()


VIEWS = (
    View(
        "mine",
        "Mine",
        "person",
        "Nothing is assigned to you.",
        "Take a case from Unassigned: open it and press a.",
    ),
    View(
        "mentioned",
        "Mentioned",
        "at",
        "No note mentions you.",
        "When a colleague writes @ and your username in a note, the case appears here.",
    ),
    View(
        "unassigned",
        "Unassigned",
        "inbox",
        "Every case has somebody.",
        "See what still waits for a reply in Awaiting reply.",
    ),
    View(
        "awaiting",
        "Awaiting reply",
        "clock",
        "No customer is waiting.",
        "New messages appear here by themselves.",
        order="waiting",
    ),
    View("all", "All open", "stack", "No case is open.", "New messages appear here by themselves."),
    View(
        "snoozed",
        "Snoozed",
        "moon",
        "Nothing is put aside.",
        "Press s in a case to put it aside until a time.",
        order="",
    ),
    View(
        "closed",
        "Closed",
        "check",
        "No case is closed yet.",
        "Press e in a case when it is done.",
        is_counted=False,
        closed=True,
        order="",
    ),
)
VIEW_BY_SLUG = {view.slug: view for view in VIEWS}
