"""A large, mixed class through `course grade`, killed again and again."""
