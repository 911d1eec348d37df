"""The copilot's pages and fragments."""
