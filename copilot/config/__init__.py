"""Wiring of the whole product: settings, addresses, processes, and the commands that cross its layers."""
