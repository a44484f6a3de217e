"""Values of schemas, and the counterexamples that are made of them."""
