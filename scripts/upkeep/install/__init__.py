"""Make the environments of the project, and find the Pythons of the machine: `scripts/install` and `scripts/test`."""
