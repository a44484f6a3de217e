"""Probes of lists: paging and search."""
