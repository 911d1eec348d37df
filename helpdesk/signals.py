"""The three pieces of news that travel up from the helpdesk."""

from django.dispatch import Signal

# Sent inside the transaction that stored them. messages: list[Message], in order, new ones only.
message_received = Signal()
# Sent inside the transaction that stored them. replies: list[Reply], in order, new ones only.
reply_sent = Signal()
# Sent inside the transaction that moved everything. kept: Case, merged: Case; what was said in both is the kept one's.
cases_merged = Signal()
