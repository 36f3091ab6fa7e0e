"""The book on paper: one PDF, printed by Chromium from the built site.

It is made from the pages of the site as they are, so that paper and screen show the same:
`python -m book.print`.

    book_settings  which pages are printed, in which order
    printed_links  from page to page of the site → from place to place of the document
    printed_page   one page without folds, and without what only a screen can use
    whole_book     title page, contents and all pages as one document
    chromium_pdf   the document as PDF, with the numbers of the sheets
    pdf_details    author, date and outline
"""
