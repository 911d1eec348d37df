"""The REST API of the helpdesk: the same acts as the pages, as JSON."""
