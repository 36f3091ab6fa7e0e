"""A style sheet without the rules that no page of a site can use.

A theme styles everything that a site might have; a rule whose class or id stands nowhere in the
pages and scripts cannot match, and goes. What a script may add is found by its name in the script;
names that scripts put together from parts are kept by their beginning.
"""

import re
from collections.abc import Sequence

import tinycss2
import tinycss2.ast

# Bootstrap's tooltips: "bs-tooltip-" and the side where there is room.
PUT_TOGETHER = ("bs-", "tooltip-")

_WORD = re.compile(r"[A-Za-z_][\w-]*")
_NAME = re.compile(r"[.#]((?:[\w-]|[^\x00-\x7f]|\\.)+)")
_ARGUMENTS = re.compile(r":(?:not|is|where|has)\([^()]*(?:\([^()]*\)[^()]*)*\)")
_STRINGS = re.compile(r"\[[^\]]*\]")
_GROUPS = {"media", "supports", "container", "layer"}


def words_in(texts: list[str]) -> set[str]:
    """Return every word that could be the name of a class or an id in pages and scripts."""
    return set().union(*(_WORD.findall(text) for text in texts))


def can_match(selector: str, words: set[str]) -> bool:
    """Say whether a selector could match in pages made of these words."""
    bare = _STRINGS.sub("", _ARGUMENTS.sub("", selector))
    names = (re.sub(r"\\(.)", r"\1", name) for name in _NAME.findall(bare))
    return all(_known(name, words) for name in names)


def _known(name: str, words: set[str]) -> bool:
    # A name with other letters in it (Bootstrap's "py-2\.5") is not one word: kept unseen.
    return name in words or name.startswith(PUT_TOGETHER) or not _WORD.fullmatch(name)


def prune(css: str, words: set[str]) -> str:
    """Return a style sheet without rules that cannot match and without comments, except licences.

    Args:
        css: The style sheet.
        words: What stands in the pages and scripts; see `words_in`.
    """
    return _prune(tinycss2.parse_stylesheet(css, skip_whitespace=True), words)


def _prune(rules: Sequence[tinycss2.ast.Node], words: set[str]) -> str:
    kept = []
    for rule in rules:
        if isinstance(rule, tinycss2.ast.QualifiedRule):
            kept.append(_prune_rule(rule, words))
        elif isinstance(rule, tinycss2.ast.AtRule) and rule.lower_at_keyword in _GROUPS:
            kept.append(_prune_group(rule, words))
        elif isinstance(rule, tinycss2.ast.Comment):
            kept.append(rule.serialize() if rule.value.startswith("!") else "")
        elif isinstance(rule, tinycss2.ast.ParseError):
            raise ValueError(f"line {rule.source_line} of a style sheet: {rule.message}")
        else:
            kept.append(rule.serialize())
    return "\n".join(filter(None, kept))


def _prune_rule(rule: tinycss2.ast.QualifiedRule, words: set[str]) -> str:
    selectors = _split(rule.prelude)
    usable = [selector for selector in selectors if can_match(selector, words)]
    return f"{','.join(usable)}{{{_serialize(rule.content)}}}" if usable else ""


def _prune_group(rule: tinycss2.ast.AtRule, words: set[str]) -> str:
    if rule.content is None:  # "@layer a, b;"
        return rule.serialize()
    inner = _prune(tinycss2.parse_rule_list(rule.content, skip_whitespace=True), words)
    return f"@{rule.at_keyword}{tinycss2.serialize(rule.prelude)}{{{inner}}}" if inner else ""


def _split(prelude: list[tinycss2.ast.Node]) -> list[str]:
    """Return the selectors of a rule: what stands between its outer commas."""
    parts: list[list[tinycss2.ast.Node]] = [[]]
    for token in prelude:
        if token == ",":
            parts.append([])
        elif not isinstance(token, tinycss2.ast.Comment):
            parts[-1].append(token)
    return [tinycss2.serialize(part).strip() for part in parts]


def _serialize(content: list[tinycss2.ast.Node]) -> str:
    return tinycss2.serialize(
        [token for token in content if not isinstance(token, tinycss2.ast.Comment)]
    ).strip()
