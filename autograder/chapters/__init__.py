"""From the text of a chapter to its notebooks and its page; nothing of a solution leaks."""
