"""Following a link on a page whose parts may still move."""

from playwright.sync_api import Locator


def follow(link: Locator) -> None:
    """Follow a link from the keyboard.

    A click is lost when its link moves between the button's going down and its coming up. On a busy
    machine links do: figures are drawn when the browser has time, and what was far away is laid out
    when it is scrolled to (the end of some pages moves by more than a screen).
    """
    link.press("Enter")
