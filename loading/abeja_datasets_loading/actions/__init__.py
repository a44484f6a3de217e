"""What a run does with its items: create, update, delete and export."""
