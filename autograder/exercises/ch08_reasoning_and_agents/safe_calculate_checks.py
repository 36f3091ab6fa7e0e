"""A calculator that may be handed anything: it computes, or it says that it will not."""

import math
from fractions import Fraction

from autograder.exercises.base import Exercise
from autograder.exercises.draw import Draw
from autograder.exercises.expect import CheckError, expect_raises, expect_true
from autograder.exercises.protocol import Learner

exercise = Exercise(
    name="safe_calculate",
    points=8,
    exports=("safe_calculate",),
    not_allowed=(),
    hints=(
        "Let Python read the text without running it: `ast.parse(expression, mode='eval').body` is "
        "a tree. Write a function that gives the value of a node: of a number, of a minus, of two "
        "operands with a sign between them. Every other kind of node is refused, so that nothing "
        "slips through that you did not think of.",
        "Check the exponent *before* you raise to a power, and every value before you return it: "
        "`abs(value) <= 1e15` is false for inf and nan as well. `bool` counts as `int` to "
        "`isinstance`, and (-8) ** 0.5 is complex. Turn SyntaxError, ZeroDivisionError, "
        "OverflowError, RecursionError and MemoryError into ValueError.",
    ),
    time_limit_s=5.0,
)

MAX_CHARACTERS = 200
SUM, PRODUCT, MINUS, POWER, ATOM = range(5)  # how tightly a sign binds
Part = tuple[str, Fraction, int]

# One of each kind; of the others some are drawn.
ALWAYS_REFUSED = (
    *("pi", "abs(1)", "(1).real", "().__class__", "2(3)", "'7'", "'7' * 2", "(1, 2)", "1, 2"),
    *("True", "-True", "None", "1j", "1 < 2", "1 if 2 else 3", "7 // 2", "7 % 2", "1 << 3"),
    *("~1", "+3", "", "1 +", "(1", "1 2"),
)
REFUSED_TOO = (
    *("abs", "sqrt(4)", "2 * b", "__import__('math').pi", "[1][0]", "b'7'", "f'{7}'", "[1]"),
    *("{1}", "{1: 2}", "True + 1", "...", "2j * 2j", "1 == 1", "1 and 2", "not 1", "lambda: 1"),
    *("(x := 1)", "5 & 3", "5 | 3", "5 ^ 3", "1 + +2", " ", "* 2", "1)", "()", "1.2.3", "-"),
    *("2 ** ", "1; 2", "1\n2", "print", "import math", "x = 1", "for", "1 // 0"),
)
N_REFUSED_TOO = 8


def _expect_value(learner: Learner, expression: str, want: float | Fraction) -> None:
    """Judge a value, an int or a float."""
    got = learner.safe_calculate(expression)
    if type(got) not in (int, float):
        raise CheckError("the result is not a number", got)
    close = math.isclose(got, want, rel_tol=1e-9, abs_tol=0.0)
    expect_true(close, f"the result should be {float(want):.10g}", got)


def _expect_refused(learner: Learner, expression: str) -> None:
    expect_raises(ValueError, lambda: learner.safe_calculate(expression))


def _number(draw: Draw) -> Part:
    """Draw a number, written with or without a point."""
    if draw.integer(0, 2):
        whole = draw.integer(1, 12)
        return str(whole), Fraction(whole), ATOM
    tenths = draw.integer(1, 99)
    return f"{tenths / 10}", Fraction(tenths, 10), ATOM


def _fit(part: Part, binds: int) -> str:
    """Write a part as an operand, in brackets where it would bind less tightly."""
    return part[0] if part[2] >= binds else f"({part[0]})"


def _expression(draw: Draw, depth: int) -> Part:
    """Draw an expression: its text, its value, and how tightly its last sign binds."""
    if depth == 0:
        return _number(draw)
    sign = draw.choice(["+", "-", "*", "/", "**", "minus"])
    left = _expression(draw, depth - 1)
    if sign == "minus":
        return f"-{_fit(left, MINUS)}", -left[1], MINUS
    if sign == "**":
        exponent = draw.choice([2, 3, -1, 2]) if left[1] else 2
        return f"{_fit(left, ATOM)}**{exponent}", left[1] ** exponent, POWER
    right = _expression(draw, depth - 1)
    blank = draw.choice(["", " "])
    match sign:
        case "+":
            value, binds = left[1] + right[1], SUM
        case "-":
            value, binds = left[1] - right[1], SUM
        case "*":
            value, binds = left[1] * right[1], PRODUCT
        case _:
            value, binds = left[1] / (right[1] or 1), PRODUCT
            right = right if right[1] else ("1", Fraction(1), ATOM)
    return f"{_fit(left, binds)}{blank}{sign}{blank}{_fit(right, binds + 1)}", value, binds


@exercise.item(
    "the value of an expression",
    points=2,
    sentence="+ − * / with brackets and a minus in front; * and / before + and −, equals from left "
    "to right, / gives the exact quotient.",
)
def _(learner: Learner, draw: Draw) -> None:
    a, b, c = (draw.integer(2, 9) for _ in range(3))
    for expression, want in (
        (f"{a}", a),
        (f"{a} + {b} * {c}", a + b * c),
        (f"({a} + {b}) * {c}", (a + b) * c),
        (f"{a} - {b} - {c}", a - b - c),
        (f"{a} - {b} + {c}", a - b + c),
        (f"{10 * a + 1} / {b} / {c}", Fraction(10 * a + 1, b * c)),
        (f"{10 * a + 1} / {2 * b} * {c}", Fraction((10 * a + 1) * c, 2 * b)),
        (f"-{a} + {b}.5", -a + b + 0.5),
        (f"{a} - -{b}", a + b),
        (f"{a} * -({b} - {b + c})", a * c),
        (f"--{a}", a),
    ):
        _expect_value(learner, expression, want)


@exercise.item(
    "powers",
    points=2,
    sentence="** binds more tightly than a minus in front of it and than * and /, and is computed "
    "from the right: -2 ** 2 is −4, 2 ** 3 ** 2 is 512, 2 ** -1 is 0.5.",
)
def _(learner: Learner, draw: Draw) -> None:
    a, b = draw.integer(2, 5), draw.integer(6, 9)
    for expression, want in (
        (f"{b} ** {a}", b**a),
        (f"-{b} ** 2", -(b**2)),
        (f"(-{b}) ** 2", b**2),
        ("2 ** 3 ** 2", 512),
        ("(2 ** 3) ** 2", 64),
        (f"2 ** -{a}", Fraction(1, 2**a)),
        (f"{a} * {b} ** 2", a * b**2),
        (f"{b * b} ** 0.5", b),
        (f"{b} ** 0", 1),
    ):
        _expect_value(learner, expression, want)
    n_drawn, depth = (1, 2) if draw.small else (12, 3)
    while n_drawn:
        expression, value, _binds = _expression(draw, depth)
        # Small steps on the way are no larger than this, and nothing cancels.
        if len(expression) <= MAX_CHARACTERS and 1e-4 < abs(value) < 1e6:
            _expect_value(learner, expression, value)
            n_drawn -= 1


@exercise.item(
    "all else is refused",
    points=2,
    sentence="Names, calls, attributes, texts, lists, True and False, comparisons, other signs "
    "(//, %, &, a plus in front) and what is no expression raise ValueError, and nothing of it "
    "is run.",
)
def _(learner: Learner, draw: Draw) -> None:
    drawn = draw.order(len(REFUSED_TOO)).tolist()[:N_REFUSED_TOO]
    for expression in (*ALWAYS_REFUSED, *(REFUSED_TOO[i] for i in drawn)):
        _expect_refused(learner, expression)


@exercise.item(
    "bounded",
    points=1,
    sentence="At most 200 characters; exponents from −100 to 100, however they come about; no "
    "number beyond ±1e15, neither written nor on the way. Else ValueError, at once.",
)
def _(learner: Learner, draw: Draw) -> None:
    a = draw.integer(2, 9)
    just = "1+" * 99 + f"1{a}"
    for expression, want in (
        (just, 109 + a),
        ("10 ** 15", 10**15),
        ("-1000000000000000", -(10**15)),
        ("1 ** 100", 1),
        (f"1 ** -(100 * 1) + {a}", 1 + a),
        ("0.5 ** 100", 0.5**100),
    ):
        _expect_value(learner, expression, want)
    for expression in (
        f"{just}1",
        f"{a}" + " " * MAX_CHARACTERS,
        "10 ** 15 + 1",
        "1000000000000001",
        "-10 ** 15 - 1",
        f"10 ** 15 * {a} / {a}",
        "(10 ** 15 + 1) * 0",
        "2000000000000000 * 0",
        "0 * 3000000000000000.5",
        "1 ** 101",
        "1 ** -101",
        "0.5 ** 100.5",
        "(-1) ** (10 ** 2 + 1)",
        "1 ** (2 ** 7)",
        "9 ** 9 ** 9",
        "((9 ** 9) ** 9) ** 9",
    ):
        _expect_refused(learner, expression)


@exercise.item(
    "what has no value",
    points=1,
    sentence="Division by zero, roots of negative numbers, infinity and nesting that is too deep "
    "raise ValueError like all else.",
)
def _(learner: Learner, draw: Draw) -> None:
    a = draw.integer(2, 9)
    for expression in (
        f"{a} / 0",
        f"{a} / ({a} - {a})",
        "0 ** -1",
        "0.0 ** -2",
        f"(-{a}) ** 0.5",
        "(-1) ** 0.5 * 0",
        "((-1) ** 0.5) ** 2",
        "1000000000000000.0 ** 100",
        "1e400",
        "-1e400",
        "1e400 - 1e400",
        "1e400 * 0",
        "(" * 3000 + "1" + ")" * 3000,
        "-" * 3000 + "1",
    ):
        _expect_refused(learner, expression)
    for expression, want in (("(" * 99 + f"{a}" + ")" * 99, a), ("-" * 199 + f"{a}", -a)):
        _expect_value_or_refused(learner, expression, want)


def _expect_value_or_refused(learner: Learner, expression: str, want: float) -> None:
    """Judge what may be too deep for one way of reading and not for another."""
    try:
        _expect_value(learner, expression, want)
    except ValueError:
        return
