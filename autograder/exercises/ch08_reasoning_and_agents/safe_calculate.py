"""Answers to the exercise about the calculator: mistakes, and other right ways."""

# The answers trust, as learners do, that a tree holds what was looked for.
# pyright: reportAttributeAccessIssue=false, reportArgumentType=false, reportReturnType=false

import ast
import math
import operator
import re

from autograder.exercises.ch08_reasoning_and_agents.safe_calculate_checks import exercise

__all__ = ["exercise"]


@exercise.misconception(
    "`eval` runs whatever stands in the text: names, calls, attributes. A calculator that a model "
    "may call must not be a Python prompt. Read the text as a tree and compute it yourself."
)
def with_eval(expression: str) -> float:
    """Hand the text to Python."""
    if len(expression) > 200:
        raise ValueError("too long")
    return eval(expression)


@exercise.misconception(
    "`eval` without names still runs what stands in the text: attributes of a number, lists, "
    "comparisons, and from an attribute there is a way to everything else. Read the text as a tree."
)
def eval_in_an_empty_room(expression: str) -> float:
    """Take the names away and hope."""
    if len(expression) > 200:
        raise ValueError("too long")
    try:
        value = eval(expression, {"__builtins__": {}}, {})
    except Exception as error:
        raise ValueError(expression) from error
    if isinstance(value, complex) or (isinstance(value, int | float) and not abs(value) <= 1e15):
        raise ValueError(expression)
    return value


@exercise.misconception(
    "The exponent is not bounded. 9 ** 9 ** 9 has 370 million digits: whoever looks at the result "
    "only afterwards waits for it first. Check the exponent before the power is computed."
)
def unbounded_power(expression: str) -> float:
    """Look at results alone."""
    signs = {ast.Add: "add", ast.Sub: "sub", ast.Mult: "mul", ast.Div: "truediv", ast.Pow: "pow"}

    def value_of(node: ast.AST) -> float:
        if isinstance(node, ast.Constant) and type(node.value) in (int, float):
            value = node.value
        elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
            value = -value_of(node.operand)
        elif isinstance(node, ast.BinOp) and type(node.op) in signs:
            left, right = value_of(node.left), value_of(node.right)
            value = getattr(operator, signs[type(node.op)])(left, right)
        else:
            raise ValueError(expression)
        if isinstance(value, complex) or not abs(value) <= 1e15:
            raise ValueError(expression)
        return value

    if len(expression) > 200:
        raise ValueError(expression)
    try:
        return value_of(ast.parse(expression, mode="eval").body)
    except (SyntaxError, ArithmeticError, RecursionError, MemoryError) as error:
        raise ValueError(expression) from error


@exercise.misconception(
    "You bound the exponent only where it is *written* as a number. 1 ** (2 ** 7) has a large "
    "exponent too, and it is not written anywhere: compute the exponent, then check it."
)
def written_exponent_only(expression: str) -> float:
    """Look at the exponent's text."""
    signs = {ast.Add: "add", ast.Sub: "sub", ast.Mult: "mul", ast.Div: "truediv", ast.Pow: "pow"}

    def value_of(node: ast.AST) -> float:
        if isinstance(node, ast.Constant) and type(node.value) in (int, float):
            value = node.value
        elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
            value = -value_of(node.operand)
        elif isinstance(node, ast.BinOp) and type(node.op) in signs:
            power = node.right
            if isinstance(power, ast.UnaryOp):
                power = power.operand
            written = isinstance(node.op, ast.Pow) and isinstance(power, ast.Constant)
            if written and not abs(power.value) <= 100:
                raise ValueError(expression)
            left, right = value_of(node.left), value_of(node.right)
            value = getattr(operator, signs[type(node.op)])(left, right)
        else:
            raise ValueError(expression)
        if isinstance(value, complex) or not abs(value) <= 1e15:
            raise ValueError(expression)
        return value

    if len(expression) > 200:
        raise ValueError(expression)
    try:
        return value_of(ast.parse(expression, mode="eval").body)
    except (SyntaxError, ArithmeticError, RecursionError, MemoryError) as error:
        raise ValueError(expression) from error


@exercise.misconception(
    "Negative exponents are not bounded: −101 is below 100, and just as far out. Compare "
    "`abs(exponent)`."
)
def negative_exponents_free(expression: str) -> float:
    """Forget the absolute value."""
    signs = {ast.Add: "add", ast.Sub: "sub", ast.Mult: "mul", ast.Div: "truediv", ast.Pow: "pow"}

    def value_of(node: ast.AST) -> float:
        if isinstance(node, ast.Constant) and type(node.value) in (int, float):
            value = node.value
        elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
            value = -value_of(node.operand)
        elif isinstance(node, ast.BinOp) and type(node.op) in signs:
            left, right = value_of(node.left), value_of(node.right)
            if isinstance(node.op, ast.Pow) and right > 100:
                raise ValueError(expression)
            value = getattr(operator, signs[type(node.op)])(left, right)
        else:
            raise ValueError(expression)
        if isinstance(value, complex) or not abs(value) <= 1e15:
            raise ValueError(expression)
        return value

    if len(expression) > 200:
        raise ValueError(expression)
    try:
        return value_of(ast.parse(expression, mode="eval").body)
    except (SyntaxError, ArithmeticError, RecursionError, MemoryError) as error:
        raise ValueError(expression) from error


@exercise.misconception(
    "You let names through: constants and functions such as `pi` or `abs`. They are not on the "
    "list of what the calculator does. What you let through you must vouch for."
)
def names_allowed(expression: str) -> float:
    """Offer the mathematics of Python."""
    signs = {ast.Add: "add", ast.Sub: "sub", ast.Mult: "mul", ast.Div: "truediv", ast.Pow: "pow"}
    known = {"pi": math.pi, "e": math.e, "abs": abs, "sqrt": math.sqrt}

    def value_of(node: ast.AST) -> float:
        if isinstance(node, ast.Name) and node.id in known:
            return known[node.id]
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") in known:
            return known[node.func.id](*map(value_of, node.args))
        if isinstance(node, ast.Constant) and type(node.value) in (int, float):
            value = node.value
        elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
            value = -value_of(node.operand)
        elif isinstance(node, ast.BinOp) and type(node.op) in signs:
            left, right = value_of(node.left), value_of(node.right)
            if isinstance(node.op, ast.Pow) and abs(right) > 100:
                raise ValueError(expression)
            value = getattr(operator, signs[type(node.op)])(left, right)
        else:
            raise ValueError(expression)
        if isinstance(value, complex) or not abs(value) <= 1e15:
            raise ValueError(expression)
        return value

    if len(expression) > 200:
        raise ValueError(expression)
    try:
        return value_of(ast.parse(expression, mode="eval").body)
    except (SyntaxError, ArithmeticError, RecursionError, MemoryError) as error:
        raise ValueError(expression) from error


@exercise.misconception(
    "True passes for 1: `isinstance(True, int)` is true. Ask for the exact type, or refuse `bool` "
    "first."
)
def true_is_one(expression: str) -> float:
    """Ask isinstance."""
    signs = {ast.Add: "add", ast.Sub: "sub", ast.Mult: "mul", ast.Div: "truediv", ast.Pow: "pow"}

    def value_of(node: ast.AST) -> float:
        if isinstance(node, ast.Constant) and isinstance(node.value, int | float):
            value = node.value
        elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
            value = -value_of(node.operand)
        elif isinstance(node, ast.BinOp) and type(node.op) in signs:
            left, right = value_of(node.left), value_of(node.right)
            if isinstance(node.op, ast.Pow) and abs(right) > 100:
                raise ValueError(expression)
            value = getattr(operator, signs[type(node.op)])(left, right)
        else:
            raise ValueError(expression)
        if isinstance(value, complex) or not abs(value) <= 1e15:
            raise ValueError(expression)
        return value

    if len(expression) > 200:
        raise ValueError(expression)
    try:
        return value_of(ast.parse(expression, mode="eval").body)
    except (SyntaxError, ArithmeticError, RecursionError, MemoryError) as error:
        raise ValueError(expression) from error


@exercise.misconception(
    "More signs are let through than were asked for: //, % or a plus in front. What is not on the "
    "list is refused."
)
def more_signs(expression: str) -> float:
    """Take all that looks like arithmetic."""
    signs = {ast.Add: "add", ast.Sub: "sub", ast.Mult: "mul", ast.Div: "truediv", ast.Pow: "pow"}
    signs |= {ast.FloorDiv: "floordiv", ast.Mod: "mod"}

    def value_of(node: ast.AST) -> float:
        if isinstance(node, ast.Constant) and type(node.value) in (int, float):
            value = node.value
        elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub | ast.UAdd):
            value = value_of(node.operand)
            value = -value if isinstance(node.op, ast.USub) else value
        elif isinstance(node, ast.BinOp) and type(node.op) in signs:
            left, right = value_of(node.left), value_of(node.right)
            if isinstance(node.op, ast.Pow) and abs(right) > 100:
                raise ValueError(expression)
            value = getattr(operator, signs[type(node.op)])(left, right)
        else:
            raise ValueError(expression)
        if isinstance(value, complex) or not abs(value) <= 1e15:
            raise ValueError(expression)
        return value

    if len(expression) > 200:
        raise ValueError(expression)
    try:
        return value_of(ast.parse(expression, mode="eval").body)
    except (SyntaxError, ArithmeticError, RecursionError, MemoryError) as error:
        raise ValueError(expression) from error


@exercise.misconception(
    "Only the final result is bounded. A number beyond 1e15 on the way is refused too, whatever "
    "becomes of it afterwards."
)
def only_the_result_bounded(expression: str) -> float:
    """Look at the end alone."""
    signs = {ast.Add: "add", ast.Sub: "sub", ast.Mult: "mul", ast.Div: "truediv", ast.Pow: "pow"}

    def value_of(node: ast.AST) -> float:
        if isinstance(node, ast.Constant) and type(node.value) in (int, float):
            return node.value
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
            return -value_of(node.operand)
        if isinstance(node, ast.BinOp) and type(node.op) in signs:
            left, right = value_of(node.left), value_of(node.right)
            if isinstance(node.op, ast.Pow) and abs(right) > 100:
                raise ValueError(expression)
            value = getattr(operator, signs[type(node.op)])(left, right)
            if isinstance(value, complex) or not abs(value) < math.inf:
                raise ValueError(expression)
            return value
        raise ValueError(expression)

    if len(expression) > 200:
        raise ValueError(expression)
    try:
        value = value_of(ast.parse(expression, mode="eval").body)
    except (SyntaxError, ArithmeticError, RecursionError, MemoryError) as error:
        raise ValueError(expression) from error
    if not abs(value) <= 1e15:
        raise ValueError(expression)
    return value


@exercise.misconception(
    "Division by zero leaves the function as ZeroDivisionError. Whoever calls the calculator waits "
    "for ValueError and nothing else."
)
def zero_division_escapes(expression: str) -> float:
    """Catch what reading raises, and forget what computing raises."""
    signs = {ast.Add: "add", ast.Sub: "sub", ast.Mult: "mul", ast.Div: "truediv", ast.Pow: "pow"}

    def value_of(node: ast.AST) -> float:
        if isinstance(node, ast.Constant) and type(node.value) in (int, float):
            value = node.value
        elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
            value = -value_of(node.operand)
        elif isinstance(node, ast.BinOp) and type(node.op) in signs:
            left, right = value_of(node.left), value_of(node.right)
            if isinstance(node.op, ast.Pow) and abs(right) > 100:
                raise ValueError(expression)
            value = getattr(operator, signs[type(node.op)])(left, right)
        else:
            raise ValueError(expression)
        if isinstance(value, complex) or not abs(value) <= 1e15:
            raise ValueError(expression)
        return value

    if len(expression) > 200:
        raise ValueError(expression)
    try:
        return value_of(ast.parse(expression, mode="eval").body)
    except (SyntaxError, RecursionError, MemoryError) as error:
        raise ValueError(expression) from error


@exercise.misconception(
    "A text that is no expression leaves the function as SyntaxError. It is refused like all else, "
    "with ValueError."
)
def syntax_error_escapes(expression: str) -> float:
    """Trust that it can be read."""
    signs = {ast.Add: "add", ast.Sub: "sub", ast.Mult: "mul", ast.Div: "truediv", ast.Pow: "pow"}

    def value_of(node: ast.AST) -> float:
        if isinstance(node, ast.Constant) and type(node.value) in (int, float):
            value = node.value
        elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
            value = -value_of(node.operand)
        elif isinstance(node, ast.BinOp) and type(node.op) in signs:
            left, right = value_of(node.left), value_of(node.right)
            if isinstance(node.op, ast.Pow) and abs(right) > 100:
                raise ValueError(expression)
            value = getattr(operator, signs[type(node.op)])(left, right)
        else:
            raise ValueError(expression)
        if isinstance(value, complex) or not abs(value) <= 1e15:
            raise ValueError(expression)
        return value

    if len(expression) > 200:
        raise ValueError(expression)
    try:
        return value_of(ast.parse(expression, mode="eval").body)
    except ArithmeticError as error:
        raise ValueError(expression) from error


@exercise.misconception(
    "The root of a negative number comes back as a complex number. Python computes (-8) ** 0.5 "
    "without complaint; the calculator has no such numbers."
)
def complex_comes_back(expression: str) -> float:
    """Take every result for a real one."""
    signs = {ast.Add: "add", ast.Sub: "sub", ast.Mult: "mul", ast.Div: "truediv", ast.Pow: "pow"}

    def value_of(node: ast.AST) -> float:
        if isinstance(node, ast.Constant) and type(node.value) in (int, float):
            value = node.value
        elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
            value = -value_of(node.operand)
        elif isinstance(node, ast.BinOp) and type(node.op) in signs:
            left, right = value_of(node.left), value_of(node.right)
            if isinstance(node.op, ast.Pow) and abs(right) > 100:
                raise ValueError(expression)
            value = getattr(operator, signs[type(node.op)])(left, right)
        else:
            raise ValueError(expression)
        if not abs(value) <= 1e15:
            raise ValueError(expression)
        return value

    if len(expression) > 200:
        raise ValueError(expression)
    try:
        return value_of(ast.parse(expression, mode="eval").body)
    except (SyntaxError, ArithmeticError, RecursionError, MemoryError) as error:
        raise ValueError(expression) from error


@exercise.misconception(
    "The length of the text is not bounded. A long text costs time and memory before a single "
    "number is looked at: refuse it first."
)
def any_length(expression: str) -> float:
    """Read whatever comes."""
    signs = {ast.Add: "add", ast.Sub: "sub", ast.Mult: "mul", ast.Div: "truediv", ast.Pow: "pow"}

    def value_of(node: ast.AST) -> float:
        if isinstance(node, ast.Constant) and type(node.value) in (int, float):
            value = node.value
        elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
            value = -value_of(node.operand)
        elif isinstance(node, ast.BinOp) and type(node.op) in signs:
            left, right = value_of(node.left), value_of(node.right)
            if isinstance(node.op, ast.Pow) and abs(right) > 100:
                raise ValueError(expression)
            value = getattr(operator, signs[type(node.op)])(left, right)
        else:
            raise ValueError(expression)
        if isinstance(value, complex) or not abs(value) <= 1e15:
            raise ValueError(expression)
        return value

    try:
        return value_of(ast.parse(expression, mode="eval").body)
    except (SyntaxError, ArithmeticError, RecursionError, MemoryError) as error:
        raise ValueError(expression) from error


@exercise.misconception(
    "A minus in front binds more tightly than the power: you make (−2) ** 2 of -2 ** 2. The power "
    "comes first, then the minus."
)
def minus_before_the_power(expression: str) -> float:
    """Glue the minus to what follows it."""
    signs = {ast.Add: "add", ast.Sub: "sub", ast.Mult: "mul", ast.Div: "truediv", ast.Pow: "pow"}

    def value_of(node: ast.AST) -> float:
        if isinstance(node, ast.Constant) and type(node.value) in (int, float):
            value = node.value
        elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
            inside = node.operand
            if isinstance(inside, ast.BinOp) and isinstance(inside.op, ast.Pow):
                base = ast.UnaryOp(ast.USub(), inside.left)
                value = value_of(ast.BinOp(base, ast.Pow(), inside.right))
            else:
                value = -value_of(inside)
        elif isinstance(node, ast.BinOp) and type(node.op) in signs:
            left, right = value_of(node.left), value_of(node.right)
            if isinstance(node.op, ast.Pow) and abs(right) > 100:
                raise ValueError(expression)
            value = getattr(operator, signs[type(node.op)])(left, right)
        else:
            raise ValueError(expression)
        if isinstance(value, complex) or not abs(value) <= 1e15:
            raise ValueError(expression)
        return value

    if len(expression) > 200:
        raise ValueError(expression)
    try:
        return value_of(ast.parse(expression, mode="eval").body)
    except (SyntaxError, ArithmeticError, RecursionError, MemoryError) as error:
        raise ValueError(expression) from error


@exercise.alternative
def from_left_to_right(expression: str) -> float:
    """Read the text sign by sign, without Python's grammar."""
    tokens = re.findall(r"\d+\.\d+|\d+|\*\*|[-+*/()]|\S", expression)
    place = 0

    def bounded(value: float) -> float:
        if isinstance(value, complex) or not -1e15 <= value <= 1e15:
            raise ValueError("no number within bounds")
        return value

    def take(*wanted: str) -> str:
        nonlocal place
        if place < len(tokens) and tokens[place] in wanted:
            place += 1
            return tokens[place - 1]
        return ""

    def total() -> float:
        value = product()
        while sign := take("+", "-"):
            other = product()
            value = bounded(value + other if sign == "+" else value - other)
        return value

    def product() -> float:
        value = signed()
        while sign := take("*", "/"):
            other = signed()
            value = bounded(value * other if sign == "*" else value / other)
        return value

    def signed() -> float:
        return -signed() if take("-") else power()

    def power() -> float:
        base = atom()
        if take("**"):
            exponent = signed()
            if abs(exponent) > 100:
                raise ValueError("the exponent is too large")
            return bounded(base**exponent)
        return base

    def atom() -> float:
        nonlocal place
        if take("("):
            value = total()
            if not take(")"):
                raise ValueError("a bracket is missing")
            return value
        if place == len(tokens):
            raise ValueError("the text ends too early")
        place += 1
        text = tokens[place - 1]
        return bounded(float(text) if "." in text else int(text))

    if len(expression) > 200 or "\n" in expression:
        raise ValueError("no expression of one line and at most 200 characters")
    try:
        value = total()
    except (ArithmeticError, RecursionError) as error:
        raise ValueError(str(error)) from error
    if place < len(tokens):
        raise ValueError(f"{tokens[place]!r} does not belong there")
    return value


@exercise.alternative
def with_a_stack(expression: str) -> float:
    """Walk the tree without recursion, in floating point."""
    if len(expression) > 200:
        raise ValueError("too long")
    try:
        todo: list = [ast.parse(expression, mode="eval").body]
    except (SyntaxError, RecursionError, MemoryError) as error:
        raise ValueError("no expression") from error
    values: list[float] = []
    while todo:
        node = todo.pop()
        if isinstance(node, ast.BinOp):
            todo += [node.op, node.right, node.left]
        elif isinstance(node, ast.UnaryOp):
            todo += [node.op, node.operand]
        else:
            if isinstance(node, ast.Constant) and type(node.value) in (int, float):
                value = node.value
            elif isinstance(node, ast.USub):
                value = -values.pop()
            elif isinstance(node, ast.Add | ast.Sub | ast.Mult | ast.Div | ast.Pow):
                right, left = values.pop(), values.pop()
                try:
                    if isinstance(node, ast.Add):
                        value = left + right
                    elif isinstance(node, ast.Sub):
                        value = left - right
                    elif isinstance(node, ast.Mult):
                        value = left * right
                    elif isinstance(node, ast.Div):
                        value = left / right
                    elif -100 <= right <= 100:
                        value = math.pow(left, right)
                    else:
                        raise ValueError("the exponent is too large")
                except ArithmeticError as error:
                    raise ValueError(str(error)) from error
            else:
                raise ValueError("not arithmetic")
            if abs(value) > 1e15 or value != value:
                raise ValueError("too large")
            values.append(value)
    return float(values[0])


@exercise.alternative
def with_a_visitor(expression: str) -> float:
    """Give each kind of node a method, and refuse the others in one place."""

    class Value(ast.NodeVisitor):
        def visit(self, node: ast.AST) -> float:
            value = super().visit(node)
            if type(value) not in (int, float) or not abs(value) <= 1e15:
                raise ValueError(f"no number within bounds in {expression!r}")
            return value

        def generic_visit(self, node: ast.AST) -> float:
            raise ValueError(f"{type(node).__name__} is not arithmetic")

        def visit_Expression(self, node: ast.Expression) -> float:
            return self.visit(node.body)

        def visit_Constant(self, node: ast.Constant) -> float:
            return node.value

        def visit_UnaryOp(self, node: ast.UnaryOp) -> float:
            if type(node.op) is not ast.USub:
                return self.generic_visit(node.op)
            return -self.visit(node.operand)

        def visit_BinOp(self, node: ast.BinOp) -> float:
            left, right = self.visit(node.left), self.visit(node.right)
            match node.op:
                case ast.Add():
                    return left + right
                case ast.Sub():
                    return left - right
                case ast.Mult():
                    return left * right
                case ast.Div():
                    return left / right
                case ast.Pow() if abs(right) <= 100:
                    return left**right
                case _:
                    return self.generic_visit(node.op)

    if len(expression) > 200:
        raise ValueError(f"{len(expression)} characters are too many")
    try:
        return Value().visit(ast.parse(expression, mode="eval"))
    except Exception as error:
        raise ValueError(str(error)) from error
