"""Names, signatures and docstrings come out of the source as their author wrote them."""

import ast

import pytest
from library_entries import Entry, entries_of, walk


def entries(code: str) -> list[Entry]:
    return list(entries_of(ast.parse(code).body, code.encode().splitlines(), inside_class=False))


def only(code: str) -> Entry:
    (entry,) = entries(code)
    return entry


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("x", "(x)"),
        ("x: int = 20_000", "(x: int = 20_000)"),
        ("x=1e-12", "(x=1e-12)"),
        ("a, /, b, *, c: bool = True", "(a, /, b, *, c: bool = True)"),
        ("*shape: int, generator: G", "(*shape: int, generator: G)"),
        ("**rest: object", "(**rest: object)"),
        ("x: 'Later'", "(x: Later)"),
        ("x: 'dict[str, Later]' = None", "(x: dict[str, Later] = None)"),
        ("x: Float[Tensor, ' T']", "(x: Float[Tensor, 'T'])"),
        ("x: Float32[Tensor, 'B T']", "(x: Float32[Tensor, 'B T'])"),
        ("x: Bool[Tensor, '*#batch #Tq'] | None", "(x: Bool[Tensor, '*#batch #Tq'] | None)"),
        ("x: Literal['q', 'k']", "(x: Literal['q', 'k'])"),
    ],
)
def test_arguments_are_shown_as_written_and_types_without_quotes(written: str, shown: str) -> None:
    assert only(f"def f({written}): ...").arguments == shown


def test_a_result_follows_the_arguments() -> None:
    code = 'def f(x) -> Float[Tensor, "B {n} T"]: ...'
    assert only(code).arguments == "(x) -> Float[Tensor, 'B {n} T']"


def test_a_default_too_long_to_be_read_in_passing_is_left_out() -> None:
    assert only(f"def f(x={'1' * 80}): ...").arguments == "(x=…)"


def test_a_method_is_shown_without_what_it_is_bound_to() -> None:
    members = only(
        """
class C:
    def method(self, a, /, b): ...
    @classmethod
    def make(cls, n): ...
    @staticmethod
    def plain(x): ...
    @property
    def size(self) -> int: ...
"""
    ).members
    assert [(m.kind, m.name, m.arguments) for m in members] == [
        ("method", "method", "(a, /, b)"),
        ("classmethod", "make", "(n)"),
        ("staticmethod", "plain", "(x)"),
        ("property", "size", ""),
    ]
    assert members[-1].annotation == "int"


def test_a_dataclass_is_called_with_its_fields() -> None:
    shown = only(
        """
@dataclass(frozen=True, kw_only=True)
class Config:
    d_model: int
    eps: float = 1e-5
    def check(self): ...
"""
    )
    assert shown.arguments == "(*, d_model, eps)"
    assert shown.traits == ("frozen dataclass",)
    assert [(m.name, m.annotation, m.value) for m in shown.members[:2]] == [
        ("d_model", "int", ""),
        ("eps", "float", "1e-5"),
    ]


def test_a_class_is_called_as_its_init_says_and_says_what_its_init_says() -> None:
    shown = only(
        'class M(nn.Module):\n    """A."""\n    def __init__(self, n: int):\n        """B."""'
    )
    assert (shown.arguments, shown.bases) == ("(n: int)", ("nn.Module",))
    assert shown.docstring == "A.\n\nB."


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("class E(ValueError): ...", "exception"),
        ("class E(Exception): ...", "exception"),
        ("class C: ...", "class"),
        ("X = 3", "data"),
        ("X: int = 3", "data"),
        ("async def f(): ...", "function"),
    ],
)
def test_kinds(code: str, kind: str) -> None:
    assert only(code).kind == kind


def test_what_is_hidden_stays_hidden() -> None:
    code = "_x = 1\ndef _f(): ...\nclass _C: ...\nclass D:\n    _y: int\n    def _g(self): ..."
    assert [path for path, _ in walk(tuple(entries(code)))] == ["D"]


def test_a_double_underscore_is_shown_when_there_is_something_to_say() -> None:
    code = 'class C:\n    def __len__(self):\n        """Count."""\n    def __repr__(self): ...'
    assert [m.name for m in only(code).members] == ["__len__"]


def test_a_string_below_a_constant_is_its_docstring() -> None:
    first, second = entries('A = 1\n"""What A is."""\nB = [\n    1,\n]\n')
    assert (first.docstring, second.docstring) == ("What A is.", "")
    assert second.value == "[1]"


def test_several_names_of_one_statement_are_several_entries() -> None:
    assert [e.name for e in entries("A, B = 1, 2")] == ["A", "B"]


def test_lines_reach_from_the_decorators_to_the_end() -> None:
    assert only("\n@cache\n@other\ndef f():\n    return 1\n").lines == (2, 5)


def test_a_triton_kernel_says_so() -> None:
    assert only("@triton.jit\ndef k(p, N: tl.constexpr): ...").traits == ("Triton kernel",)
