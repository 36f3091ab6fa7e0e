"""The table of contents in the two forms that e-readers know."""

from xml.etree import ElementTree

from book.epub.navigation import Point, nav, ncx

POINTS = (
    Point("First", "a.xhtml"),
    Point("Part", below=(Point("x < y", "b.xhtml", (Point("Deep", "b.xhtml#c"),)),)),
)


def test_a_part_without_a_page_is_words() -> None:
    assert nav(POINTS).replace("\n", "") == (
        '<ol><li><a href="a.xhtml">First</a></li><li><span>Part</span>'
        '<ol><li><a href="b.xhtml">x &lt; y</a><ol><li><a href="b.xhtml#c">Deep</a></li></ol></li>'
        "</ol></li></ol>"
    )


def test_in_the_older_form_it_leads_to_its_first_page() -> None:
    root = ElementTree.fromstring(ncx(POINTS, "T & S", "urn:x", "en").encode())
    space = {"n": "http://www.daisy.org/z3986/2005/ncx/"}
    sources = [each.get("src") for each in root.iterfind(".//n:content", space)]
    assert sources == ["a.xhtml", "b.xhtml", "b.xhtml", "b.xhtml#c"]
    assert [each.get("id") for each in root.iterfind(".//n:navPoint", space)] == [
        f"point-{n}" for n in (1, 2, 3, 4)
    ]
    assert root.findtext("n:docTitle/n:text", namespaces=space) == "T & S"
    assert len(root.findall("n:navMap/n:navPoint/n:navPoint/n:navPoint", space)) == 1
