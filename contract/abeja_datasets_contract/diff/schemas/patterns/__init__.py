"""Patterns of texts as automata, and whether one takes all that another does."""
