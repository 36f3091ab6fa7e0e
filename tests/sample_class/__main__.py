"""Write the sample class as nbgrader's tree: `python -m tests.sample_class OUT [CHAPTER]`."""

import argparse
from collections.abc import Iterable
from pathlib import Path

from tests.sample_class.learners import Learner, learners
from tests.sample_class.workshop import Workshop


def write_class(slug: str, made: Iterable[Learner], out: Path) -> None:
    """Write the submissions of a chapter's sample class."""
    for learner in made:
        folder = out / "submitted" / learner.name / slug
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{learner.file or slug}.ipynb").write_bytes(learner.data)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m tests.sample_class", description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("chapter", nargs="?", default="ch02")
    arguments = parser.parse_args()
    shop = Workshop.of(arguments.chapter)
    made = learners(shop)
    write_class(shop.assignment.slug, made, arguments.out)
    print(f"{len(made)} submissions in {arguments.out}")
