"""The attacks through stock nbgrader, for the table: `python -m tests.attacks.stock [OUT]`.

Every attack is put into nbgrader's own release of the same small chapter, with ordinary asserts as
tests, and autograded by nbgrader's own command and configuration. All of that happens inside
bubblewrap (no network, read-only files, process namespace and /tmp of its own, limits of memory and
time), because nbgrader itself confines nothing.

Only what a notebook does can be compared: an attack on the line between judge and learner's process
has nothing to attack in nbgrader, where both are one process.
"""

import argparse
import csv
import json
import re
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from nbformat import NotebookNode

from autograder.files import ROOT
from tests.attacks import registry, stock_jail
from tests.attacks.corpus import ATTACKS
from tests.attacks.registry import Attack, saved
from tests.attacks.stock_jail import NAME

HEAD = ["class", "attack", "deserved and given here", "stock", "wrong", "details"]
WALL_S = 400.0
PLACES = {
    "ROOT": str(stock_jail.COURSE),
    "CANARY": str(stock_jail.OTHER),
    "HOME": str(stock_jail.HOME),
    "PORT": str(stock_jail.PORT),
    "SOCKET": stock_jail.SOCKET,
}


@dataclass(frozen=True)
class Row:
    """One attack in the table.

    Attributes:
        attack: The attack.
        points: What stock nbgrader gave for the two functions; None for no mark at all.
        wrong: What went wrong there, a word each: see `main`.
        details: The same in more words.
    """

    attack: Attack
    points: float | None
    wrong: tuple[str, ...]
    details: str

    def cells(self) -> list[str]:
        """Give the row as it stands in the table, below `HEAD`."""
        given = "no mark" if self.points is None else f"{self.points:g}"
        wrong = " ".join(self.wrong) or "nothing"
        attack = self.attack
        return [attack.kind, attack.name, f"{attack.points:g}", given, wrong, self.details]


def rows(picked: list[Attack], work: Path) -> Iterator[Row]:
    """Run the attacks through stock nbgrader one by one."""
    registry.PLACES.update(PLACES)
    template = work / "template"
    honest = _in_jail_made_course(template)
    for attack in picked:
        course = work / "course"
        shutil.copytree(template, course, symlinks=True)
        _hand_in(course, "mallory", attack.data(honest))
        _hand_in(course, "zoe", saved(honest))
        other = course / "submitted" / "ada"
        other.mkdir()
        (other / "secret.txt").write_text("the canary sings")
        yield _judged(attack, _jailed(course, "tests.attacks.stock_jail"))
        shutil.rmtree(course, ignore_errors=True)


def _in_jail_made_course(template: Path) -> NotebookNode:
    """Make the course where it will be graded, so that its paths are the same."""
    template.mkdir()
    code = (
        "import json; from tests.attacks import stock_jail, stock_course; "
        "print('<<<' + json.dumps(stock_course.make_course(stock_jail.COURSE)) + '>>>')"
    )
    made = _jailed(template, "-c", code)
    if made is None:
        raise SystemExit("The course could not be made inside bubblewrap.")
    return NotebookNode(_nodes(made))


def _nodes(value: object) -> object:
    """Turn plain dictionaries into what nbformat uses."""
    if isinstance(value, dict):
        return NotebookNode({key: _nodes(one) for key, one in value.items()})
    return [_nodes(one) for one in value] if isinstance(value, list) else value


def _hand_in(course: Path, learner: str, data: bytes) -> None:
    folder = course / "submitted" / learner / NAME
    folder.mkdir(parents=True)
    (folder / f"{NAME}.ipynb").write_bytes(data)


def _jailed(course: Path, *what: str) -> dict | None:
    """Run Python inside the walls and give what it told, or None."""
    walls = [
        "bwrap",
        "--clearenv",
        "--unshare-all",
        "--die-with-parent",
        "--new-session",
        "--cap-drop",
        "ALL",
    ]
    walls += ["--uid", "1000", "--gid", "1000", "--ro-bind", "/", "/", "--dev", "/dev"]
    walls += ["--proc", "/proc", "--size", str(2 << 30), "--tmpfs", "/tmp"]
    for prefix in {Path(sys.prefix).resolve(), ROOT}:
        if prefix.is_relative_to("/tmp"):
            walls += ["--ro-bind", str(prefix), str(prefix)]
    walls += ["--bind", str(course), str(stock_jail.COURSE), "--dir", str(stock_jail.HOME)]
    environment = {
        "HOME": str(stock_jail.HOME),
        "PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin",
        "PYTHONPATH": str(ROOT),
        **{"OMP_NUM_THREADS": "1", "LANG": "C.UTF-8", "PYTHONDONTWRITEBYTECODE": "1"},
    }
    for name, value in environment.items():
        walls += ["--setenv", name, value]
    python = [sys.executable, *(what if what[0] == "-c" else ("-m", *what))]
    command = [*walls, "--chdir", str(stock_jail.COURSE), "--", *python]
    try:
        done = subprocess.run(command, capture_output=True, timeout=WALL_S, check=False)
    except subprocess.TimeoutExpired:
        return None
    # A line of its own: what it tells may hold the marks too, where a file does.
    told = re.findall(r"^<<<(.*)>>>$", done.stdout.decode(errors="replace"), re.MULTILINE)
    return json.loads(told[-1]) if told else None


def _judged(attack: Attack, told: dict | None) -> Row:
    """Say what went wrong; see `main` for the words."""
    if told is None:
        return Row(attack, None, ("harm", "stopped"), "the grader itself was ended")
    points, wrong, details = told["points"], [], []
    if points is not None and points > attack.points:
        wrong.append("undeserved")
        details.append(f"{points - attack.points:g} undeserved points")
    if points is None:
        wrong.append("unmarked")
    elif points < attack.points:
        wrong.append("lost")
        details.append(f"{attack.points - points:g} points lost")
    if told["harm"]:
        wrong.append("harm")
        details += told["harm"]
    if told["leak"]:
        wrong.append("leak")
        details.append(f"shows {' and '.join(told['leak'])}")
    if told["code"] and told.get("others") is None:
        wrong.append("stopped")
        details.append("the next learner was not graded")
    return Row(attack, points, tuple(wrong), "; ".join(details))


def _in_turn(attacks: list[Attack]) -> list[Attack]:
    """Take one of each class in turn, so that half a table says something of all of them."""
    place: Counter[str] = Counter()
    order = {}
    for attack in attacks:
        order[attack.kind, attack.name] = place[attack.kind]
        place[attack.kind] += 1
    return sorted(attacks, key=lambda attack: order[attack.kind, attack.name])


def _known(out: Path) -> dict[tuple[str, str], list[str]]:
    """Read the rows of an earlier run, which are not done again."""
    if not out.is_file():
        return {}
    with open(out, newline="", encoding="utf-8") as file:
        return {(cells[0], cells[1]): cells for cells in list(csv.reader(file))[1:]}


def main() -> None:
    """Write the table, or what is left of it to do: it takes some seconds an attack.

    The words of its last columns: `undeserved`, more points than deserved; `lost`, deserved points
    lost; `unmarked`, no mark and no reason; `harm`, other people's files, processes, the network,
    memory or disk; `leak`, hidden tests or others' files shown; `stopped`, the rest of the class
    not graded.
    """
    parser = argparse.ArgumentParser(prog="python -m tests.attacks.stock", description=__doc__)
    parser.add_argument("out", nargs="?", type=Path, default=Path("stock.csv"))
    parser.add_argument("--only", default="", help="text that the attack's class or name holds")
    arguments = parser.parse_args()
    known = _known(arguments.out)
    picked = [
        attack
        for attack in _in_turn(ATTACKS)
        if attack.comparable and arguments.only in f"{attack.kind}: {attack.name}"
    ]
    with (
        tempfile.TemporaryDirectory(prefix="course-stock-") as work,
        open(arguments.out, "a", newline="", encoding="utf-8") as file,
    ):
        table = csv.writer(file)
        if not known:
            table.writerow(HEAD)
        left = [attack for attack in picked if (attack.kind, attack.name) not in known]
        for row in rows(left, Path(work)):
            table.writerow(row.cells())
            file.flush()
    counts: Counter[str] = Counter()
    for cells in (known := _known(arguments.out)).values():
        counts.update(cells[HEAD.index("wrong")].split())
    counts["all"] = len(known)
    print(", ".join(f"{word}: {number}" for word, number in counts.most_common()))


if __name__ == "__main__":
    main()
