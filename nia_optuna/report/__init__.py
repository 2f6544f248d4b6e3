"""Findings → a folder that a reviewer can read: Markdown, plots, JSON and CSV. No torch."""
