"""The commands for datasets, items and annotation files."""
