"""The modules behind the scripts: a folder for each subject, and beside them what several of them use.

They are not in the distribution. The scripts find them beside themselves, and the tests through pytest's `pythonpath`.
"""
