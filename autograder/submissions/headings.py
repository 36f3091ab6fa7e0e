"""What an exercise is called, where people read it."""


def heading_of(statement: str) -> str:
    """Give an exercise's title, which is in the first line of its statement."""
    heading = statement.splitlines()[0].lstrip("# ").replace("`", "")
    return heading.removeprefix("Exercise: ")
