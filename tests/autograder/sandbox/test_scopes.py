import ast

import pytest

from autograder.sandbox.scopes import (
    MAX_MEANINGS,
    class_scope,
    comprehension_scope,
    function_scope,
    module_scope,
)


def module(source):
    return module_scope(ast.parse(source))


def local(source, outer=None):
    (node,) = ast.parse(source).body
    return function_scope(node, node.body, outer or module(""))


def meanings(scope, name, at=None):
    """What a name means: imports by their dotted name, code as it is written."""
    _, found = scope.find(name, at)
    return [one.dotted or (ast.unparse(one.code) if one.code else "?") for one in found]


class TestModule:
    @pytest.mark.parametrize(
        ("source", "name", "dotted"),
        [
            ("import torch", "torch", "torch"),
            ("import torch as t", "t", "torch"),
            ("import torch.nn.functional", "torch", "torch"),
            ("import torch.nn.functional as F", "F", "torch.nn.functional"),
            ("from torch import nn", "nn", "torch.nn"),
            ("from torch import softmax as s", "s", "torch.softmax"),
        ],
    )
    def test_an_import_stands_for_a_dotted_name(self, source, name, dotted):
        assert meanings(module(source), name) == [dotted]

    def test_a_relative_import_stands_for_nothing_known(self):
        assert meanings(module("from . import softmax"), "softmax") == ["?"]

    @pytest.mark.parametrize(
        "source",
        [
            "f = 2",
            "f: int = 2",
            "e, (f, *g) = 2",
            "(f := 2)",
            "for f in 2: pass",
            "with 2 as f: pass",
        ],
    )
    def test_every_way_to_assign_is_known(self, source):
        assert meanings(module(source), "f") == ["2"]

    def test_a_name_that_catches_or_matches_is_no_other(self):
        source = "from torch import f, g\ntry: pass\nexcept E as f: pass"
        assert meanings(module(source), "f") == ["?", "torch.f"]
        source = "from torch import f\nmatch 1:\n    case f: pass"
        assert meanings(module(source), "f") == ["?", "torch.f"]

    def test_the_last_definition_counts(self):
        assert meanings(module("from torch import f\ndef f(): pass\nf = 1"), "f") == ["1"]

    def test_in_branches_all_count(self):
        source = "f = 0\nif a:\n    f = 1\nelse:\n    f = 2"
        assert meanings(module(source), "f") == ["2", "1", "0"]
        source = "try:\n    from torch import f\nexcept ImportError:\n    def f(): pass"
        assert meanings(module(source), "f") == ["def f():\n    pass", "torch.f"]

    def test_a_statement_sees_what_stood_before_it(self):
        scope = module("f = 1\nf = f\nf = 3")
        assert meanings(scope, "f", at=1) == ["1"]
        assert meanings(scope, "f", at=2) == ["f"]
        assert meanings(scope, "f") == ["3"]

    def test_what_is_put_into_an_object_belongs_to_it(self):
        assert meanings(module("box = []\nbox.f = 1\nbox[0] = 2\nbox += 3"), "box") == [
            "3",
            "2",
            "1",
            "[]",
        ]

    def test_functions_and_classes_keep_their_names_to_themselves(self):
        scope = module("def f(a):\n    b = 1\nclass C:\n    c = 1\ng = lambda d: (e := 1)")
        assert sorted(scope.names) == ["C", "f", "g"]

    def test_a_star_stands_for_what_nothing_else_does(self):
        scope = module("from torch import *\nfrom numpy import *\nexp = 1")
        assert meanings(scope, "softmax") == ["torch.softmax", "numpy.softmax"]
        assert meanings(scope, "exp") == ["1"]
        assert meanings(scope, "len") == []

    def test_a_name_that_was_bound_a_thousand_times_is_cut_off(self):
        scope = module("if a: f = 1\n" * 1000)
        assert len(meanings(scope, "f")) == MAX_MEANINGS


class TestFunction:
    def test_arguments_and_local_names_hide_those_outside(self):
        outer = module("from torch import a, b, c, d, e")
        scope = local("def f(a, *b, c=1, **d):\n    e = 2\n    for i in e: pass", outer)
        assert [meanings(scope, name) for name in "abcd"] == [[]] * 4
        assert meanings(scope, "e") == ["2"]
        assert meanings(scope, "i") == ["e"]

    def test_other_names_are_those_of_the_module(self):
        assert meanings(local("def f(): pass", module("import torch")), "torch") == ["torch"]

    def test_imports_stay_inside(self):
        outer = module("s = 1")
        assert meanings(local("def f():\n    from torch import s", outer), "s") == ["torch.s"]
        assert meanings(outer, "s") == ["1"]

    def test_a_global_name_is_the_modules(self):
        scope = local("def f():\n    global s\n    s = 2", module("s = 1"))
        assert meanings(scope, "s") == ["1"]

    def test_an_attribute_of_something_outside_makes_no_local_name(self):
        scope = local("def f():\n    box.f = 2", module("box = 1"))
        assert meanings(scope, "box") == ["1"]


class TestClass:
    def test_its_names_are_seen_in_its_body_and_not_in_its_methods(self):
        (node,) = ast.parse("class C:\n    s = 2\n    def m(self): pass").body
        scope = class_scope(node, module("s = 1"))
        assert meanings(scope, "s") == ["2"]
        assert meanings(scope.for_functions, "s") == ["1"]


def test_what_a_comprehension_goes_through_is_its_own():
    node = ast.parse("[s for s, (t, u) in x]", mode="eval").body
    scope = comprehension_scope(node, module("s = t = u = v = 1"))
    assert [meanings(scope, name) for name in "stuv"] == [[], [], [], ["1"]]
