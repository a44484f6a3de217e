"""JSON Lines and JSON, which hold the API's own items."""
