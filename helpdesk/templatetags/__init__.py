"""What templates say in the helpdesk's words."""
