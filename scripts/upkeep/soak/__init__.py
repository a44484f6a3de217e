"""The server and the clients of `scripts/soak`."""
