"""A replay of edits of openapi.yaml, each with the places that it leaves to do."""
