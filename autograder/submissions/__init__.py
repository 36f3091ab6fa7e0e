"""What was handed in: found, read as hostile data, and put into the course's own notebook."""
