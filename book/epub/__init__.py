"""The book as one EPUB file, made from the built site.

Sphinx's own EPUB builder was tried first: its pages are not well-formed where a notebook brought
HTML of its own, its formulas are laid out for a browser, and live figures are left out. The site
has all of it right, so its pages are taken over: `python -m book.epub`.

    browser    a page as XML, and pictures of its live figures
    trees      the few things that one does to a tree of elements
    articles   what an e-reader cannot use is left out or said otherwise
    stills     a picture and words in the place of a live figure
    splitting  long pages become several files: e-readers read whole files
    links      from page to page of the site → from file to file of the book
    pictures   drawings and photographs in the forms that EPUB allows
    contents   the table of contents
    navigation what e-readers show of it
    package    the file itself
    edition    all of it, in order
"""
