"""Tokens in the colour of plain text are bare text; the others keep their element."""

import re

import pytest
from plain_tokens import PLAIN, unwrap
from pygments.formatters import HtmlFormatter
from pygments.styles import get_style_by_name
from pygments.token import STANDARD_TYPES, Token

STYLES = ("a11y-high-contrast-light", "a11y-high-contrast-dark")  # the theme's


def test_plain_tokens_lose_their_element_and_nothing_else_does() -> None:
    code = '<span class="k">def</span><span class="w"> </span><span class="n">f</span>'
    page = f'<p><span class="n">kept</span></p><div class="highlight"><pre>{code}</pre></div>'
    assert unwrap(page) == (
        '<p><span class="n">kept</span></p>'
        '<div class="highlight"><pre><span class="k">def</span> f</pre></div>'
    )


@pytest.mark.parametrize("name", STYLES)
def test_they_looked_like_plain_text(name: str) -> None:
    style = get_style_by_name(name)
    (rule,) = re.findall(r"\.code \{[^}]*\}", HtmlFormatter(style=name).get_style_defs(".code"))
    colour = re.search(r"[; ]color: #(\w{6})", rule)[1].lower()
    plain = style.style_for_token(Token) | {"color": colour}
    for short in PLAIN:
        (token,) = [token for token, known in STANDARD_TYPES.items() if known == short]
        found = style.style_for_token(token)
        assert found | {"color": found["color"].lower()} == plain, token
