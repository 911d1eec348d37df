"""The helpdesk's pages: each view loads through the one door, makes one call and renders."""
