import subprocess
import sys
from pkgutil import resolve_name

import pytest
import torch
from torch.autograd.functional import jacobian
from torch.nn import functional as F

from autograder.exercises.base import chapters_with_exercises, load_chapter
from autograder.sandbox.allowed import RefusedCallError, _operators, refuse_calls, refused_names
from autograder.sandbox.uses import MAX_CHARACTERS
from autograder.source import read_chapter

NOT_ALLOWED = (
    "torch.softmax",
    "torch.Tensor.softmax",
    "torch.nn.functional.softmax",
    "torch.nn.functional.log_softmax",
    "torch.nn.functional.scaled_dot_product_attention",
    "scipy.special.softmax",
    "course_lib.attention.masked_softmax",
    "torch.autograd.functional.jacobian",
)
X = torch.tensor([[0.0, 1.0, 2.0], [1.0, 1.0, 1.0]])
HEAD = "import torch\nfrom torch import nn\nimport torch.nn.functional as F\n"
SCIPY = "def answer(x): return torch.from_numpy({}(x.numpy(), -1))"

# How somebody may come to softmax along the last axis, and which net sees it.
BOTH = {
    "directly": "def answer(x): return torch.softmax(x, -1)",
    "a method": "def answer(x): return x.softmax(-1)",
    "a method of the class": "def answer(x): return torch.Tensor.softmax(x, -1)",
    "functional": "def answer(x): return F.softmax(x, -1)",
    "an import with a name": "import torch as t\n"
    "def answer(x): return t.nn.functional.softmax(x, -1)",
    "from-import": "from torch import softmax as s\ndef answer(x): return s(x, -1)",
    "a star import": "from torch import *\ndef answer(x): return softmax(x, -1)",
    "an import inside": "def answer(x):\n    from torch import softmax\n    return softmax(x, -1)",
    "an alias": "s = torch.softmax\ndef answer(x): return s(x, -1)",
    "an alias of the module": "G = torch.nn.functional\ndef answer(x): return G.softmax(x, -1)",
    "an alias inside": "def answer(x):\n    G = nn.functional\n    return G.softmax(x, -1)",
    "a helper": "def help(x): return torch.softmax(x, -1)\ndef answer(x): return help(x)",
    "a class": "class Help:\n    def f(self, x): return torch.softmax(x, -1)\n"
    "def answer(x): return Help().f(x)",
    "a lambda": "answer = lambda x: torch.softmax(x, -1)",
    "partial": "from functools import partial\nanswer = partial(torch.softmax, dim=-1)",
    "a decorator": "def wrap(f): return lambda x: torch.softmax(f(x), -1)\n"
    "@wrap\ndef answer(x): return x",
    "a default argument": "def answer(x, f=torch.softmax): return f(x, -1)",
    "an attribute": "class Box: pass\nBox.f = torch.softmax\ndef answer(x): return Box.f(x, -1)",
    "a list": "fs = [torch.softmax]\ndef answer(x): return fs[0](x, -1)",
    "a dictionary filled later": "fs = {}\nfs['s'] = torch.softmax\n"
    "def answer(x): return fs['s'](x, -1)",
    "special": "def answer(x): return torch.special.softmax(x, -1)",
    "an operator": "def answer(x): return torch.ops.aten.softmax.int(x, -1)",
    "a private operator": "def answer(x): return torch.ops.aten._softmax(x, -1, False)",
    "a private function": "def answer(x): return torch._softmax(x, -1, False)",
    "a function of C": "def answer(x): return torch._C._VariableFunctions.softmax(x, -1)",
    "the library's, which calls torch's": "from course_lib.attention import masked_softmax\n"
    "def answer(x): return masked_softmax(x)",
    "another module of the library": "import course_lib.transformer as T\n"
    "from course_lib import attention\n"
    "T.masked_softmax = attention.masked_softmax\n"
    "def answer(x): return T.masked_softmax(x)",
    "importlib": "import importlib\n"
    "def answer(x): return importlib.import_module('torch').softmax(x, -1)",
    "the logarithm": "def answer(x): return F.log_softmax(x, -1).exp()",
}
TEXT_ALONE = {
    "scipy": "import scipy.special\n" + SCIPY.format("scipy.special.softmax"),
    "scipy by a short name": "from scipy import special as sp\n" + SCIPY.format("sp.softmax"),
    "scipy through a star": "from scipy.special import *\n" + SCIPY.format("softmax"),
    "scipy's private module": "from scipy.special import _logsumexp as L\n"
    + SCIPY.format("L.softmax"),
    "another thread": "from concurrent.futures import ThreadPoolExecutor\n"
    "def answer(x):\n    with ThreadPoolExecutor() as pool:\n"
    "        return pool.submit(torch.softmax, x, -1).result()",
    "when the cell runs": "IS = torch.softmax(X, -1)\ndef answer(x): return IS",
}
WATCH_ALONE = {
    "getattr": "def answer(x): return getattr(torch, 'soft' + 'max')(x, -1)",
    "a dictionary of the module": "def answer(x): return vars(F)['softmax'](x, -1)",
    "exec": "def answer(x):\n    exec('y = torch.softmax(x, -1)', globals(), made := {'x': x})\n"
    "    return made['y']",
    "a module that is not listed": "def answer(x): return nn.Softmax(-1)(x)",
    "a function that calls it": "def answer(x):\n"
    "    return torch.distributions.Categorical(logits=x, validate_args=False).probs",
    "a method of their own name": "class Mine:\n    def softmax(self): pass\n"
    "def answer(x): return x.softmax(-1)",
    "a container that is filled by a call": "fs = []\nfs.append(torch.softmax)\n"
    "def answer(x): return fs[0](x, -1)",
    "inference mode": "def answer(x):\n    with torch.inference_mode():\n"
    "        return getattr(x, 'softmax')(-1)",
}
# The lines of "Does not stop"; each is for a person to see.
NEITHER = {
    "getattr on scipy": "import scipy.special\n"
    + SCIPY.format("getattr(scipy.special, 'softmax')"),
    "scipy in a list that is filled by a call": "import scipy.special\nfs = []\n"
    "fs.append(scipy.special.softmax)\n" + SCIPY.format("fs[0]"),
    "scipy in a long text": "import scipy.special\n"
    + SCIPY.format("scipy.special.softmax")
    + f"\n{'#' * MAX_CHARACTERS}",
    "torch's own switch": "def answer(x):\n    with torch._C._DisableTorchDispatch():\n"
    "        with torch._C.DisableTorchFunction():\n            return getattr(x, 'softmax')(-1)",
    "getattr in another thread": "from concurrent.futures import ThreadPoolExecutor\n"
    "def answer(x):\n    with ThreadPoolExecutor() as pool:\n"
    "        return pool.submit(getattr(torch, 'softmax'), x, -1).result()",
    "getattr when the cell runs": "IS = getattr(torch, 'softmax')(X, -1)\ndef answer(x): return IS",
    "the gradient of logsumexp": "def answer(x):\n    y = x.clone().requires_grad_()\n"
    "    return torch.autograd.grad(torch.logsumexp(y, -1).sum(), y)[0]",
    "the library's lines": "import inspect, course_lib.attention as A\n"
    "def answer(x):\n    e = (x - x.amax(-1, keepdim=True)).exp()\n    return e / e.sum(-1, True)",
}
NETS = {
    **{about: (source, True, True) for about, source in BOTH.items()},
    **{about: (source, True, False) for about, source in TEXT_ALONE.items()},
    **{about: (source, False, True) for about, source in WATCH_ALONE.items()},
    **{about: (source, False, False) for about, source in NEITHER.items()},
}


def answer_of(source):
    namespace = {"X": X}
    exec(HEAD + source, namespace)
    return namespace["answer"]


def refused(source, not_allowed=NOT_ALLOWED):
    return refused_names(HEAD + source, ["answer"], not_allowed)


class TestNets:
    @pytest.mark.parametrize(("source", "by_text", "by_watch"), NETS.values(), ids=NETS)
    def test_each_way_is_seen_by_the_nets_that_the_table_says(self, source, by_text, by_watch):
        answer = answer_of(source)
        assert torch.allclose(torch.as_tensor(answer(X)).detach(), X.softmax(-1))  # it works
        assert bool(refused(source)) is by_text
        if by_watch:
            with pytest.raises(RefusedCallError), refuse_calls(NOT_ALLOWED):
                answer(X)
        else:
            with refuse_calls(NOT_ALLOWED):
                answer(X)


class TestRefusedNames:
    def test_the_name_that_was_written_is_told_where_it_is_listed(self):
        assert refused("def answer(x): return F.softmax(x, 0)") == ["torch.nn.functional.softmax"]
        assert refused("def answer(x): return torch.special.softmax(x, 0)") == ["torch.softmax"]
        source = "def answer(x): return torch.softmax(x, 0) + F.log_softmax(x, 0)"
        assert refused(source) == ["torch.nn.functional.log_softmax", "torch.softmax"]

    @pytest.mark.parametrize(
        ("listed", "source"),
        [
            ("torch.func.jacrev", "from torch.func import jacrev as j\ndef answer(x): return j(x)"),
            ("torch.ops.aten._softmax_backward_data", "answer = torch._softmax_backward_data"),
            ("torch.mul", "def answer(x): return x.clone().mul_(2) * torch.mul_(x, 2)"),
            (
                "course_lib.tokenizer.ByteLevelBPE",
                "from course_lib import tokenizer\n"
                "def answer(text, merges): return tokenizer.ByteLevelBPE(merges).encode(text)",
            ),
            ("numpy.linalg.norm", "import numpy as np\ndef answer(x): return np.linalg.norm(x)"),
        ],
    )
    def test_names_of_all_kinds(self, listed, source):
        assert refused(source, [listed]) == [listed]

    @pytest.mark.parametrize(
        "source",
        [
            "def answer(x): return torch.logsumexp(x, 0)",
            "def answer(x): return x.exp()\nprint(torch.softmax(x, 0) - answer(x))",
            "s = torch.softmax(x, 0)\ndef answer(x):\n    s = x\n    return s",
            "def answer(x): return torch.softmax(x, 0)\ndef answer(x): return x",
            "f = torch.softmax\nf = torch.exp\ndef answer(x): return f(x)",
            "from mine import softmax\ndef answer(x): return softmax(x)",
            "def answer(x): return softmax(x)\ndef softmax(x): return x.exp()",
            "from torch import softmax\ndef answer(x):\n    softmax = x.exp()\n    return softmax",
            "from torch import softmax\ndef softmax(x): return x\ndef answer(x): return softmax(x)",
            "class Mine:\n    def softmax(self, x): return x\n"
            "def answer(x): return Mine().softmax(x)",
            "class softmax:\n    pass\ndef answer(x): return softmax()",
            "def answer(x): return {'softmax': x}['softmax']",
            "def answer(x, softmax=True): return x if softmax else answer(x, softmax=False)",
            "from scipy import stats\ndef answer(x): return stats.softmax",
            "def answer(x: F.softmax): return x",
            "def answer(x:",
            "answer = 1\0",
            "",
        ],
        ids=str,
    )
    def test_what_is_the_learners_own_is_no_fault(self, source):
        assert refused(source) == [] or "stats" in source

    def test_a_method_that_is_not_listed_is_no_fault(self):
        assert refused("def answer(x): return x.softmax(-1)", ["torch.softmax"]) == []


class TestRefuseCalls:
    @pytest.mark.parametrize(
        ("name", "call"),
        [
            ("torch.cosine_similarity", lambda: F.cosine_similarity(X, X, 0)),
            ("torch.nn.functional.one_hot", lambda: vars(F)["one_hot"](torch.tensor([1]))),
            ("torch.autograd.grad", lambda: jacobian(lambda x: x.exp(), X)),
            (
                "torch.ops.aten._softmax_backward_data",
                lambda: torch._softmax_backward_data(X, X, 0, torch.float32),
            ),
            ("torch.Tensor.backward", lambda: X.clone().requires_grad_().sum().backward()),
        ],
    )
    def test_what_torch_takes_apart_is_refused_by_its_own_name(self, name, call):
        call()
        with pytest.raises(RefusedCallError), refuse_calls((name,)):
            call()

    def test_the_plainest_name_is_told(self):
        told = pytest.raises(RefusedCallError, match=r"^torch\.softmax is not allowed")
        with told, refuse_calls(NOT_ALLOWED):
            F.softmax(X, 0)

    def test_building_blocks_are_allowed(self):
        with refuse_calls(NOT_ALLOWED):
            y = X.exp() / X.exp().sum(0)
            torch.logsumexp(X, 0)
            torch.einsum("ij,ij->", X, X)
            torch.where(X > 1, X, 0.0).sort()
        assert torch.allclose(y, X.softmax(0))

    def test_the_refusal_ends_with_the_block(self):
        with refuse_calls(NOT_ALLOWED):
            pass
        torch.softmax(X, 0)

    def test_nothing_listed_costs_nothing(self):
        with refuse_calls(("course_lib.attention.masked_softmax",)):
            assert torch.equal(X.softmax(0), torch.softmax(X, 0))

    def test_the_compiler_is_not_imported(self):
        script = (
            "import sys, torch\n"
            "from autograder.sandbox.allowed import refuse_calls\n"
            "with refuse_calls(('torch.softmax',)):\n"
            "    torch.ones(2).exp()\n"
            "assert 'torch._dynamo' not in sys.modules\n"
        )
        subprocess.run([sys.executable, "-c", script], check=True, timeout=120)

    def test_an_exception_passes_and_ends_it(self):
        with pytest.raises(ZeroDivisionError), refuse_calls(NOT_ALLOWED):
            raise ZeroDivisionError
        torch.softmax(X, 0)


@pytest.mark.parametrize("family", ["softmax", "log_softmax", "scaled_dot_product_attention"])
def test_every_operator_of_a_family_is_known(family):
    """What torch calls by such a name is refused, but for the steps of a backward pass."""
    key = {"scaled_dot_product_attention": "attention"}.get(family, family)
    schemas = torch._C._jit_get_all_schemas()
    names = {schema.name.removeprefix("aten::") for schema in schemas}
    members = {name for name in names if key in name and "::" not in name}
    members = {name for name in members if "backward" not in name and "." not in name}
    if family == "softmax":
        members = {name for name in members if "log_softmax" not in name}
    assert len(members) > 1
    table = _operators([f"torch.{family}"])
    assert sorted(name for name in members if name.strip("_") not in table) == []


@pytest.mark.parametrize("slug", chapters_with_exercises())
def test_no_answer_of_the_course_raises_a_false_alarm(slug):
    cells = [cell for cell in read_chapter(slug).cells if cell.cell_type == "code"]
    shown = "\n".join(cell.source for cell in cells if "tests" not in cell.metadata)
    for exercise in load_chapter(slug).autograded:
        answers = [*exercise.alternatives, *exercise.misconceptions]
        for cell in ("", *(answer.as_cell(exercise.exports) for answer in answers)):
            assert refused_names(f"{shown}\n{cell}", exercise.exports, exercise.not_allowed) == []


@pytest.mark.parametrize("slug", chapters_with_exercises())
def test_every_listed_call_exists(slug):
    """A name with a slip of the pen would refuse nothing."""
    for exercise in load_chapter(slug).autograded:
        for name in exercise.not_allowed:
            listed = resolve_name(name)  # a tuned Triton kernel is launched by `kernel[grid](…)`
            assert callable(listed) or hasattr(listed, "run"), (
                f"{slug}/{exercise.name} lists {name}"
            )


def test_the_sentence_names_every_call():
    assert str(RefusedCallError("torch.diag")) == (
        "torch.diag is not allowed in this exercise: write the steps yourself"
    )
    assert str(RefusedCallError("a", "b")).startswith("a and b are not allowed in this")
