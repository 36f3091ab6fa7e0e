"""Pages are drawn before any script runs, and no page asks for what it does not use."""

from late_scripts import let_scripts_wait

HEAD = """<head>
<link rel="preload" as="script" href="_static/scripts/bootstrap.js" />
<script>let inline = 1;</script>
<script src="_static/documentation_options.js?v=1"></script>
<script src="_static/doctools.js?v=2"></script>
<script async src="_static/other.js"></script>
<script defer src="_static/scripts/fontawesome.js?digest=3"></script>
<script type="application/vnd.jupyter.widget-state+json">{"state": "</p>"}</script>
<script>DOCUMENTATION_OPTIONS.search_as_you_type = false;</script>
<script src="_static/searchtools.js"></script>
<script src="_static/language_data.js"></script>
<script src="searchindex.js"></script>
</head>"""
BODY = '<body><p>text</p><script src="_static/last.js"></script></body></html>'


def rewritten(head: str = HEAD, is_search_page: bool = False) -> str:
    return let_scripts_wait(head + BODY, "const OPTIONS = 1;\n", is_search_page)


def test_scripts_of_the_head_wait_in_their_order() -> None:
    page = rewritten()
    assert '<script defer src="_static/doctools.js?v=2"></script>' in page
    assert '<script async src="_static/other.js"></script>' in page
    assert "preload" not in page
    assert "fontawesome" not in page
    assert '<script src="_static/last.js">' in page  # nothing waits for a script at the end


def test_options_stand_in_the_page_before_who_writes_to_them() -> None:
    page = rewritten()
    assert "documentation_options.js" not in page
    assert page.index("<script>const OPTIONS = 1;</script>") < page.index("search_as_you_type")


def test_the_index_is_loaded_where_it_is_searched() -> None:
    assert "searchindex.js" not in rewritten()
    assert '<script defer src="searchindex.js">' in rewritten(is_search_page=True)
    typing = HEAD.replace("search_as_you_type = false", "search_as_you_type = true")
    assert '<script defer src="searchindex.js">' in rewritten(typing)


def test_the_state_of_figures_comes_behind_the_text() -> None:
    page = rewritten()
    assert page.count('{"state": "</p>"}') == 1
    assert page.index("<p>text</p>") < page.index("widget-state") < page.index("</body>")


def test_a_page_that_waits_already_stays_as_it_is() -> None:
    once = rewritten()
    assert let_scripts_wait(once, "", is_search_page=False) == once
