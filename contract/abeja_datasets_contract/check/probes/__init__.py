"""The probes: for each stage, its clauses and what checks them."""
