"""`make lighthouse`: Lighthouse on every page of the built site, against the bars of the course.

Every page is looked at as on a phone and on a desktop, in the light theme, and for accessibility in
the dark one too. On chapters, where performance has a bar, the median of three runs counts: the
score is simulated from a real load, and the machine that loads has other things to do. Close what
you can, and look twice before you believe a difference of five points.

The program comes from npm into `_build/lighthouse_tool`; it drives the system's Chromium. The site
is served on loopback, compressed as GitHub Pages does. Reports lie in `_build/lighthouse`.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path

from tests.book.conftest import CHROMIUM, CHROMIUM_OPTIONS, ROOT
from tests.book.html_page import page_names
from tests.book.lighthouse_scores import (
    Scores,
    median_of,
    missed_bars,
    note_on_noise,
    read_report,
    table,
)
from tests.book.pages_server import serve

WHAT = "Lighthouse on every page of the built site, against the bars of the course."
VERSION = "12.8.2"  # the one place
TOOL = ROOT / "_build" / "lighthouse_tool"
REPORTS = ROOT / "_build" / "lighthouse"
FORMS = {"phone": [], "desktop": ["--preset=desktop"]}
THEMES = {"light": "1", "dark": "0"}  # Chromium's numbers of preferred colour schemes
RUNS_ON_CHAPTERS = 3
TIMEOUT_S = 180


class CannotRun(Exception):  # noqa: N818 - read as a sentence: the tool cannot run
    """Something that Lighthouse needs is missing; the message says what to do."""


def install() -> Path:
    """Install the pinned version where it is not yet, and return its program."""
    program = TOOL / "node_modules" / "lighthouse" / "cli" / "index.js"
    manifest = program.parents[1] / "package.json"
    if manifest.exists() and json.loads(manifest.read_text(encoding="utf-8"))["version"] == VERSION:
        return program
    if shutil.which("npm") is None:
        raise CannotRun("Lighthouse comes from npm: install Node.js and npm and try again.")
    TOOL.mkdir(parents=True, exist_ok=True)
    command = ["npm", "install", "--no-save", "--no-audit", "--no-fund", "--loglevel=error"]
    done = subprocess.run(
        [*command, "--prefix", str(TOOL), f"lighthouse@{VERSION}"],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise CannotRun(f"npm could not install lighthouse {VERSION}: {done.stderr.strip()}")
    return program


def look(program: Path, address: str, page: str, form: str, theme: str, run: int) -> Scores:
    """Let Lighthouse look at a page once and keep its report."""
    report = REPORTS / f"{page.replace('/', '.')}-{form}-{theme}-{run}.json"
    flags = [
        *CHROMIUM_OPTIONS,
        "--headless=new",
        f"--blink-settings=preferredColorScheme={THEMES[theme]}",
    ]
    command = [
        "node",
        str(program),
        f"{address}/{page}.html",
        "--quiet",
        "--output=json",
        f"--output-path={report}",
        f"--chrome-flags={' '.join(flags)}",
        "--no-enable-error-reporting",
        *FORMS[form],
        *(["--only-categories=accessibility"] if theme == "dark" else []),
    ]
    done = subprocess.run(
        command,
        env={**os.environ, "CHROME_PATH": str(CHROMIUM)},
        capture_output=True,
        text=True,
        check=False,
        timeout=TIMEOUT_S,
    )
    if done.returncode != 0 or not report.exists():
        raise CannotRun(f"Lighthouse failed on {page} ({form}, {theme}):\n{done.stderr.strip()}")
    return read_report(json.loads(report.read_text(encoding="utf-8")), page, form, theme)


def look_at_all(site: Path, pages: list[str], runs_on_chapters: int) -> list[Scores]:
    """Look at every page in every form and theme; say on stderr what is being looked at."""
    program, results = install(), []
    with serve(site) as address:
        for page in pages:
            for form in FORMS:
                for theme in THEMES:
                    many = theme == "light" and page.startswith("chapters/")
                    n_runs = runs_on_chapters if many else 1
                    print(f"{page}, {form}, {theme}", file=sys.stderr, flush=True)
                    runs = [look(program, address, page, form, theme, n) for n in range(n_runs)]
                    results.append(median_of(runs))
    return results


def main(arguments: list[str] | None = None) -> int:
    """Print the table; return 0 where every bar is reached, 1 where not, 2 without a run."""
    parser = argparse.ArgumentParser(prog="make lighthouse", description=WHAT)
    parser.add_argument("pages", nargs="*", help="names of pages without .html (all of them)")
    parser.add_argument("--site", type=Path, default=ROOT / "_build" / "html")
    parser.add_argument("--runs", type=int, default=RUNS_ON_CHAPTERS, help="runs on a chapter")
    options = parser.parse_args(arguments)
    try:
        there = page_names(options.site)
        if unknown := sorted(set(options.pages) - set(there)):
            raise CannotRun(f"The site in {options.site} has no page {', '.join(unknown)}.")
        if not there:
            raise CannotRun(f"There is no site in {options.site}: run `make book` first.")
        if not CHROMIUM.exists():
            raise CannotRun(f"No Chromium at {CHROMIUM}: install it or set CHROMIUM to its path.")
        shutil.rmtree(REPORTS, ignore_errors=True)
        REPORTS.mkdir(parents=True)
        results = look_at_all(options.site, options.pages or there, options.runs)
    except (CannotRun, ValueError) as problem:
        print(problem, file=sys.stderr)
        return 2
    summary = json.dumps([asdict(found) for found in results], indent=1)
    (REPORTS / "summary.json").write_text(summary + "\n", encoding="utf-8")
    print(table(results))
    missed = [sentence for found in results for sentence in missed_bars(found)]
    print("\n".join(missed) if missed else "Every bar is reached.")
    if missed and (note := note_on_noise(results)):
        print(note)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
