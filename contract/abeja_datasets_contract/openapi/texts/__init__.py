"""The files of a document, and their text as data with the line of each place."""
