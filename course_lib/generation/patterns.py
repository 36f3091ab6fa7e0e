r"""Grammars written as regular expressions, in the part of the usual notation in daily use.

    ab|cd  (ab)?  a*  a+  a{3}  a{2,}  a{2,5}  [a-z_]  [^"]  .  \d  \w  \s  \n  \t  \r  \.

A pattern fits whole texts. A class [^…] and the dot fit one character of Unicode, well-formed; \d,
\w and \s stand for characters in ASCII only, and what [^…] leaves out is in ASCII too.
"""

import string

from course_lib.generation.automaton import (
    Grammar,
    any_character,
    either_of,
    in_turn,
    literal,
    one_of,
    repeated,
)

_CLASSES = {
    "d": string.digits,
    "w": string.ascii_letters + string.digits + "_",
    "s": " \t\n\r\f\v",
    "n": "\n",
    "t": "\t",
    "r": "\r",
}
_SPECIAL = "|()[]{}*+?.\\"
_REPEATS = {"*": (0, None), "+": (1, None), "?": (0, 1)}


def parse_pattern(pattern: str) -> Grammar:
    """Read a regular expression.

    Args:
        pattern: In the notation above.

    Returns:
        The grammar of the texts that it fits as a whole.

    Raises:
        ValueError: It is not in that notation; the message says where.
    """
    reader = _Reader(pattern)
    grammar = reader.options()
    if reader.place < len(pattern):
        raise reader.error("nothing was opened that this closes")
    return grammar


class _Reader:
    """Reads a pattern from left to right; each method reads what its name says."""

    def __init__(self, pattern: str) -> None:
        self.pattern = pattern
        self.place = 0

    def error(self, what: str) -> ValueError:
        return ValueError(f"{what}, at place {self.place} of {self.pattern!r}")

    def peek(self) -> str:
        return self.pattern[self.place : self.place + 1]

    def take(self, characters: str = "") -> str:
        """Read the next character, or only if it is one of some."""
        found = self.peek()
        if characters and found not in characters:
            return ""
        self.place += len(found)
        return found

    def expect(self, character: str) -> None:
        if not self.take(character):
            raise self.error(f"{character} is missing")

    def options(self) -> Grammar:
        options = [self.parts()]
        while self.take("|"):
            options.append(self.parts())
        return either_of(*options)

    def parts(self) -> Grammar:
        parts = []
        while self.peek() and self.peek() not in "|)":
            parts.append(self.counted(self.part()))
        return in_turn(*parts)

    def part(self) -> Grammar:
        character = self.take()
        match character:
            case "(":
                inner = self.options()
                self.expect(")")
                return inner
            case "[":
                return self.character_class()
            case ".":
                return any_character(but="\n")
            case "\\":
                return one_of(self.escaped())
        if character in _SPECIAL:
            self.place -= 1
            raise self.error(f"{character} has nothing to stand behind")
        return literal(character)

    def counted(self, part: Grammar) -> Grammar:
        if sign := self.take("*+?"):
            return repeated(part, *_REPEATS[sign])
        if not self.take("{"):
            return part
        at_least = at_most = self.number()
        if self.take(","):
            at_most = None if self.peek() == "}" else self.number()
        self.expect("}")
        return repeated(part, at_least, at_most)

    def number(self) -> int:
        digits = ""
        while digit := self.take(string.digits):
            digits += digit
        if not digits:
            raise self.error("a number is missing")
        return int(digits)

    def character_class(self) -> Grammar:
        left_out = self.take("^")
        characters = ""
        while (character := self.take()) != "]":
            if not character:
                raise self.error("] is missing")
            first = self.escaped() if character == "\\" else character
            if self.peek() == "-" and self.pattern[self.place + 1 : self.place + 2] != "]":
                self.take()
                last = self.take()
                last = self.escaped() if last == "\\" else last
                characters += self.characters_between(first, last)
            else:
                characters += first
        if not characters:
            raise self.error("a class of no characters fits nothing")
        return any_character(but=characters) if left_out else one_of(characters)

    def characters_between(self, first: str, last: str) -> str:
        if len(first) > 1 or len(last) > 1 or last < first:
            raise self.error(f"nothing lies between {first!r} and {last!r}")
        return "".join(map(chr, range(ord(first), ord(last) + 1)))

    def escaped(self) -> str:
        """Read what stands behind a backslash: the characters that it stands for."""
        character = self.take()
        if character in _CLASSES:
            return _CLASSES[character]
        if not character or character.isalnum():
            raise self.error(f"\\{character} means nothing")
        return character
