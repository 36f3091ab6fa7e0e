"""What the editions of the book, on paper and for e-readers, have in common.

Both are made from the built site: `python -m book.print`, `python -m book.epub`.

    settings   what the site says of itself, and when it was built
    chromium   the browser that prints it and draws its figures
"""
