"""A dataset leaves the house as a stream: one writer a format, rows redacted on the way if that is asked for."""
