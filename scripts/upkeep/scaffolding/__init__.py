"""Write the methods that the wrapper lacks: `scripts/generate --scaffold`."""
