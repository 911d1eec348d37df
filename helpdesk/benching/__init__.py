"""What the helpdesk costs: open pages that wait, and the inbox with as many cases as years bring."""
