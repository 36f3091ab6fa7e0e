"""The server of the speed tests sends files as GitHub Pages does."""

import gzip
import urllib.request
from pathlib import Path

import pytest

from tests.book.pages_server import serve

TEXT = "<p>" + "attention " * 500


@pytest.mark.parametrize("accepts", ["gzip, br", ""])
def test_text_is_compressed_for_who_takes_it(tmp_path: Path, accepts: str) -> None:
    (tmp_path / "index.html").write_text(TEXT, encoding="utf-8")
    with serve(tmp_path) as address:
        request = urllib.request.Request(address, headers={"Accept-Encoding": accepts})
        with urllib.request.urlopen(request) as answer:
            body = answer.read()
    assert answer.headers["Cache-Control"] == "max-age=600"
    assert (answer.headers["Content-Encoding"] == "gzip") == bool(accepts)
    assert (gzip.decompress(body) if accepts else body).decode() == TEXT
    assert int(answer.headers["Content-Length"]) == len(body)


def test_fonts_are_sent_as_they_are(tmp_path: Path) -> None:
    (tmp_path / "a.woff2").write_bytes(b"font")
    with serve(tmp_path) as address:
        request = urllib.request.Request(f"{address}/a.woff2", headers={"Accept-Encoding": "gzip"})
        with urllib.request.urlopen(request) as answer:
            assert answer.read() == b"font"
    assert answer.headers["Content-Type"] == "font/woff2"
