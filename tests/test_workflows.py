"""What a code host runs is what a person runs: the same targets of the Makefile."""

import re
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[1]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")


def steps(name: str, job: str) -> list[dict]:
    text = (ROOT / ".github" / "workflows" / name).read_text(encoding="utf-8")
    return yaml.safe_load(text)["jobs"][job]["steps"]


def test_the_published_site_is_what_make_book_builds():
    build = steps("site.yml", "build")
    assert [step["run"] for step in build if "run" in step] == ["make book"]
    (upload,) = [step for step in build if "upload-pages-artifact" in step.get("uses", "")]
    assert upload["with"]["path"] == "_build/html"
    assert re.search(r"^book: .*\n.*--path-output \. ", MAKEFILE, re.MULTILINE)


def test_nothing_is_published_before_it_is_built():
    text = (ROOT / ".github" / "workflows" / "site.yml").read_text(encoding="utf-8")
    assert yaml.safe_load(text)["jobs"]["deploy"]["needs"] == "build"


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.name)
def test_every_command_is_one_that_the_repository_has(workflow: Path):
    jobs = yaml.safe_load(workflow.read_text(encoding="utf-8"))["jobs"]
    commands = [s["run"] for job in jobs.values() for s in job["steps"] if "run" in s]
    for command in (line.strip() for text in commands for line in text.splitlines()):
        if target := re.match(r"make (\S+)", command):
            assert re.search(rf"^{target[1]}:", MAKEFILE, re.MULTILINE), command
        elif script := re.match(r"(?:bash )?(\.ci/\S+)", command):
            assert (ROOT / script[1]).is_file(), command
