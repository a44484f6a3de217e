"""What is compared, and what is said of it: operations, messages, security and schemas."""
