"""Take a learner's functions from their finished notebooks.

Of a notebook two things are used, and nothing else: the cell that answers the exercise, and the
import lines that the cell needs. What is missing or wrong is said,
and the library stands in for it. The notebooks are the learner's own, on their own machine. The
grader never calls this: it judges the capstone with the library's functions alone, so that a mark
hangs on the capstone's notebook and on nothing that lies beside it.
"""

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from autograder.capstone.trial import fault_of
from autograder.errors import UnreadableError
from autograder.submissions.reading import Cell, read_bytes, read_submission
from course_lib.own_gpt.parts import Parts
from course_lib.own_gpt.stand_ins import reference_parts

SOURCES = {
    "embed": ("ch02_self_attention", "embed"),
    "stable_softmax": ("ch02_self_attention", "stable_softmax"),
    "split_heads": ("ch03_heads_and_positions", "split_merge_heads"),
    "merge_heads": ("ch03_heads_and_positions", "split_merge_heads"),
    "apply_rope": ("ch03_heads_and_positions", "apply_rope"),
    "causal_mask": ("ch04_generation", "causal_mask"),
    "next_token_loss": ("ch04_generation", "next_token_loss"),
    "sample_token": ("ch04_generation", "sample_token"),
    "top_p_filter": ("ch04_generation", "top_p_filter"),
    "rms_norm": ("ch05_transformer_block", "rms_norm"),
    "swiglu": ("ch05_transformer_block", "swiglu"),
    "adamw_step": ("ch06_training", "adamw_step"),
    "lr_at": ("ch06_training", "lr_at"),
    "clip_by_global_norm": ("ch06_training", "clip_by_global_norm"),
    "dpo_loss": ("ch06_training", "dpo_loss"),
}
"""For each part that a chapter's exercise asks for: the notebook, and the exercise."""


@dataclass(frozen=True)
class Collected:
    """What was found.

    Attributes:
        parts: The learner's functions where they are right, else the library's.
        own: Names of the parts that are the learner's own.
        faults: For each other part, why it is not, in one sentence.
    """

    parts: Parts
    own: tuple[str, ...]
    faults: dict[str, str]

    def __str__(self) -> str:
        lines = [f"Your own: {len(self.own)} of {len(SOURCES)} ({', '.join(self.own) or 'none'})."]
        if self.faults:
            lines.append("The library's stand in for the others:")
        for sentence in dict.fromkeys(self.faults.values()):
            names = [name for name, fault in self.faults.items() if fault == sentence]
            lines.append(f"  {', '.join(names)}: {sentence}")
        return "\n".join(lines)


def collect_parts(folder: Path | str = ".") -> Collected:
    """Take the functions from the notebooks of a folder.

    Args:
        folder: Where the finished notebooks lie, each under its own name.
    """
    parts, own, faults = reference_parts(), [], {}
    for name, (slug, exercise) in SOURCES.items():
        try:
            function = _function(Path(folder) / f"{slug}.ipynb", exercise, name)
        except (UnreadableError, LookupError) as reason:
            faults[name] = str(reason.args[0])
            continue
        fault = fault_of(name, function)
        if fault:
            chapter = slug.partition("_")[0]
            faults[name] = f"yours {fault} (`course check {chapter}` says more)."
        else:
            own.append(name)
            parts = replace(parts, **{name: function})
    return Collected(parts, tuple(own), faults)


def _function(path: Path, exercise: str, name: str) -> Callable[..., Any]:
    """Give the function of a name that the answer to an exercise defines.

    Raises:
        UnreadableError: The notebook is missing or damaged.
        LookupError: It does not hold such a function.
    """
    if not path.exists():
        raise UnreadableError(f"there is no {path.name} in this folder.")
    cells = read_submission(read_bytes(path)).cells
    wanted = f"{path.stem.partition('_')[0]}_{exercise}"
    answer = next((cell for cell in cells if cell.grade_id == wanted), None)
    if answer is None:
        raise LookupError(f"{path.name} has no cell {wanted} any more.")
    namespace: dict[str, Any] = {}
    try:
        tree = ast.parse(answer.source)
        for line in _needed_imports(tree, cells):
            exec(compile(line, path.name, "exec"), namespace)
        exec(compile(tree, path.name, "exec"), namespace)
    except Exception as error:  # the learner's own code, which can fail in any way
        raise LookupError(
            f"your cell in {path.name} stops with {type(error).__name__}: {error}."
        ) from None
    if not callable(namespace.get(name)):
        raise LookupError(f"your cell in {path.name} defines no function {name}.")
    return namespace[name]


def _needed_imports(answer: ast.Module, cells: tuple[Cell, ...]) -> Iterator[str]:
    """Give the import lines of a notebook whose names an answer uses."""
    used = {node.id for node in ast.walk(answer) if isinstance(node, ast.Name)}
    for cell in cells:
        for node in _statements(cell):
            if isinstance(node, ast.Import | ast.ImportFrom):
                bound = {(one.asname or one.name).partition(".")[0] for one in node.names}
                if bound & used:
                    node.names = [
                        one
                        for one in node.names
                        if (one.asname or one.name).partition(".")[0] in used
                    ]
                    yield ast.unparse(node)


def _statements(cell: Cell) -> list[ast.stmt]:
    """Read a code cell; one that is not plain Python, such as a magic, has no statements."""
    try:
        return ast.parse(cell.source).body if cell.kind == "code" else []
    except SyntaxError:
        return []
