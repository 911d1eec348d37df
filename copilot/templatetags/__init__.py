"""What templates say in the copilot's words."""
