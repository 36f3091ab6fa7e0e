from autograder.cluster.shipping import course_files
from autograder.files import ROOT
from tests.autograder.small_chapter import REFERENCE


def test_what_judging_needs_is_shipped_as_it_stands_here():
    files = course_files("ch02_self_attention")
    for name in (
        *("autograder/worker.py", "autograder/judging_process.py", "autograder/sandbox/warm.py"),
        *("autograder/exercises/ch02_self_attention/embed.py", "course_lib/attention.py"),
        "course_lib/checkpoints/mini_gpt.safetensors",
    ):
        assert files[name] == (ROOT / name).read_bytes()


def test_solutions_pages_and_bytecode_stay_at_home():
    names = course_files("ch02_self_attention")
    assert {name.partition("/")[0] for name in names} == {"autograder", "course_lib"}
    assert not [name for name in names if name.endswith((".pyc", ".js", ".html"))]


def test_a_chapter_of_another_module_goes_along_with_its_packages():
    more = course_files(REFERENCE).keys() - course_files("ch02_self_attention").keys()
    assert sorted(more) == [
        *("tests/__init__.py", "tests/autograder/__init__.py"),
        "tests/autograder/small_chapter.py",
    ]
