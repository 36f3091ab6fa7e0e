import contextlib
import time

import pytest

from autograder.sandbox.uses import MAX_CHARACTERS, find_uses, join_cells

HEAD = "import torch\nfrom torch import nn, softmax\nimport torch.nn.functional as F\n"


def dotted(source):
    """What `answer` uses, modules themselves left out."""
    return sorted(find_uses(HEAD + source, ["answer"]).dotted - {"torch", "torch.nn"})


def methods(source):
    return sorted(find_uses(HEAD + source, ["answer"]).methods)


class TestWhatIsFollowed:
    @pytest.mark.parametrize(
        "source",
        [
            "def answer(x): return softmax(x)",
            "answer = softmax",
            "answer = lambda x: softmax(x)",
            "class answer:\n    def __call__(self, x): return softmax(x)",
            "def helper(x): return softmax(x)\ndef answer(x): return helper(x)",
            "def answer(x): return helper(x)\ndef helper(x): return softmax(x)",
            "def answer(x):\n    def inner(y): return softmax(y)\n    return inner(x)",
            "def answer(x, f=softmax): return f(x)",
            "def answer(x, *, f=softmax): return f(x)",
            "from functools import partial\nanswer = partial(softmax, dim=0)",
            "def wrap(f): return lambda x: softmax(x)\n@wrap\ndef answer(x): pass",
            "@(lambda f: softmax)\ndef answer(x): pass",
            "class Base:\n    def f(self, x): return softmax(x)\n"
            "class Mine(Base): pass\ndef answer(x): return Mine().f(x)",
            "table = {}\ntable['f'] = softmax\ndef answer(x): return table['f'](x)",
            "class Box: pass\nBox.f = softmax\ndef answer(x): return Box.f(x)",
            "def answer(x): return [softmax(row) for row in x]",
            "def answer(x): return (lambda y: softmax(y))(x)",
            "def answer(x):\n    x: int = softmax(x)\n    return x",
            "fs = [len]\nfs += [softmax]\ndef answer(x): return fs[1](x)",
            "f = softmax\nold = f\nf = len\ndef answer(x): return old(x)",
            "def answer(x): return softmax(x)\nfrom functools import cache\nanswer = cache(answer)",
            "def answer(x): return softmax(x)\nkept = answer\ndef answer(x): return kept(x)",
            "if True:\n    f = softmax\n    g = f\ndef answer(x): return g(x)",
        ],
    )
    def test_all_that_a_name_leads_to(self, source):
        assert "torch.softmax" in dotted(source)

    @pytest.mark.parametrize(
        "source",
        [
            "def answer(x): return F.softmax(x)",
            "def answer(x): return torch.nn.functional.softmax(x)",
            "def answer(x): return nn.functional.softmax(x)",
            "G = torch.nn.functional\ndef answer(x): return G.softmax(x)",
            "G = nn\nH = G.functional\ndef answer(x): return H.softmax(x)",
            "def answer(x):\n    G = torch.nn.functional\n    return G.softmax(x)",
            "def answer(x):\n    import torch.nn.functional as G\n    return G.softmax(x)",
            "def answer(x):\n    from torch.nn.functional import softmax\n    return softmax(x)",
            "from torch.nn.functional import *\ndel softmax\nsoftmin = softmin\n"
            "def answer(x): return F.softmax(x)",
            "def answer(x): return F.softmax.__call__(x)",
        ],
    )
    def test_an_attribute_of_a_module_by_any_name(self, source):
        assert "torch.nn.functional.softmax" in dotted(source)

    def test_a_star_import(self):
        assert "numpy.tanh" in dotted("from numpy import *\ndef answer(x): return tanh(x)")

    def test_what_stands_for_itself_stands_for_nothing(self):
        assert dotted("G = H\nH = G\ndef answer(x): return G.softmax(x) and H.softmax(x)") == []
        assert dotted("while True:\n    G = G.f\ndef answer(x): return G.softmax(x)") == []


class TestWhatIsTheLearnersOwn:
    @pytest.mark.parametrize(
        "source",
        [
            "def answer(softmax): return softmax",
            "def answer(x):\n    softmax = x\n    return softmax",
            "def answer(x): return [softmax for softmax in x]",
            "def answer(x): return (lambda softmax: softmax)(x)",
            "def softmax(x): return x\ndef answer(x): return softmax(x)",
            "def answer(x): return softmax(x)\ndef softmax(x): return x",
            "softmax = 3\ndef answer(x): return softmax",
            "class softmax: pass\ndef answer(x): return softmax()",
            "def other(x):\n    from torch import softmax as s\ndef answer(s): return s",
            "def answer(x): return x\nprint(softmax(answer(1)))",
            "def answer(x): return softmax(x)\ndef answer(x): return x",
            "f = softmax\ndef f(x): return x\ndef answer(x): return f(x)",
            "def answer(x: softmax) -> softmax:\n    y: softmax = x\n    return y",
        ],
    )
    def test_a_name_of_their_own_is_no_import(self, source):
        assert dotted(source) == []

    def test_a_method_counts_only_where_nothing_of_theirs_has_it(self):
        assert methods("def answer(x): return x.exp().softmax(-1)") == ["exp", "softmax"]
        own = "class Mine:\n    def softmax(self, x): return x\n"
        assert methods(f"{own}def answer(x): return Mine().softmax(x)") == []
        own = "class Mine:\n    def __init__(self): self.softmax = len\n"
        assert methods(f"{own}def answer(x): return Mine().softmax(x)") == []

    def test_an_attribute_of_a_module_is_no_method(self):
        assert methods("def answer(x): return F.softmax(x)") == []


class TestBounds:
    def test_a_text_that_is_too_long_is_not_read(self):
        with pytest.raises(ValueError, match="characters, more than"):
            find_uses("#" * (MAX_CHARACTERS + 1), ["answer"])

    @pytest.mark.parametrize(
        "source",
        [
            "answer = 1\n" * (MAX_CHARACTERS // 11),
            "if 1: answer = answer\n" * (MAX_CHARACTERS // 22),
            "".join(f"a{i + 1}=a{i}.b\n" for i in range(15_000)) + "answer = a15000.b",
            "answer = " + ".".join(["torch"] * 900),
            "answer = [" + ", ".join(["answer.b"] * 20_000) + "]",
            "def answer():\n" + " answer.x = answer\n" * 15_000,
        ],
        ids=["assignments", "branches", "chain of names", "chain of attributes", "list", "body"],
    )
    def test_a_text_made_to_be_slow_is_read_in_seconds(self, source):
        start = time.process_time()
        with contextlib.suppress(RecursionError):
            find_uses(source[:MAX_CHARACTERS], ["answer"])
        assert time.process_time() - start < 10

    def test_depth_is_no_matter_for_what_can_be_parsed(self):
        deep = "x" + "+ 1" * 800
        assert dotted(f"def answer(x): return softmax(x) + ({deep})") == ["torch.softmax"]


def test_cells_that_are_no_python_are_left_out():
    endless = "#" * (MAX_CHARACTERS + 1)
    cells = ["a = 1", "%matplotlib inline", "b = 1\0", "if", 7, endless, "b = 2"]
    assert join_cells(cells) == "a = 1\nb = 2"
