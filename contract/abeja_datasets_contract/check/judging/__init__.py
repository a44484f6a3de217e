"""Judging of responses, and what is found."""
