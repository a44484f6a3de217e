"""What a client is configured with: settings, options, credentials, and functions that return tokens."""
