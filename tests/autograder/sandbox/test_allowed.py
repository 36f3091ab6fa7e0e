import subprocess
import sys

import pytest
import torch
from torch import nn
from torch.autograd.functional import jacobian
from torch.nn import functional as F

from autograder.sandbox.allowed import RefusedCallError, refuse_calls, refused_names

NOT_ALLOWED = (
    "torch.softmax",
    "torch.Tensor.softmax",
    "torch.nn.functional.softmax",
    "torch.nn.functional.log_softmax",
    "torch.nn.functional.scaled_dot_product_attention",
    "course_lib.attention.masked_softmax",
    "torch.autograd.functional.jacobian",
)


def refused(source):
    return refused_names(source, ("answer",), NOT_ALLOWED)


class TestRefusedNames:
    @pytest.mark.parametrize(
        ("source", "name"),
        [
            ("import torch\ndef answer(x): return torch.softmax(x, 0)", "torch.softmax"),
            ("import torch as t\ndef answer(x): return t.softmax(x, 0)", "torch.softmax"),
            ("from torch import softmax as s\ndef answer(x): return s(x, 0)", "torch.softmax"),
            (
                "def answer(x):\n    from torch import softmax\n    return softmax(x, 0)",
                "torch.softmax",
            ),
            ("def answer(x): return x.exp().softmax(-1)", "torch.Tensor.softmax"),
            (
                "from torch import nn\ndef answer(x): return nn.functional.log_softmax(x, 0).exp()",
                "torch.nn.functional.log_softmax",
            ),
            (
                "import course_lib.attention\n"
                "def answer(x): return course_lib.attention.masked_softmax(x)",
                "course_lib.attention.masked_softmax",
            ),
            (
                "from course_lib import attention as A\ndef answer(x): return A.masked_softmax(x)",
                "course_lib.attention.masked_softmax",
            ),
            ("import torch\nf = torch.softmax\ndef answer(x): return f(x, 0)", "torch.softmax"),
            (
                "import torch\ndef helper(x): return torch.softmax(x, 0)\n"
                "def answer(x): return helper(x)",
                "torch.softmax",
            ),
            ("import torch\nanswer = torch.softmax", "torch.softmax"),
            (
                "import torch\nclass Helper:\n    def f(self, x): return torch.softmax(x, 0)\n"
                "def answer(x): return Helper().f(x)",
                "torch.softmax",
            ),
        ],
    )
    def test_a_call_is_found(self, source, name):
        assert refused(source) == [name]

    @pytest.mark.parametrize(
        "source",
        [
            "import torch\ndef answer(x): return torch.logsumexp(x, 0)",
            "import torch\ndef answer(x): return x.exp()\nprint(torch.softmax(x, 0) - answer(x))",
            "import torch\ns = torch.softmax(x, 0)\ndef answer(x):\n    s = x\n    return s",
            "import torch\nx = torch.softmax(y, 0)\ndef answer(x): return x",
            "import torch\ndef answer(x): return torch.softmax(x, 0)\ndef answer(x): return x",
            "from mine import softmax\ndef answer(x): return softmax(x)",
            "def answer(x): return softmax(x)\ndef softmax(x): return x.exp()",
            "def answer(x:",
            "answer = 1\0",
            "",
        ],
        ids=str,
    )
    def test_what_the_answer_does_not_use_is_no_fault(self, source):
        assert refused(source) == []


X = torch.arange(3.0)


class TestRefuseCalls:
    @pytest.mark.parametrize(
        "call",
        [
            lambda: torch.softmax(X, 0),
            lambda: X.softmax(0),
            lambda: F.softmax(X, 0),
            lambda: nn.Softmax(0)(X),
            lambda: torch.special.softmax(X, 0),
            lambda: torch._softmax(X, 0, False),
            lambda: torch.ops.aten.softmax.int(X, 0),
            lambda: torch.ops.aten._softmax(X, 0, False),
            lambda: getattr(torch, "soft" + "max")(X, 0),
            lambda: torch._masked_softmax(X, X > 1, 0),
            lambda: F.log_softmax(X, 0),
            lambda: F.cross_entropy(X, torch.tensor(0)),
            lambda: F.scaled_dot_product_attention(*torch.ones(3, 1, 2, 4)),
            lambda: torch._scaled_dot_product_attention_math(*torch.ones(3, 1, 2, 4)),
        ],
    )
    def test_every_way_to_the_operator_is_refused(self, call):
        call()  # it exists, and works where it is allowed
        with pytest.raises(RefusedCallError), refuse_calls(NOT_ALLOWED):
            call()

    @pytest.mark.parametrize(
        ("name", "call"),
        [
            ("torch.cosine_similarity", lambda: F.cosine_similarity(X, X, 0)),
            ("torch.nn.functional.one_hot", lambda: vars(F)["one_hot"](torch.tensor([1]))),
            ("torch.autograd.grad", lambda: jacobian(lambda x: x.exp(), X)),
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
            y = X.exp() / X.exp().sum()
            torch.logsumexp(X, 0)
            torch.einsum("i,i->", X, X)
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
