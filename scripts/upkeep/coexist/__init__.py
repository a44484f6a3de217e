"""Install abeja-datasets beside abeja-sdk in all ways: `scripts/coexist`."""
