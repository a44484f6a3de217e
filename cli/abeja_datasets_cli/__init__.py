"""The faces of the project on the command line."""
