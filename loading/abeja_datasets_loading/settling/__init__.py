"""Finding out which items were created whose outcome is unknown."""
