"""Loading on many machines: a plan on shared storage, units of it that may be run anywhere, and their verification."""
