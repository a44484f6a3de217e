"""What the references of a document name, and all of them made pointers of its data."""
