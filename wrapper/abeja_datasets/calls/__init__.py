"""One call as data: its request, its attempts, its response, and what follows from each."""
