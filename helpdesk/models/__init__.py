"""The helpdesk's tables, in the order in which a case meets them."""

from helpdesk.models.active_time import ActiveTime, Beat
from helpdesk.models.case import Case, CaseTag, Priority, Status, Tag
from helpdesk.models.customer import Customer
from helpdesk.models.draft import Draft
from helpdesk.models.history import StatusChange
from helpdesk.models.merge import CaseMerge
from helpdesk.models.people import Role, Team, User
from helpdesk.models.rating import SatisfactionRating
from helpdesk.models.timeline import Attachment, CaseEvent, Message, Note, Reply

__all__ = [
    "ActiveTime",
    "Attachment",
    "Beat",
    "Case",
    "CaseEvent",
    "CaseMerge",
    "CaseTag",
    "Customer",
    "Draft",
    "Message",
    "Note",
    "Priority",
    "Reply",
    "Role",
    "SatisfactionRating",
    "Status",
    "StatusChange",
    "Tag",
    "Team",
    "User",
]
