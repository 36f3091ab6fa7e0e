"""Reading, changing and writing a tree of elements."""

from book.epub.trees import fill, make, parse, rewrite, words, write

PAGE = (
    '<article xmlns="http://www.w3.org/1999/xhtml">a <b>b</b> c<task>d</task>'
    '<svg xmlns="http://www.w3.org/2000/svg"><path d=""/></svg></article>'
)


def test_names_are_plain_and_drawings_say_their_namespace() -> None:
    page = parse(PAGE)
    assert [each.tag for each in page] == ["b", "{http://www.w3.org/1999/xhtml}task", "svg"]
    assert write(page[2]) == '<svg xmlns="http://www.w3.org/2000/svg"><path d=""></path></svg>'


def test_what_html_does_not_write_short_is_written_out() -> None:
    written = write(
        make("div", make("br"), make("a", id="x"), make("td"), make("img", alt="a > b"))
    )
    assert written == '<div><br /><a id="x"></a><td></td><img alt="a &gt; b" /></div>'


def test_what_stands_behind_an_element_is_not_written_with_it() -> None:
    page = parse("<p><b>one</b> two</p>")
    assert write(page[0]) == "<b>one</b>"
    assert write(page) == "<p><b>one</b> two</p>"


def test_text_stays_in_its_place_when_an_element_goes() -> None:
    page = parse("<p>1<b>2</b>3<i>4<b>5</b></i>6</p>")
    (changed,) = rewrite(page, lambda each: [] if each.tag == "b" else [each])
    assert write(changed) == "<p>13<i>4</i>6</p>"
    page = parse("<p>1<b>2<i>3</i></b>4</p>")
    (changed,) = rewrite(page, lambda each: ["(", *each, ")"] if each.tag == "b" else [each])
    assert write(changed) == "<p>1(<i>3</i>)4</p>"


def test_new_content_replaces_all_of_the_old() -> None:
    element = parse("<p>old<b>old</b>old</p>")
    assert write(fill(element, ["new ", make("i", "er"), "!", "?"])) == "<p>new <i>er</i>!?</p>"


def test_words_have_single_spaces() -> None:
    assert words(parse("<p> one\n <b>two</b>  </p>")) == "one two"
