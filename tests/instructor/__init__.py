"""A new instructor's way through the course, from an empty folder to published marks."""
