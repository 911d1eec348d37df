"""The demo world: an invented company in `fixtures/`, and how it gets into the database."""
