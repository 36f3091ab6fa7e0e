"""Signs that a call is hidden on purpose, or that a cell reaches for the grader.

`autograder.sandbox.allowed` refuses plain calls, aliases and torch's own operators. What it says
that it does not stop is looked for here: names made while the code runs, interpreters within the
code, torch's inner doors, the grader's modules, other processes. A learner may have a good reason
for any of them; a person sees the line and decides.

Stops nothing. Finds what is written as Python in a cell, a cell's magics included; not the same
arithmetic under another name, which nothing needs to find.
"""

import ast
import re
from collections.abc import Collection, Iterator, Mapping

from autograder.flags.cells import parse_cell
from autograder.flags.flag import Sight

# Whoever names one of these in an exercise on attention wants something else than its answer.
MODULES = (
    *("importlib", "runpy", "builtins", "inspect", "gc", "ctypes", "cffi", "marshal", "pickle"),
    *("dill", "cloudpickle", "socket", "subprocess", "multiprocessing", "autograder", "atexit"),
    *("signal", "codeop", "torch.library", "torch.ops", "torch.overrides", "torch.jit", "torch.fx"),
    *("torch.utils._python_dispatch", "torch.utils.cpp_extension", "types.FunctionType"),
    *("types.CodeType", "sys.modules", "sys._getframe", "sys._current_frames", "sys.settrace"),
    *("sys.setprofile", "operator.attrgetter", "operator.methodcaller", "os.dup", "os.dup2"),
    *("os.fdopen", "os.open", "os.pipe", "os.fork", "os.kill", "os.system", "os.popen"),
    *("os.execv", "os.execve", "os.posix_spawn", "os.spawnv", "os.write", "os.read"),
)
# The tests in the learners' own notebook import the first, and many a tutorial sets the other.
HARMLESS = ("autograder.visible", "torch.backends")
INTERPRETERS = ("__import__", "exec", "eval", "compile")
NAMESPACES = ("globals", "locals", "vars", "__builtins__", "__loader__", "__spec__")
LOOKUPS = ("getattr", "setattr", "delattr")
INNER = re.compile(
    r"__(subclasses|globals|builtins|code|closure|mro|bases|base|dict|getattribute|wrapped"
    r"|torch_function|torch_dispatch)__"
    r"|_(pop|push)_(mode|torch)\w*|\w*(DisableTorch|disable_current_modes|no_dispatch)\w*"
    r"|\w*(torch_dispatch|torch_function|dispatch_mode|function_mode)\w*"
)
NOTEBOOK = ("run_line_magic", "run_cell_magic", "system", "getoutput")
_PLACES = re.compile(r"/proc/|/dev/fd|[/\\]autograder\b|\bautograder[./\\]")


def hidden_calls(
    source: str, aliases: Mapping[str, str], not_allowed: Collection[str], in_answer: bool
) -> list[Sight]:
    """Look through a cell for what hides a call or reaches for the grader.

    Args:
        source: The cell.
        aliases: What imported names stand for, from the course's cells and the learner's.
        not_allowed: Dotted names of calls that are not allowed there.
        in_answer: Whether the cell is an answer, where the bare name of such a call, in quotes,
            is a sign too; in a cell of one's own it is the title of a plot.

    Returns:
        What was seen, by line.
    """
    tree = parse_cell(source)
    if tree is None:
        return []
    look = _Look(tree, aliases, not_allowed, in_answer)
    seen = set()
    for node in ast.walk(tree):
        seen.update(Sight(getattr(node, "lineno", 1), what) for what in look.at(node))
        for text in _in_magic(node):
            inner = hidden_calls(text, aliases, not_allowed, in_answer)
            seen.update(Sight(sight.line + 1, sight.what) for sight in inner)
    return sorted(seen, key=lambda sight: (sight.line, sight.what))


def imported_names(tree: ast.Module | None) -> dict[str, str]:
    """Map each name that a cell imports to the dotted name for which it stands."""
    aliases = {}
    for node in ast.walk(tree) if tree else ():
        if isinstance(node, ast.Import):
            for alias in node.names:
                first = alias.name.partition(".")[0]
                aliases[alias.asname or first] = alias.name if alias.asname else first
        elif isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                aliases[alias.asname or alias.name] = f"{node.module}.{alias.name}"
    return aliases


class _Look:
    """Knows what is a sign in one cell."""

    def __init__(
        self,
        tree: ast.Module,
        aliases: Mapping[str, str],
        not_allowed: Collection[str],
        in_answer: bool,
    ) -> None:
        self.aliases = aliases
        self.not_allowed = not_allowed
        self.last_parts = {name.rpartition(".")[2] for name in not_allowed}
        self.in_answer = in_answer
        nodes = list(ast.walk(tree))
        self.own_names = {
            node.id for node in nodes if isinstance(node, ast.Name) and _is_stored(node)
        } | {node.arg for node in nodes if isinstance(node, ast.arg)}
        self.called = {id(node.func) for node in nodes if isinstance(node, ast.Call)}
        self.remarks = {id(node.value) for node in nodes if isinstance(node, ast.Expr)}

    def at(self, node: ast.AST) -> Iterator[str]:
        """Yield what is seen at one node."""
        if isinstance(node, ast.Import):
            yield from (found for alias in node.names for found in _module(alias.name))
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                yield from _module(f"{node.module}.{alias.name}")
        elif isinstance(node, ast.Name):
            yield from self._name(node)
        elif isinstance(node, ast.Attribute):
            yield from self._attribute(node)
        elif isinstance(node, ast.Call):
            yield from self._call(node)
        elif (
            isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and id(node) not in self.remarks  # a docstring does nothing
        ):
            yield from self._string(node.value)
        elif isinstance(node, ast.FunctionDef) and INNER.fullmatch(node.name):
            yield f"defines {node.name}"

    def _name(self, node: ast.Name) -> Iterator[str]:
        dotted = self.aliases.get(node.id, node.id)
        if "." in dotted:
            yield from _module(dotted)
        elif not _is_stored(node) and dotted not in self.own_names:
            if dotted in INTERPRETERS:
                yield f"uses {dotted}, which runs text as code"
            elif dotted in NAMESPACES:
                yield f"uses {dotted}, which finds names by their text"
            elif dotted in LOOKUPS and id(node) not in self.called:
                yield f"hands {dotted} on"
        if INNER.fullmatch(node.id):
            yield f"uses {node.id}"

    def _attribute(self, node: ast.Attribute) -> Iterator[str]:
        dotted = self._dotted(node)
        if dotted:
            yield from _module(dotted)
            if isinstance(node.ctx, ast.Store) and not dotted.startswith("torch.backends"):
                yield f"changes {dotted}"
        elif _called(node.value) == "get_ipython" and node.attr not in NOTEBOOK:
            yield f"uses get_ipython().{node.attr}"
        if INNER.fullmatch(node.attr):
            yield f"uses {node.attr}"

    def _call(self, node: ast.Call) -> Iterator[str]:
        function, arguments = _called(node), node.args
        if function in LOOKUPS and len(arguments) > 1:
            name = arguments[1]
            if not isinstance(name, ast.Constant):
                yield f"uses {function} with a name made while it runs"
            elif str(name.value).strip("_") in self.last_parts or INNER.fullmatch(str(name.value)):
                yield f"uses {function} for {name.value}"
            elif self._is_imported(arguments[0]):
                yield f"uses {function} on something imported"
        elif function == "open" and any(_is_number(one) for one in arguments[:1]):
            yield "opens a file by its number"

    def _string(self, text: str) -> Iterator[str]:
        place = _PLACES.search(text)
        if place and not text.startswith(HARMLESS):
            yield f"names {place.group()} in a text"
        if self.in_answer and (text.strip("_") in self.last_parts or text in self.not_allowed):
            yield f"holds the text {text!r}, a call not allowed here"

    def _dotted(self, node: ast.expr) -> str:
        """Give the dotted name of an attribute of something imported, or ""."""
        parts = []
        while isinstance(node, ast.Attribute):
            parts.append(node.attr)
            node = node.value
        if not isinstance(node, ast.Name) or node.id not in self.aliases:
            return ""
        return ".".join([self.aliases[node.id], *reversed(parts)])

    def _is_imported(self, node: ast.expr) -> bool:
        if isinstance(node, ast.Name):
            return node.id in self.aliases
        return bool(self._dotted(node))


def _module(dotted: str) -> Iterator[str]:
    """Yield a sign when a dotted name is one of MODULES, lies in one, or is private to torch."""
    if dotted.startswith(HARMLESS):
        return
    for name in MODULES:
        if dotted == name or dotted.startswith(f"{name}."):
            yield f"uses {name}"
    parts = dotted.split(".")
    private = [part for part in parts if part.startswith("_") and not part.endswith("__")]
    if parts[0] == "torch" and private:
        yield f"uses {'.'.join(parts[: parts.index(private[0]) + 1])}, which is private"


def _called(node: ast.expr) -> str:
    """Give the plain name of the function that is called, or ""."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        return node.func.id
    return ""


def _in_magic(node: ast.AST) -> Iterator[str]:
    """Yield the code that a magic such as `%%time` runs."""
    if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args):
        return
    text = node.args[-1]
    if node.func.attr in ("run_cell_magic", "run_line_magic") and isinstance(text, ast.Constant):
        yield str(text.value)


def _is_number(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, int)


def _is_stored(node: ast.Name) -> bool:
    return isinstance(node.ctx, ast.Store)
