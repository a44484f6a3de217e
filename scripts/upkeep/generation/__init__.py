"""Write what `scripts/generate` writes: the low-level client, and the sync modules."""
