import pytest

from autograder.flags.cells import parse_cell
from autograder.flags.hidden import hidden_calls, imported_names
from tests.autograder.flags.made_up import PLAIN
from tests.sample_class.workshop import Workshop

NOT_ALLOWED = ("torch.softmax", "torch.Tensor.softmax", "torch.nn.functional.softmax")
GIVEN = "import math\nimport torch\nfrom torch import Tensor\nimport torch.nn.functional as F\n"


def seen(source, in_answer=True, not_allowed=NOT_ALLOWED):
    aliases = imported_names(parse_cell(GIVEN)) | imported_names(parse_cell(source))
    return [sight.what for sight in hidden_calls(source, aliases, not_allowed, in_answer)]


@pytest.mark.parametrize(
    ("source", "word"),
    [
        ("getattr(torch, 'softmax')(x, -1)", "getattr for softmax"),
        ("getattr(x, '_softmax')(-1)", "getattr for _softmax"),
        ("getattr(torch, 'soft' + 'max')", "made while it runs"),
        ("getattr(torch, name)", "made while it runs"),
        ("setattr(torch, 'exp', f)", "setattr on something imported"),
        ("look = getattr", "hands getattr on"),
        ("import importlib as i\ni.import_module('torch')", "importlib"),
        ("from importlib import import_module", "importlib"),
        ("__import__('torch').softmax", "__import__"),
        ("exec(text)", "exec"),
        ("eval('x')", "eval"),
        ("compile('x', '', 'eval')", "compile"),
        ("globals()['f']", "globals"),
        ("vars(torch)['softmax']", "vars"),
        ("import sys\nsys.modules['torch']", "sys.modules"),
        ("from sys import modules\nmodules", "sys.modules"),
        ("import sys\nsys._getframe(1).f_back", "sys._getframe"),
        ("import operator as o\no.attrgetter('softmax')(torch)", "operator.attrgetter"),
        ("name = 'softmax'", "'softmax', a call not allowed"),
        ("name = 'torch.nn.functional.softmax'", "a call not allowed"),
        ("torch.ops.aten.softmax(x, -1)", "torch.ops"),
        ("from torch import ops as o\no.aten", "torch.ops"),
        ("torch._C._nn.f(x)", "torch._C, which is private"),
        ("torch._softmax(x, -1, False)", "torch._softmax, which is private"),
        ("from torch._C import _nn", "torch._C, which is private"),
        ("import torch.library", "torch.library"),
        ("from torch.utils import _python_dispatch as d", "torch.utils._python_dispatch"),
        ("from torch.overrides import x", "torch.overrides"),
        ("d._pop_mode()", "_pop_mode"),
        ("with torch._C.DisableTorchFunctionSubclass(): pass", "DisableTorchFunctionSubclass"),
        ("class T(Tensor):\n    def __torch_function__(self): pass", "__torch_function__"),
        ("().__class__.__base__.__subclasses__()", "__subclasses__"),
        ("f.__globals__", "__globals__"),
        ("torch.__dict__", "__dict__"),
        ("torch.exp = torch.softmax", "changes torch.exp"),
        ("Tensor.exp = Tensor.softmax", "changes torch.Tensor.exp"),
        ("import ctypes", "ctypes"),
        ("import gc\ngc.get_objects()", "gc"),
        ("import inspect", "inspect"),
        ("import autograder.judge", "autograder"),
        ("from autograder.exercises import base", "autograder"),
        ("import autograder.visible\nautograder.visible.expect_equal = print", "changes"),
        ("open('/somewhere/autograder/judge')", "/autograder"),
        ("import os\nos.dup(3)", "os.dup"),
        ("open(3, 'wb')", "by its number"),
        ("open('/proc/self/mem')", "/proc/"),
        ("import socket", "socket"),
        ("%%time\nimport importlib", "importlib"),
        ("%time eval('1')", "eval"),
        ("get_ipython().user_ns", "get_ipython().user_ns"),
        ("def f():\n    def g():\n        return exec", "exec"),
    ],
)
def test_what_can_hide_a_call_is_seen(source, word):
    assert any(word in what for what in seen(source)), seen(source)


@pytest.mark.parametrize(
    "source",
    [
        "x = getattr(config, 'width', 8)",
        "import re\nre.compile('a')",
        "model.eval()\ntorch.compile",
        "torch.backends.cudnn.deterministic = True",
        "%matplotlib inline\n%timeit f(x)\n!pip install torch",
        "%%time\nf(x)",
        "print(torch.__version__)",
        "def vars_of(vars):\n    return vars[0]",
        "eval = evaluate(model)\nprint(eval)",
        "class Model(torch.nn.Module):\n    def __init__(self):\n        self.x = 1",
        "from autograder.visible import expect_close",
        "def f(x):\n    '''Like torch.softmax, but by hand; see autograder/visible.'''",
        "raise ValueError('softmax needs a dimension')",
        "import os\nos.path.join('a', 'b')",
        "open('notes.txt')",
        "y = {'grad': 1}",
        "self.mode = 1\nx.mode()",
        "def broken(",
    ],
)
def test_what_people_write_is_not(source):
    assert seen(source) == []


def test_the_title_of_a_plot_is_no_sign_in_a_cell_of_ones_own():
    assert seen("plt.title('softmax')", in_answer=False) == []
    assert seen("getattr(torch, 'softmax')", in_answer=False) != []


def test_the_line_is_told():
    sights = hidden_calls("x = 1\n\ny = eval('2')\n", {}, (), in_answer=True)
    assert [(sight.line, sight.what) for sight in sights] == [
        (3, "uses eval, which runs text as code")
    ]
    (sight,) = hidden_calls("%%time\nx = 1\ny = eval('2')\n", {}, (), in_answer=True)
    assert sight.line == 3


def test_no_right_and_no_wrong_answer_of_the_course_is_flagged():
    shop = Workshop.of("ch02")
    texts = []
    for one in shop.exercises:
        ways = [*one.alternatives, *one.misconceptions]
        texts += [(one, shop.solutions[one.name]), *((one, w.as_cell(one.exports)) for w in ways)]
        texts += [(one, plain[one.name]) for plain in PLAIN.values() if one.name in plain]
    assert len(texts) > 90
    for exercise, text in texts:
        assert seen(text, not_allowed=exercise.not_allowed) == [], (exercise.name, text)
