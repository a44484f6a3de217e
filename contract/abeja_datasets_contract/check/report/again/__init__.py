"""Failures as lines for the shell that show them again."""
