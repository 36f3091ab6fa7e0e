"""A story writer in the page, and what a reader sees of it."""

import torch
from playwright.sync_api import Locator

from course_lib.checkpoints.mini_gpt import load_mini_gpt
from course_lib.data.tale_tokens import TOKENS
from course_lib.figures.base import Preset
from course_lib.figures.formats import fixed
from course_lib.figures.story_writer import StoryWriter
from tests.book.figure_page import settle

BEGINNING = "once sarah and her friend john were in the park . sarah had a red ball ."
N_SHOWN = 10
SLIDERS = {"temperature": "Temperature", "top_k": "Top-k", "top_p": "Top-p", "min_p": "Min-p"}


def story(**options: object) -> StoryWriter:
    """Return a figure with the trained model, at a pace that no test has to wait for."""
    settings = {"beginning": BEGINNING, "head": 5} | options
    figure = StoryWriter(load_mini_gpt(), TOKENS, **settings)
    figure.pace = 0
    return figure


def with_presets(**options: object) -> StoryWriter:
    """Return the same with two buttons."""
    return story(
        **options,
        presets=[
            Preset("Greedy", "Always the most probable word.", {"temperature": 0.0}),
            Preset("Hot", "Improbable words too.", {"temperature": 2.0, "beginning": "once anna"}),
        ],
    )


def wait_until_read(figure: Locator) -> None:
    """Wait until the model has read the text and the figure shows what it said."""
    settle(figure)
    figure.locator(".cf-body[data-read=true]").wait_for()
    settle(figure)


def press(figure: Locator, name: str) -> None:
    figure.get_by_role("button", name=name, exact=True).click()


def move(figure: Locator, writer: StoryWriter, **settings: object) -> None:
    """Move sliders to values, and tell Python's figure the same."""
    for name, value in settings.items():
        setattr(writer, name, value)
        figure.get_by_role("slider", name=SLIDERS[name], exact=True).evaluate(
            """(input, value) => {
                input.value = value ?? input.max;
                input.dispatchEvent(new Event("input", { bubbles: true }));
            }""",
            value,
        )


def write_story(figure: Locator, writer: StoryWriter) -> None:
    """Let the page write to the end, and Python too."""
    press(figure, "Write a story")
    figure.get_by_role("button", name="Another story").wait_for()
    wait_until_read(figure)
    writer.write()


def shown_text(figure: Locator) -> list[str]:
    return figure.locator(".cfw-words button").all_inner_texts()


def differences(figure: Locator, want: StoryWriter) -> list[str]:
    """Compare all that the figure shows with what Python computes; return what differs."""
    wait_until_read(figure)
    numbers, found = want.numbers(), []

    def compare(what: str, got: object, expected: object) -> None:
        if got != expected:
            found.append(f"{what}: shown {got!r}, computed {expected!r}")

    def near(what: str, got: float, expected: float, bound: float = 1e-4) -> None:
        if abs(got - expected) > bound:
            found.append(f"{what}: shown {got}, computed {expected}")

    compare("text", shown_text(figure), want.text)
    rows = figure.locator(".cfw-next tbody tr").evaluate_all(
        "(rows) => rows.map((row) => ({ ...row.dataset, name: row.cells[0].textContent }))"
    )
    # Words of nearly the same probability may change places: the page and torch round differently.
    shown = [TOKENS.index(row["name"]) for row in rows[:-1]]
    raw = numbers.next.raw
    near("the most probable", raw[shown].sum().item(), raw.topk(N_SHOWN).values.sum().item())
    for row, i in zip(rows, shown, strict=False):
        near(f"raw of {row['name']}", float(row["raw"]), raw[i].item())
        near(f"now of {row['name']}", float(row["now"]), numbers.next.probs[i].item())
        compare(f"rule of {row['name']}", row.get("cut", ""), numbers.next.cut_by[i])
    rest = [i for i in range(len(TOKENS)) if i not in shown]
    near("raw of the others", float(rows[-1]["raw"]), numbers.next.raw[rest].sum().item())
    near("now of the others", float(rows[-1]["now"]), numbers.next.probs[rest].sum().item())
    n_kept = sum(not numbers.next.cut_by[i] for i in rest)
    compare("others", rows[-1]["name"], f"{len(rest)} others, {n_kept} kept")

    last = len(want.text) - 1
    looking = last if want.looking is None else min(want.looking, last)
    n_heads = numbers.weights.shape[1]
    weights = numbers.weights[want.head // n_heads, want.head % n_heads, looking, : looking + 1]
    shares = figure.locator(".cfw-words button").evaluate_all(
        "(all) => all.map((word) => word.dataset.share).filter(Boolean).map(Number)"
    )
    compare("words looked at", len(shares), looking + 1)
    near("shares", (torch.tensor(shares) - weights).abs().max().item(), 0.0)
    most = int(weights.argmax())
    name = "itself" if most == looking else f"“{want.text[most]}” (word {most + 1})"
    said = figure.locator(".cfw-head p").inner_text()
    start = (
        f"Word {looking + 1}, “{want.text[looking]}”, looks at {name} {fixed(weights[most].item())}"
    )
    if not said.startswith(start):
        found.append(f"looks: shown {said!r}, computed {start!r}")
    return found
