"""The schemas of both documents: converted, compared pair by pair, and decided by containment."""
