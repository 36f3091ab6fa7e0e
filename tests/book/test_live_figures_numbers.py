"""Numbers are written alike in the page and in Python: in base.js, formats.js and powers.js."""

import math
import random
from pathlib import Path

import pytest
from playwright.sync_api import Browser

import course_lib.figures
from course_lib.figures import formats, powers
from course_lib.figures.base import compose_module

pytestmark = pytest.mark.browser
FOLDER = Path(course_lib.figures.__file__).parent
NAMES = "thousands, counted, percent, significant, byteSize, largeCount"


def numbers() -> list[float]:
    """Return numbers of every size, with ties, limits between units, and what is no number."""
    draw = random.Random(4)
    found = [draw.uniform(-1, 1) * 10 ** draw.uniform(-6, 17) for _ in range(300)]
    found += [float(draw.randrange(10 ** draw.randrange(1, 16))) for _ in range(300)]
    found += [i / 8 for i in range(-40, 40)]
    found += [
        limit * (1 + shift)
        for limit in (10, 100, 1e3, 1024, 1e6, 1024**2, 1e9, 1e12)
        for shift in (-6e-3, -4e-3, -4e-4, 0.0, 1e-9)
    ]
    return [*found, 0.0, -0.0]


def test_the_page_and_python_write_the_same(browser: Browser, tmp_path: Path) -> None:
    (tmp_path / "main.js").write_text(
        f'import {{ fixed, plain }} from "./base.js";\nimport {{ {NAMES} }} from "./formats.js";\n'
        f"export default {{ fixed, plain, {NAMES} }};\n"
    )
    for name in ("base.js", "formats.js"):
        (tmp_path / name).write_bytes((FOLDER / name).read_bytes())
    page = browser.new_page()
    page.goto("about:blank")
    values = numbers()
    written = page.evaluate(
        """async ([source, values]) => {
            const url = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
            const write = (await import(url)).default;
            const { fixed, plain, thousands, counted, percent } = write;
            const { significant, byteSize, largeCount } = write;
            return values.map((x) => [fixed(x), fixed(x, 0), plain(x), plain(x, 3), thousands(x),
                thousands(x, 3), counted(Math.trunc(x), "token"), percent(x), percent(x, 1),
                ...(x < 0 ? [] : [significant(x), significant(x, 2), byteSize(x),
                byteSize(x, true), largeCount(x)])]);
        }""",
        [compose_module((tmp_path / "main.js").resolve()), values],
    )
    page.close()
    for x, got in zip(values, written, strict=True):
        want = [
            *(formats.fixed(x), formats.fixed(x, 0)),
            *(formats.plain(x), formats.plain(x, 3)),
            *(formats.thousands(x), formats.thousands(x, 3)),
            formats.counted(int(x), "token"),
            *(formats.percent(x), formats.percent(x, 1)),
        ]
        if x >= 0:
            want += [formats.significant(x), formats.significant(x, 2), formats.byte_size(x)]
            want += [formats.byte_size(x, binary=True), formats.large_count(x)]
        assert got == want, x


def test_powers_of_ten_and_times_are_written_alike(browser: Browser) -> None:
    draw = random.Random(9)
    values = [10 ** draw.uniform(-30, 30) for _ in range(400)]
    values += [1 / 8, 0.1245, 9.995, 9.9949999, 1.0, 60.0, 3600.0, 86_400_000.0, 0.0]
    page = browser.new_page()
    page.goto("about:blank")
    written = page.evaluate(
        """async ([source, values]) => {
            const url = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
            const { scientific, duration } = await import(url);
            return values.map((x) => [
                scientific(x), scientific(x, 1), duration(Math.min(x, 1e18))]);
        }""",
        [exporting("powers"), values],
    )
    page.close()
    for x, got in zip(values, written, strict=True):
        long = powers.duration(min(x, 1e18))  # no training takes longer
        assert got == [powers.scientific(x), powers.scientific(x, 1), long], x


def exporting(name: str) -> str:
    """Return a module of the figures with what it imports, its own exports kept."""
    return compose_module((FOLDER / f"{name}.js").resolve())


def test_what_is_no_number_is_written_alike(browser: Browser) -> None:
    page = browser.new_page()
    page.goto("about:blank")
    source = (FOLDER / "base.js").read_text()
    written = page.evaluate(
        """async (source) => {
            const url = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
            const { fixed } = await import(url);
            return [fixed(Infinity), fixed(-Infinity), fixed(NaN)];
        }""",
        source,
    )
    page.close()
    assert written == [formats.fixed(x) for x in (math.inf, -math.inf, math.nan)]
