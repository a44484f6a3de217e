"""What the commands for datasets, items and annotation files share."""
