"""Thirty made-up learners' notebooks as four ways to collect give them; all names are made up."""

import zipfile

from tests.sample_class.learners import learners
from tests.sample_class.workshop import Workshop

N_LEARNERS = 30
SLOW = ("gina", "hugo", "ines")  # they use up their time, which is half a minute each


def make(folder):
    """Write the downloads into a folder.

    Returns:
        The paths to hand to `course grade`, and by learner the points that the checks must give;
        None where the sample class leaves that to the checks.
    """
    shop = Workshop.of("ch02")
    slug = shop.assignment.slug
    made = [one for one in learners(shop) if one.name not in SLOW][:N_LEARNERS]
    paths = [folder / name for name in ("canvas.zip", "moodle.zip", "exchange", "by_mail")]
    expected = {}
    with zipfile.ZipFile(paths[0], "w", zipfile.ZIP_DEFLATED) as canvas:
        first = made[0].name
        untouched = next(one for one in made if one.name == "emil").data
        canvas.writestr(f"{first}_100_4000_{slug}.ipynb", untouched)
        for number, one in enumerate(made[:10]):
            late, again = ("_LATE", "") if number == 9 else ("", "-1" if one.name == first else "")
            name = f"{one.name}{late}_{100 + number}_{5000 + number}_{slug}{again}.ipynb"
            canvas.writestr(name, one.data)
            expected[f"{one.name}_{100 + number}"] = one.points
    with zipfile.ZipFile(paths[1], "w", zipfile.ZIP_DEFLATED) as moodle:
        for number, one in enumerate(made[10:20], start=200):
            learner = f"{one.name.title()} Learner_{number}"
            moodle.writestr(f"{learner}_assignsubmission_file_/{slug}.ipynb", one.data)
            expected[learner] = one.points
    for number, one in enumerate(made[20:25], start=1):
        name = f"{one.name}+{slug}+2026-03-0{number} 10:00:00.000000 UTC+made{number}"
        put(paths[2] / "inbound" / name / f"{slug}.ipynb", one.data)
        expected[one.name] = one.points
    for one in made[25:]:
        put(paths[3] / f"{one.name}.ipynb", one.data)
        expected[one.name] = one.points
    return paths, expected


def put(path, data):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
