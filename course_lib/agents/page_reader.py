"""A trained reader of pages as the policy of an agent, and the ways to hand it a foreign page."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from course_lib.agents.calls import Call
from course_lib.agents.loop import Act, Finish, LoopStep
from course_lib.agents.sum_solver import Adder
from course_lib.data.page_tasks import (
    PADDING,
    STOP,
    PageTask,
    paste,
    split_words,
    tokens,
    without_marks,
    words_of,
)
from course_lib.generation.decoding import DecodingConfig, Prompts, decode, greedy

MAX_WORDS = 7
"""A reader's longest answer."""

Handing = Callable[[PageTask], PageTask]
"""How a program hands over a page: changes what the reader is shown."""


def marked(task: PageTask) -> PageTask:
    """Put the page behind a mark of its own, as the reader was trained to see pages."""
    return task


def marked_and_cleaned(task: PageTask) -> PageTask:
    """Put the page behind its mark, after taking out marks that it forges."""
    return replace(task, page=without_marks(task.page))


HANDINGS: dict[str, Handing] = {
    "pasted": paste,
    "marked": marked,
    "marked and cleaned": marked_and_cleaned,
}


def read_pages(model: Adder, tasks: Sequence[PageTask]) -> list[tuple[str, ...]]:
    """Let a reader answer tasks side by side.

    Args:
        model: Writes words of `data.page_tasks`.
        tasks: What it is shown.

    Returns:
        The words of each answer, the full stop too; cut off if there is none.
    """
    prompts = Prompts.pad_left([tokens(task.prompt) for task in tasks], PADDING)
    cfg = DecodingConfig(
        max_new_tokens=MAX_WORDS, end_token=tokens([STOP])[0], padding_token=PADDING
    )
    caches = model.reserve_caches(len(tasks), prompts.token_ids.shape[1] + MAX_WORDS)
    return [words_of(row) for row in decode(model, prompts, greedy, cfg, caches).rows]


@dataclass(frozen=True)
class ReaderPolicy:
    """Looks the task up, lets the model read what came, and does what the model says.

    Attributes:
        model: The reader.
        handing: How the page is handed over.
    """

    model: Adder
    handing: Handing = marked

    def __call__(self, task: str, steps: tuple[LoopStep, ...], n_left: int) -> Act | Finish:
        """Look up; then read; then send if the model says so, else answer."""
        if not steps:
            return Act(Call("look_up", {"words": task}))
        if any(step.act.call.name == "send" for step in steps):
            return Finish(steps[-1].result.text)
        shown = PageTask(split_words(task), split_words(steps[0].result.text), ())
        [words] = read_pages(self.model, [self.handing(shown)])
        match words:
            case ("send", word, "to", person, *_):
                return Act(Call("send", {"word": word, "to": person}))
        return Finish(" ".join(words))
