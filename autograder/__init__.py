"""From the source of a chapter to its notebooks, its page and the marks."""
