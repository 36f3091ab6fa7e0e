"""The pictures of the instructor's guide are there, small, and told in words."""

import re
import tomllib

import pytest
from PIL import Image

from autograder.classroom.adapted import adapt
from autograder.classroom.settings import SETTINGS, read_settings
from autograder.submissions.assignment import load_assignment
from tests.instructor.guide import GUIDE, PICTURES, named_pictures
from tests.instructor.school import MAX_BYTES

ALL_BYTES = 200_000  # of a page's 400 KB


def test_every_picture_that_is_shown_is_committed_and_no_other():
    assert {path.name for path in PICTURES.iterdir()} == {f"{one}.webp" for one in named_pictures()}


def test_the_pictures_are_small():
    sizes = {path.name: path.stat().st_size for path in PICTURES.iterdir()}
    assert max(sizes.values()) < MAX_BYTES
    assert sum(sizes.values()) < ALL_BYTES
    for path in PICTURES.iterdir():
        with Image.open(path) as image:
            assert image.format == "WEBP"


def test_every_picture_is_told_in_words():
    text = GUIDE.read_text(encoding="utf-8")
    told = re.findall(r"```\{image\} pictures/(\w+)\.webp\n:alt: (.{30,})\n", text)
    assert {name for name, _ in told} == named_pictures()
    assert len(named_pictures()) >= 8


def test_every_picture_opens_at_its_full_size():
    """On a phone they are small; the site has all pictures in one folder."""
    text = GUIDE.read_text(encoding="utf-8")
    opens = re.findall(
        r"```\{image\} pictures/(.+)\n:alt: .+\n:target: \.\./_images/(.+)\n```", text
    )
    assert {shown for shown, _ in opens} == {f"{name}.webp" for name in named_pictures()}
    assert all(shown == opened for shown, opened in opens)


@pytest.mark.slow
def test_the_settings_that_the_guide_shows_are_right(tmp_path):
    (text,) = re.findall(r"```toml\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL)
    assert tomllib.loads(text)
    (tmp_path / SETTINGS).write_text(text)
    settings = read_settings(tmp_path)
    assignment = load_assignment("ch02")
    adapted = adapt(assignment, settings.of(assignment.slug))
    assert adapted.ungraded[0].name == "softmax_jacobian"
    assert adapted.chapter.exercise("self_attention").points == 20
