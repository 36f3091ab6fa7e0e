"""The recipe for a container, as far as it can be tried without an engine that runs it."""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import typer
import yaml
from packaging.requirements import Requirement

from autograder import cli
from autograder.files import ROOT

FILE = ROOT / "autograder" / "container" / "Containerfile"
RULES = FILE.with_name("Containerfile.dockerignore").read_text(encoding="utf-8").splitlines()
GUIDE = (ROOT / "book" / "howto" / "operation.md").read_text(encoding="utf-8")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
SCRIPT = ".ci/system_packages.sh"


def steps_of(text):
    """The instructions of a recipe in their order: the word, and the rest in one line."""
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    whole = re.sub(r"\\\n\s*", "", "\n".join(lines))
    return [tuple(line.split(maxsplit=1)) for line in whole.splitlines()]


STEPS = steps_of(FILE.read_text(encoding="utf-8"))


def all_of(word):
    return [rest for found, rest in STEPS if found == word]


def copied():
    """What is copied: source in the course's folder, and where it goes."""
    for rest in all_of("COPY"):
        *sources, target = rest.split()
        for source in sources:
            yield source, target.removesuffix("/") if target != "./" else source


def is_sent(path):
    """Whether the ignore file lets a path through; the last rule that fits decides."""
    sent = True
    for rule in (line for line in RULES if line and not line.startswith("#")):
        pattern = rule.removeprefix("!")
        fits = pattern == "*" or path == pattern or path.startswith(f"{pattern}/")
        if pattern.startswith("**/"):
            fits = pattern[3:] in Path(path).parts
        if fits:
            sent = rule.startswith("!")
    return sent


def commands():
    """The commands of the guide that run the container, as lists of words."""
    return [
        shlex.split(block.replace("\\\n", " "))
        for block in re.findall(r"```bash\n(docker run .*?)```", GUIDE, re.DOTALL)
    ]


def test_everything_that_is_copied_is_there_and_is_sent():
    for source, _ in copied():
        assert (ROOT / source).exists(), source
        assert is_sent(source), source
    sources = {source for source, _ in copied()}
    assert {rule[1:] for rule in RULES if rule.startswith("!")} == sources
    for other in (".git/config", "tests/conftest.py", "_build/x", "book/chapters/x.ipynb"):
        assert not is_sent(other), other
    assert not is_sent("autograder/__pycache__/cli.cpython-311.pyc")


def test_the_base_has_a_tag_and_is_the_one_of_the_checks():
    assert all_of("FROM") == ["${BASE}"]
    (base,) = [rest.removeprefix("BASE=") for rest in all_of("ARG") if rest.startswith("BASE=")]
    checks = yaml.safe_load((ROOT / ".github" / "workflows" / "checks.yml").read_text())["jobs"]
    tested = {
        checks["test"]["container"].replace("${{ matrix.python }}", version)
        for version in checks["test"]["strategy"]["matrix"]["python"]
    }
    assert base.replace("-slim", "") in tested
    assert "-slim-" in base


def test_the_systems_packages_come_from_the_one_list_that_has_them():
    runs = all_of("RUN")
    assert [run for run in runs if "apt" in run] == [
        f"{SCRIPT} grading && rm -rf /var/lib/apt/lists/*"
    ]
    assert os.access(ROOT / SCRIPT, os.X_OK)


def test_the_list_leaves_out_what_only_the_book_needs(tmp_path):
    def asked_for(*arguments):
        asked = tmp_path / "asked"
        asked.write_text("")
        for name, text in {"id": "echo 0", "apt-get": f'echo "$@" >> {asked}'}.items():
            (tmp_path / name).write_text(f"#!/bin/sh\n{text}\n")
            (tmp_path / name).chmod(0o755)
        for name in ("grep", "bash"):
            (tmp_path / name).unlink(missing_ok=True)
            (tmp_path / name).symlink_to(shutil.which(name))
        command = [shutil.which("bash"), str(ROOT / SCRIPT), *arguments]
        environment = {"PATH": str(tmp_path), "PYTHON": sys.executable}
        subprocess.run(command, env=environment, check=True, timeout=60)
        last = asked.read_text().splitlines()[-1].split()
        return {word for word in last[1:] if not word.startswith("-")}

    grading = asked_for("grading")
    assert {"bubblewrap", "util-linux"} <= grading
    assert asked_for() - grading == {"nodejs", "chromium"}


def test_python_packages_are_the_pinned_ones_of_the_grader():
    (install,) = [run for run in all_of("RUN") if "--constraint" in run]
    assert "--constraint constraints.txt" in install
    (extra,) = re.findall(r"'\.\[(\w+)\]'", install)
    assert extra in PROJECT["optional-dependencies"]
    listed = [one for lines in PROJECT["optional-dependencies"].values() for one in lines]
    named = {Requirement(one).name for one in listed}
    assert set(re.findall(r"'\.\[\w+\]' (.+)$", install)) <= named
    assert any("PIP_NO_CACHE_DIR=1" in rest for rest in all_of("ENV"))


def test_it_does_not_run_as_root():
    (user,) = all_of("USER")
    assert re.search(rf"useradd .*--uid [1-9]\d+ {user}$", all_of("RUN")[-1])
    words = [word for word, _ in STEPS]
    assert words.index("USER") > max(n for n, word in enumerate(words) if word in ("RUN", "COPY"))
    assert words.index("USER") < words.index("ENTRYPOINT")


def test_what_it_starts_is_the_course_command():
    assert json.loads(all_of("ENTRYPOINT")[0]) == ["course"]
    assert "course" in PROJECT["scripts"]
    assert json.loads(all_of("CMD")[0]) == ["--help"]


def test_the_guide_runs_it_behind_walls():
    within, alone = commands()
    for command in (within, alone):
        told = " ".join(command)
        for option in (
            *("--network none", "--read-only", "--cap-drop ALL", "--rm", "--tmpfs /tmp"),
            *("--security-opt no-new-privileges", "--pids-limit", "--memory", ":ro"),
        ):
            assert option in told, option
        assert "privileged " not in told.replace("no-new-privileges ", "")
        assert "--cap-add" not in told
    loosened = {"seccomp=unconfined", "apparmor=unconfined", "systempaths=unconfined"}
    assert loosened <= set(within)
    assert not loosened & set(alone)
    assert "--unconfined" in alone
    assert "--unconfined" not in within


@pytest.mark.parametrize("command", commands(), ids=["within", "alone"])
def test_the_command_within_is_one_that_course_knows(command):
    image = command.index("course-grader")
    assert f"--tag {command[image]} ." in GUIDE
    name, *arguments = command[image + 1 :]
    known = typer.main.get_command(cli.app).commands[name]
    mounted = [word.split(":")[1] for word in command if word.startswith("$PWD/")]
    context = known.make_context(name, arguments, resilient_parsing=False)
    given = context.params
    assert [str(path) for path in given["submissions"]] == ["/submissions"]
    assert sorted([*map(str, given["submissions"]), str(given["out"])]) == sorted(mounted)


@pytest.mark.slow
def test_what_is_copied_is_enough_to_grade(tmp_path):
    course = tmp_path / "course"
    for source, target in copied():
        if (ROOT / source).is_dir():
            shutil.copytree(
                ROOT / source,
                course / target,
                ignore=lambda folder, names: [
                    name
                    for name in names
                    if not is_sent((Path(folder) / name).relative_to(ROOT).as_posix())
                ],
            )
        elif "/" not in target:
            course.mkdir(exist_ok=True)
            shutil.copy(ROOT / source, course / target)
    (tmp_path / "class").mkdir()
    shutil.copy(course / "notebooks" / "ch02_self_attention.ipynb", tmp_path / "class/ada.ipynb")
    code = "import sys, autograder.cli as cli; print(cli.__file__, flush=True); cli.main()"
    done = subprocess.run(
        [sys.executable, "-P", "-c", code, "grade", "class", "--out", "out", "--jobs", "1"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(course)},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(str(course))
    assert "ada" in (tmp_path / "out" / "ch02_self_attention" / "marks.csv").read_text()
