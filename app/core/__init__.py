"""Plumbing that knows tables but no room."""
