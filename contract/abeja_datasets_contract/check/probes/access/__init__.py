"""Probes of who reaches what: credentials, organizations, ids and paths."""
