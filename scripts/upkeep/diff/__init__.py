"""What changed in the document since the last commit, in short."""
