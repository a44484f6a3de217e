"""What a run records of each item of its input, in one file."""
