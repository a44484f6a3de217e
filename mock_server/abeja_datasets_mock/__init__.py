"""A reference server that keeps the contract of openapi.yaml."""
