import json
from functools import cache

import pytest

from autograder.chapters.leaks import (
    find_in_text,
    find_leaks,
    function_lines,
    main,
    products,
    secrets,
    solutions_in_library,
    texts_of_notebook,
)
from autograder.source import COURSE, appendix_slugs, chapter_slugs
from autograder.source import main as write_notebooks
from tests.autograder.small_course import SLUG, TEXT, make_course

CHECKS = '''\
"""Twice a number."""

exercise = Exercise(hints=("say the number twice", ""))


@exercise.item("is even", points=3, sentence="this is told to the learner")
def _(learner, draw):
    number = draw.integer(2, 9)
    assert learner.double(number) == number + number


@exercise.misconception("the square is not the double")
def squared(number):
    # as in number ** 2
    x = 1
    print("two pies are", 2 * math.pi)
    return number   **   2
'''


@pytest.fixture
def course(tmp_path):
    course = make_course(tmp_path)
    folder = tmp_path / "autograder" / "exercises" / SLUG
    folder.mkdir(parents=True)
    (folder / "double.py").write_text(CHECKS)
    (tmp_path / "course_lib").mkdir()
    write_notebooks([], course)
    return course


def test_secrets_are_the_lines_that_learners_are_not_shown(course):
    checks = f"autograder/exercises/{SLUG}/double.py"
    assert secrets(course) == {
        "the_other_half = number": f"{SLUG}, cell ch07_double",
        "return number + the_other_half": f"{SLUG}, cell ch07_double",
        "from autograder.judge import mark": f"{SLUG}, cell ch07_double_test",
        f'mark("{SLUG}/double")': f"{SLUG}, cell ch07_double_test",
        "Because it is two times something whole, which is what even means.": (
            f"{SLUG}, cell ch07_written"
        ),
        "number = draw.integer(2, 9)": checks,
        "assert learner.double(number) == number + number": checks,
        "return number ** 2": checks,
    }


def test_a_clean_course_has_no_leak(course, capsys):
    assert main(course) == 0
    assert capsys.readouterr().out == "8 secret lines, in none of 1 files\n"


SECRET = "return number + the_other_half"
PLANTED = {
    "source": {"source": ["def double(number):\n", f"      {SECRET}\n"]},
    "printed": {"outputs": [{"text": f"1  {SECRET}"}]},
    "traceback": {"outputs": [{"traceback": [f"-> 4 \x1b[39mreturn\x1b[39m{SECRET[6:]}"]}]},
    "HTML": {"outputs": [{"data": {"text/html": f"<b>return</b>{SECRET[6:]}<br>"}}]},
    "escaped HTML": {"outputs": [{"data": {"text/html": "return number<i> + </i>the_other_half"}}]},
    "widget": {"metadata": {"widgets": {"state": {"a": {"_esm": f"`{SECRET}`"}}}}},
    "hidden call": {"source": f'mark("{SLUG}/double")'},
    "misconception": {"source": "return number**2 or return number ** 2"},
    "model answer": {
        "source": "Because it is two times something whole, which is what even means."
    },
}


@pytest.mark.parametrize("name", PLANTED)
@pytest.mark.parametrize("folder", ["notebooks", "chapters"])
def test_a_planted_leak_is_found_in_a_notebook(course, capsys, folder, name):
    path = getattr(course, folder) / "ch08_leaky.ipynb"
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps({"cells": [PLANTED[name]]}))
    assert main(course) == 1
    (line,) = capsys.readouterr().out.splitlines()
    assert line.startswith(f"{path.parent.name}/ch08_leaky.ipynb shows ")


@pytest.mark.parametrize("folder", ["chapters", "_sources/chapters", "notebooks"])
def test_a_planted_leak_is_found_in_the_built_site(course, folder):
    name = "page.html" if folder == "chapters" else "page.ipynb"
    path = course.root / "_build" / "html" / folder / name
    path.parent.mkdir(parents=True)
    page = '<pre><span class="k">assert</span> <span>learner</span>.double(number) '
    page += "<span>==</span> number <b>+</b> number\n</pre>"
    path.write_text(page if name.endswith("html") else json.dumps({"a": ["x\n", page]}))
    assert path in products(course)
    (leak,) = find_leaks(products(course), secrets(course))
    assert leak.endswith(
        f"{name} shows 'assert learner.double(number) == number + number' "
        f"of autograder/exercises/{SLUG}/double.py"
    )


def test_escaped_signs_are_read():
    assert find_in_text("if a &lt; b &amp; c:", {"if a < b & c:": ""}) == ["if a < b & c:"]


def test_a_line_of_bare_words_must_stand_alone():
    hidden = {"return the weights": ""}
    assert find_in_text("Then we return the weights to the caller.", hidden) == []
    assert find_in_text("  return  the weights\n", hidden) == ["return the weights"]


def test_pictures_are_not_read():
    notebook = {"image/png": "secret", "image/svg+xml": ["<svg>\n", "</svg>"], "n": 1}
    assert list(texts_of_notebook(notebook)) == ["<svg>\n</svg>"]


def test_only_what_stands_inside_functions_is_secret():
    assert function_lines("A = 1\n@told('x')\ndef f(x):\n    '''Doc.'''\n    return  x\n") == [
        "'''Doc.'''",
        "return x",
    ]


def test_a_solution_that_equals_the_library_is_found(course, capsys):
    copy = "def twice(x):\n    y = x\n    return x + y\n"
    (course.root / "course_lib" / "sums.py").write_text(copy)
    found = solutions_in_library(course)
    assert found == [
        f"{SLUG}: the solution double equals course_lib/sums.py: twice; "
        "ask for something the library lacks"
    ]
    assert main(course) == 1
    assert capsys.readouterr().out.splitlines() == found


def test_a_broken_chapter_is_a_sentence(tmp_path, capsys):
    assert main(make_course(tmp_path, TEXT.replace(":tests: double\n", ""))) == 1
    assert "has no cell with `tests: double`" in capsys.readouterr().err


@cache
def course_secrets():
    return secrets()


@pytest.mark.parametrize("slug", appendix_slugs())
def test_no_appendix_shows_a_secret_of_a_chapter(slug):
    paths = [path for path in products() if path.name.startswith(slug)]
    assert COURSE.notebooks / f"{slug}.ipynb" in paths
    assert find_leaks(paths, course_secrets()) == []


@pytest.mark.parametrize("slug", chapter_slugs())
class TestChapters:
    def test_no_product_shows_a_secret(self, slug):
        paths = [path for path in products() if path.name.startswith(slug)]
        assert COURSE.notebooks / f"{slug}.ipynb" in paths
        assert find_leaks(paths, course_secrets()) == []

    def test_solutions_and_checks_give_secrets(self, slug):
        places = set(course_secrets().values())
        assert any(place.startswith(f"{slug}, cell") for place in places)
        assert any(place.startswith(f"autograder/exercises/{slug}/") for place in places)

    def test_no_solution_equals_a_library_function(self, slug):
        assert [line for line in solutions_in_library() if line.startswith(slug)] == []
