"""Check, build and try a version: `scripts/release`."""
