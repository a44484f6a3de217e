"""The contract check: reports whether a server keeps the promises of openapi.yaml."""
