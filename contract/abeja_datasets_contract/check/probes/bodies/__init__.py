"""Probes of request bodies."""
