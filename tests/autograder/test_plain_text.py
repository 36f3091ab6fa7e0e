import io

import pytest
from rich.console import Console
from rich.markup import escape

from autograder.plain_text import MAX_CHARACTERS, MAX_LINES, cut, one_line, visible


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("def f(x):\n\treturn x", "def f(x):\n\treturn x"),
        ("a\r\nb\rc", "a\nb␍c"),
        ("\x1b[31mred\x1b]0;title\x07", "␛[31mred␛]0;title␇"),
        ("nul\x00, delete\x7f, C1 \x9b", "nul␀, delete␡, C1 ⟨U+009B⟩"),
        ("evil \u202egpj.exe", "evil ⟨U+202E⟩gpj.exe"),
        ("isolate \u2067x\u2069", "isolate ⟨U+2067⟩x⟨U+2069⟩"),
        ("zero\u200bwidth\ufeff", "zero⟨U+200B⟩width⟨U+FEFF⟩"),
        ("a\u2028b", "a⟨U+2028⟩b"),
        ("lone \ud800", "lone ⟨U+D800⟩"),
        ("tag \U000e0041, private \ue000, none \uffff", None),
    ],
)
def test_what_cannot_be_seen_is_shown(text, shown):
    expected = "tag ⟨U+E0041⟩, private ⟨U+E000⟩, none ⟨U+FFFF⟩" if shown is None else shown
    assert visible(text) == expected


@pytest.mark.parametrize("text", ["naïve Ωmega 数学", "عربي", "می\u200cخواهم", "👩\u200d🔬 é", ""])
def test_the_words_of_any_language_stay(text):
    assert visible(text) == text


def test_whatever_comes_in_can_be_written_and_moves_no_cursor():
    every = visible("".join(map(chr, [*range(0x20000), *range(0xE0000, 0xE0200), 0x10FFFF])))
    every.encode()
    assert not any(ord(character) < 32 and character not in "\n\t" for character in every)
    assert "\x7f" not in every
    bidirectional = [0x061C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A)]
    assert not set(map(chr, bidirectional)) & set(every)


def test_a_terminal_gets_no_escape():
    """`rich` passes ESC on, so that it has to be gone before."""
    console = Console(file=io.StringIO(), width=80)
    console.print(escape(visible("[red]\x1b[2J")))
    assert console.file.getvalue() == "[red]␛[2J\n"


def test_a_long_text_is_cut_and_says_so():
    assert cut("x" * MAX_CHARACTERS) == "x" * MAX_CHARACTERS
    assert cut("x" * 1_234_567, 10) == "x" * 10 + " … (1,234,557 more characters are not shown)"
    lines = "x\n" * MAX_LINES
    assert cut(lines) == lines[:-1] + " … (1 more characters are not shown)"
    assert cut(lines[:-1]) == lines[:-1]


def test_one_line_is_one_line():
    assert one_line(" a\n\n\tb \x1b", 10) == "a b ␛"
    assert one_line("word " * 1_000_000, 12) == "word word w…"
    assert one_line("a" + " " * 1_000_000 + "b", 12) == "a…"
