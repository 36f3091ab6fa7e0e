import ast

import pytest

from autograder.chapters.twins import functions_of, library_forms, library_twins, normal_form
from autograder.files import COURSE

SCALED = '''
def scaled(q: "Tensor", k, *, factor: float = 2.0) -> "Tensor":
    """Scale the product."""
    total: float = 0.0
    for row in q:
        total += row @ k
    return total * factor
'''

RENAMED = """
@cached
def shrunk(a, b, *, by=2.0):
    s = 0.0
    for part in a:
        s += part @ b
    return s * by
"""


def form(source):
    (function,) = [node for node in ast.parse(source).body if isinstance(node, ast.FunctionDef)]
    return normal_form(function)


def test_names_docstrings_annotations_and_decorators_do_not_count():
    assert form(SCALED) == form(RENAMED)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("* factor", "/ factor"),
        ("= 2.0", "= 3.0"),
        ("row @ k", "k @ row"),
        ("return total * factor", "return factor * total"),
        ("total += row", "total -= row"),
        ("*, factor", "factor"),
        ("row @ k", "row.sum() @ k"),
    ],
)
def test_anything_else_counts(old, new):
    assert old in SCALED
    assert form(SCALED) != form(SCALED.replace(old, new))


def test_attributes_count():
    assert form("def f(x):\n    return x.exp()\n") != form("def f(x):\n    return x.log()\n")


def test_a_declaration_without_value_is_dropped():
    assert form("def f(x):\n    y: int\n    return x\n") == form("def f(x):\n    return x\n")


def test_methods_are_listed_and_stubs_are_not():
    source = '''
class A:
    def run(self):
        return 1

    def later(self):
        """Nothing yet."""
        raise NotImplementedError

def empty(): ...
'''
    assert [function.name for function in functions_of(source)] == ["run"]


def test_twins_of_a_library_are_found_by_where_they_stand(tmp_path):
    library = tmp_path / "course_lib"
    library.mkdir()
    (library / "maths.py").write_text(SCALED)
    forms = library_forms(library)
    assert library_twins(RENAMED, forms) == [("shrunk", "course_lib/maths.py: scaled")]
    assert library_twins("def f(x):\n    return x + 1\n", forms) == []


def test_the_librarys_own_functions_are_known():
    forms = library_forms(COURSE.root / "course_lib")
    assert "course_lib/attention.py: scaled_dot_product_attention" in forms.values()
