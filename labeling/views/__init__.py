"""Labeling's pages."""
