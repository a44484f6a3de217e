"""What the document says, and the modules that follow it."""
