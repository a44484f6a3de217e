"""What is left to do after a change of the document: one module for each piece that has to follow it."""
