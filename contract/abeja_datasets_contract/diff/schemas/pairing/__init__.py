"""Two schemas side by side: what differs, and what inside them corresponds."""
