"""The contract check: tells whether a server keeps the promises of openapi.yaml."""
