"""From an executed chapter to its page: no solution, no progress bar, no dead widget."""

import copy
import json
import re

from nbformat import NotebookNode

from autograder.chapters.cells import ChapterError
from autograder.chapters.drills import fold_answers
from autograder.source import LANGUAGE

VIEW = "application/vnd.jupyter.widget-view+json"
STATE = "application/vnd.jupyter.widget-state+json"
PROGRESS = re.compile(r"\d+%\||\d(?:it|[a-z]*)/s|s/it|\d+it \[")  # tqdm's bars
KEPT_METADATA = ("mystnb", "tags")
PAGE_TAGS = {
    "exercise": ["exercise"],
    "tests": ["hide-input", "tests"],
    "drill": ["exercise"],
    "check": ["hide-input", "tests"],
}


def make_page(executed: NotebookNode) -> NotebookNode:
    """Make the page of a chapter: stubs in place of solutions, with the solutions' outputs.

    Args:
        executed: The solved chapter with its outputs; it stays as it is.

    Raises:
        ChapterError: A cell printed a warning, or something else, to stderr.
    """
    from nbconvert.exporters.exporter import ResourcesDict
    from nbgrader.preprocessors import ClearHiddenTests, ClearSolutions

    page = copy.deepcopy(executed)
    fold_answers(page)
    for step in (ClearSolutions, ClearHiddenTests):
        page, _ = step().preprocess(page, ResourcesDict())
    for cell in page.cells:
        tags = [tag for role, tags in PAGE_TAGS.items() if role in cell.metadata for tag in tags]
        kept = {key: cell.metadata[key] for key in KEPT_METADATA if key in cell.metadata}
        if tags:
            kept["tags"] = sorted({*kept.get("tags", []), *tags})
        cell.metadata = NotebookNode(kept)
    page.metadata.pop("course", None)  # the site would print it
    page.metadata["language_info"] = LANGUAGE  # the kernel's own tells Python's patch version
    _keep_live_figures(page)
    clean_streams(page)
    return page


def clean_streams(notebook: NotebookNode) -> None:
    """Remove progress bars from the outputs, in place.

    Raises:
        ChapterError: Something else was written to stderr: the page would show it to readers.
    """
    for number, cell in enumerate(notebook.cells, start=1):
        if cell.cell_type != "code":
            continue
        for output in cell.outputs:
            if output.output_type == "stream" and output.name == "stderr":
                rest = [
                    line.strip()
                    for line in re.split(r"[\r\n]", output.text)
                    if line.strip() and not PROGRESS.search(line)
                ]
                if rest:
                    raise ChapterError(
                        f"cell {number} wrote to stderr, as warnings do: {' '.join(rest)[:400]}"
                    )
        cell.outputs = [
            output
            for output in cell.outputs
            if not (output.output_type == "stream" and output.name == "stderr")
        ]


def _keep_live_figures(page: NotebookNode) -> None:
    """Keep the widgets that work without a kernel, which are the live figures.

    Sliders of `interact` and progress bars need a kernel: their views and state are left out.
    """
    state = page.metadata.get("widgets", {}).get(STATE, {}).get("state", {})
    shown: list[str] = []
    for cell in page.cells:
        if cell.cell_type == "code":
            cell.outputs = [output for output in cell.outputs if _is_live(output, state)]
            shown += [o.data[VIEW]["model_id"] for o in cell.outputs if VIEW in o.get("data", {})]
    page.metadata.pop("widgets", None)
    if shown:
        models = {model: state[model] for model in sorted(_reachable(shown, state))}
        content = {"state": models, "version_major": 2, "version_minor": 0}
        page.metadata["widgets"] = NotebookNode({STATE: content})


def _is_live(output: NotebookNode, state: dict[str, NotebookNode]) -> bool:
    view = output.get("data", {}).get(VIEW)
    return view is None or state.get(view["model_id"], {}).get("model_module") == "anywidget"


def _reachable(models: list[str], state: dict[str, NotebookNode]) -> set[str]:
    """Give the models that some models refer to, themselves included."""
    found: set[str] = set()
    waiting = list(models)
    while waiting:
        model = waiting.pop()
        if model in state and model not in found:
            found.add(model)
            waiting += re.findall(r"IPY_MODEL_(\w+)", json.dumps(state[model]))
    return found
