"""A package of abeja-sdk's, for programs that import `abeja.datasets.api.client`."""
