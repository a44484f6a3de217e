"""What keeps the house in step with openapi.yaml: the work behind scripts/generate and scripts/release.

It is no part of the distribution. The scripts find it beside themselves, and the tests through pytest's `pythonpath`.
"""
