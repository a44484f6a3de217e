"""Comparing an input with a dataset."""
