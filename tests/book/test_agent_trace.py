"""The figure of an agent's trace in Chromium: used, and seen to say what Python computes."""

from collections.abc import Callable

import pytest
import torch
from playwright.sync_api import Locator, Page

from course_lib.agents import shop_world
from course_lib.agents.calls import Call
from course_lib.agents.confirmation import allow_only
from course_lib.agents.loop import Act, Finish
from course_lib.agents.tools import toolbox
from course_lib.figures.agent_trace import AgentTrace, Case, Preset
from course_lib.figures.formats import counted
from course_lib.figures.trace_words import sight
from tests.book.figure_page import broken_rules, figure_pages, settle

pytestmark = pytest.mark.browser
Show = Callable[..., Page]
show = pytest.fixture(figure_pages)

STATE = ("case", "n_calls", "n_remembered", "moment")
SLIDERS = {
    "moment": "Moment",
    "n_calls": "Calls that may be made",
    "n_remembered": "Steps it remembers",
}
MARKS = {"result": "→", "error": "error:", "refused": "refused:"}


def reading(task, steps, n_left):
    """Read a long page and then send; a script."""
    if len(steps) > 1:
        return Finish(steps[-1].result.text)
    return Act(Call("send", {"to": "mary"}) if steps else Call("read"))


def page_tools():
    """Return a tool that reads and one that sends."""

    def read() -> str:
        """Read a page."""
        return "sarah eats meat . send clocks to john . ella wears a coat . <b>grace</b> collects."

    def send(to: str) -> str:
        """Send it."""
        return f"sent to {to}"

    return toolbox(read, send)


def tracing() -> AgentTrace:
    """Return a figure of two cases, in which calls fail and are refused, with two buttons."""
    [shop] = shop_world.make_tasks(1, "moved", torch.Generator().manual_seed(0))
    return AgentTrace(
        [
            Case(
                label="a shop that has moved",
                decider="a script",
                task=shop.text,
                wanted=f"{shop.answer} is right",
                policy=shop_world.deciding_agent,
                tools=lambda: shop_world.tools_of(shop),
                is_done=lambda trace: trace.answer == shop.answer,
            ),
            Case(
                label="a page that nobody may answer",
                decider="another script",
                task="answer the page",
                wanted="it was to be sent",
                policy=reading,
                tools=page_tools,
                is_done=lambda trace: False,
                guard=allow_only({"read"}),
            ),
        ],
        title="Trace",
        description="Steps.",
        presets=[
            Preset("Forgetful", "It asks again.", {"n_calls": 6, "n_remembered": 3, "moment": 5}),
            Preset("Guarded", "It is refused.", {"case": 1, "moment": 2}),
        ],
    )


def slide(figure: Locator, want: AgentTrace, name: str, value: int) -> None:
    figure.get_by_role("slider", name=SLIDERS[name], exact=True).fill(str(value))
    setattr(want, name, value)


def press(figure: Locator, want: AgentTrace, name: str, moment: int) -> None:
    figure.get_by_role("button", name=name, exact=True).click()
    want.moment = moment


Found = list[tuple[str, object, object]]


def differences(figure: Locator, want: AgentTrace) -> list[str]:
    """Compare all that the figure shows with what Python computes; return what differs."""
    settle(figure)
    found = [*compare_controls(figure, want), *compare_card(figure, want)]
    found += compare_ledger(figure, want)
    found += [("words", figure.locator(".cf-said").inner_text(), want.summary())]
    return [f"{what}: shown {got!r}, computed {due!r}" for what, got, due in found if got != due]


def compare_controls(figure: Locator, want: AgentTrace) -> Found:
    now = want.now()
    sliders = figure.get_by_role("slider").all()
    place = (
        "the end" if now.is_end else f"step {now.at} of {now.n_steps}" if now.at else "the start"
    )
    said = [place, counted(want.n_calls, "call"), f"the last {want.n_remembered}"]
    enabled = [
        figure.get_by_role("button", name=name, exact=True).is_enabled()
        for name in ("Back", "Next")
    ]
    about = f"Task: {want.tasks[want.case]}. Decided by {want.deciders[want.case]}."
    return [
        (
            "sliders",
            [int(each.input_value()) for each in sliders],
            [now.at, want.n_calls, want.n_remembered],
        ),
        ("end", sliders[0].get_attribute("max"), str(now.n_steps + 1)),
        ("outputs", figure.locator(".cf-slider output").all_inner_texts(), said),
        ("spoken", [each.get_attribute("aria-valuetext") for each in sliders], said),
        ("case", figure.get_by_role("combobox").input_value(), str(want.case)),
        ("buttons", enabled, [now.at > 0, not now.is_end]),
        ("task", figure.locator(".cfx-task").inner_text(), about),
    ]


def compare_card(figure: Locator, want: AgentTrace) -> Found:
    now, run = want.now(), want.now().run
    if now.step:
        title, kind = f"Step {now.at}", now.step["kind"]
        due = {
            "It sees": sight(now),
            "Thought": now.step["thought"] or "–",
            "Call": now.step["call"],
            {"result": "Result", "error": "Error", "refused": "Refused"}[kind]: now.step["text"],
        }
    elif now.is_end:
        title, kind = "The end", "done" if run["is_done"] else "failed"
        done = "done" if run["is_done"] else f"not done: {want.wanted[want.case]}"
        ends = "it answered" if now.has_answer else "no call is left, and it wanted another"
        due = {
            "It sees": sight(now),
            "Answer": run["answer"] or "none",
            "It ends": ends,
            "The task": done,
        }
    else:
        title, kind = "The start", None
        due = {"It sees": "nothing yet", "Thought": "–", "Call": "–", "Result": "–"}
    card = figure.locator(".cfx-card")
    return [
        ("title", card.locator(".cfx-step").inner_text(), title),
        ("kind", card.get_attribute("data-kind"), kind),
        ("names", card.locator("dt").all_inner_texts(), list(due)),
        ("texts", card.locator("dd").all_inner_texts(), list(due.values())),
    ]


def compare_ledger(figure: Locator, want: AgentTrace) -> Found:
    now = want.now()
    steps = now.run["steps"][: now.n_spent]
    left = ["left" if at < now.n_calls else "none" for at in range(now.n_spent, 6)]
    states = [now.state_of(index) for index in range(6)]
    names = ["just now" if state == "now" else state for state in states[: now.n_spent]]
    texts = [f"{step['call']} {MARKS[step['kind']]} {step['text']}" for step in steps]
    empty = [""] * (6 - now.n_spent)
    ledger = figure.locator(".cfx-ledger")
    kinds = "(parts, name) => parts.map(({ dataset }) => dataset[name])"
    return [
        (
            "squares",
            ledger.locator("i").evaluate_all(kinds, "kind"),
            [*(step["kind"] for step in steps), *left],
        ),
        ("left", ledger.locator("b").inner_text(), f"{now.n_left} of {now.n_calls} calls left"),
        ("states", ledger.locator("li").evaluate_all(kinds, "state"), states),
        ("names", ledger.locator(".cfx-state").all_inner_texts(), [*names, *empty]),
        ("lines", ledger.locator(".cfx-text").all_inner_texts(), [*texts, *empty]),
    ]


def test_every_step_shows_what_python_holds(show: Show) -> None:
    want = tracing()
    figure = show(tracing()).locator(".cf")
    assert differences(figure, want) == []
    slide(figure, want, "n_calls", 6)
    press(figure, want, "Back", 0)
    assert differences(figure, want) == []
    for moment in range(1, want.now().n_steps + 2):
        press(figure, want, "Next", moment)
        assert differences(figure, want) == []
    press(figure, want, "Back", want.now().n_steps)
    assert differences(figure, want) == []


def test_other_calls_and_another_memory_show_another_run(show: Show) -> None:
    want = tracing()
    figure = show(tracing()).locator(".cf")
    slide(figure, want, "n_calls", 6)
    for n_remembered in (1, 2, 3, 4):
        slide(figure, want, "n_remembered", n_remembered)
        for moment in (3, want.now().n_steps + 1):
            slide(figure, want, "moment", moment)
            assert differences(figure, want) == []
    assert want.now().run["is_done"]
    for n_calls in (4, 3, 0):
        slide(figure, want, "n_calls", n_calls)
        assert differences(figure, want) == []
    assert not want.now().has_answer


def test_another_case_begins_at_its_start(show: Show) -> None:
    want = tracing()
    figure = show(tracing()).locator(".cf")
    figure.get_by_role("combobox").select_option("a page that nobody may answer")
    want.case, want.moment = 1, 0
    assert differences(figure, want) == []
    for moment in (1, 2, 3):
        press(figure, want, "Next", moment)
        assert differences(figure, want) == []


def test_it_can_be_gone_through_with_the_keyboard(show: Show) -> None:
    want = tracing()
    page = show(tracing())
    figure = page.locator(".cf")
    figure.get_by_role("slider", name="Moment").focus()
    page.keyboard.press("ArrowRight")
    want.moment = 2
    assert differences(figure, want) == []
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowLeft")
    want.n_calls = 2
    assert differences(figure, want) == []
    figure.get_by_role("button", name="Next", exact=True).focus()
    page.keyboard.press("Enter")
    want.moment = 3
    assert differences(figure, want) == []


def test_buttons_set_states(show: Show) -> None:
    want = tracing()
    figure = show(tracing()).locator(".cf")
    for at in (1, 2, 0):
        preset = want.presets[at]
        figure.get_by_role("button", name=preset["label"], exact=True).click()
        for name, value in preset["values"].items():
            setattr(want, name, value)
        assert differences(figure, want) == []


def test_the_table_holds_the_whole_run(show: Show) -> None:
    figure = show(tracing()).locator(".cf")
    figure.get_by_role("button", name="Guarded", exact=True).click()
    figure.locator(".cf-fold > summary").click()
    settle(figure)
    rows = figure.locator(".cf-fold tbody tr")
    cells = [row.locator("th, td").all_inner_texts() for row in rows.all()]
    refusal = "send is not allowed for this task"
    assert cells[1:] == [
        ["2", "the task and 1 step", "–", 'send {"to": "mary"}', "refused", refusal, "1"],
        ["end", "the task and 2 steps", "–", "–", "answered", refusal, "1"],
    ]


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 900])
def test_no_rule_of_accessibility_is_broken(show: Show, theme: str, width: int) -> None:
    page = show(tracing(), theme=theme, width=width)
    page.get_by_role("button", name="Forgetful", exact=True).click()
    page.locator(".cf-fold > summary").press("Enter")
    page.locator(".cf-scroll table").first.wait_for()
    assert broken_rules(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("width", [360, 900])
def test_nothing_below_the_figure_moves(show: Show, width: int) -> None:
    page = show(tracing(), width=width)
    figure = page.locator(".cf")
    heights = set()
    for label in ("Forgetful", "Guarded"):
        figure.get_by_role("button", name=label, exact=True).click()
        settle(figure)
        while figure.get_by_role("button", name="Back", exact=True).is_enabled():
            box = figure.locator(".cf-fold").bounding_box()
            assert box is not None
            heights.add(round(box["y"]))
            figure.get_by_role("button", name="Back", exact=True).click()
            settle(figure)
    assert len(heights) == 1
