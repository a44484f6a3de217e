"""The contract, read from openapi.yaml."""
