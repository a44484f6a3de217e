"""The modules behind scripts/generate, scripts/release and scripts/coexist.

They are not in the distribution. The scripts find them beside themselves, and the tests through pytest's `pythonpath`.
"""
