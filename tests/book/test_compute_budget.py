"""The compute budget in a static page without a kernel: used, and seen to say what Python does."""

import math
from collections.abc import Callable

import numpy as np
import pytest
from playwright.sync_api import Locator, Page

from course_lib.figures.budget_numbers import split_at
from course_lib.figures.compute_budget import (
    AS_PUBLISHED,
    FITTED_ANEW,
    PUBLISHED_LAWS,
    ComputeBudget,
    Training,
    situations,
)
from course_lib.figures.formats import fixed, large_count, significant
from course_lib.figures.powers import scientific
from course_lib.training.compute_optimal import JointLaw
from tests.book.figure_page import broken_rules, figure_pages, press_presets, settle

pytestmark = pytest.mark.browser
Show = Callable[..., Page]
show = pytest.fixture(figure_pages)

STATE = ("law_name", "flops", "n_parameters", "at_optimum", "teraflops", "utilisation")
CLOSE = {"rel": 1e-8}  # nine digits are written of each number
OURS = JointLaw(floor=1.1, size_scale=9.0, data_scale=20.0, size_exponent=0.4, data_exponent=0.5)


def budget(**options: object) -> ComputeBudget:
    """Return the public figure with its three situations."""
    return ComputeBudget(**{"flops": 5.88e23, "presets": situations()} | options)


def own_fit(**options: object) -> ComputeBudget:
    """Return a figure of small trainings with a law of their own beside the published ones."""
    laws = {"our fit": OURS} | PUBLISHED_LAWS
    trainings = [
        Training(name="smallest", n_parameters=2e3, n_tokens=1e6),
        Training(name="largest", n_parameters=4e5, n_tokens=6e7),
    ]
    settings = {"flops": 1e13, "budgets": (1e9, 1e16), "trainings": trainings} | options
    return ComputeBudget(laws, **settings)


Found = list[tuple[str, object, object]]


def differences(figure: Locator, want: ComputeBudget) -> list[str]:
    """Compare all that the figure shows with what Python computes; return what differs."""
    settle(figure)
    found = [
        *compare_splits(figure, want),
        *compare_trainings(figure, want),
        *compare_controls(figure, want),
        *compare_points(figure, want),
        *compare_curves(figure, want),
    ]
    return [f"{what}: shown {got!r}, computed {due!r}" for what, got, due in found if got != due]


def number(cell: Locator) -> float:
    return float(cell.get_attribute("data-value"))


def compare_splits(figure: Locator, want: ComputeBudget) -> Found:
    now, found = want.numbers(), []
    for name, split in (("best", now.best), ("chosen", now.chosen)):
        each = split.n_tokens / split.n_parameters
        rows = {
            "parameters": (split.n_parameters, large_count(split.n_parameters)),
            "tokens": (split.n_tokens, large_count(split.n_tokens)),
            "each": (each, significant(each)),
            "loss": (split.loss, fixed(split.loss, 4)),
        }
        for row, (value, words) in rows.items():
            cell = figure.locator(f"[data-split={name}][data-number={row}]")
            found.append((f"{name} {row}", number(cell), pytest.approx(value, **CLOSE)))
            found.append((f"{name} {row} in words", cell.inner_text(), words.replace("\xa0", " ")))
    return found


def compare_trainings(figure: Locator, want: ComputeBudget) -> Found:
    found: Found = []
    beside = want.beside()
    rows = figure.locator(".cfb-models tbody tr").all()
    names = [row.get_by_role("button").inner_text() for row in rows]
    found.append(("trainings", names, list(beside)))
    for row, (name, now) in zip(rows, beside.items(), strict=True):
        cells = row.locator("td").all()
        each = now.chosen.n_tokens / now.chosen.n_parameters
        numbers = [each, now.ratio, now.lost]
        # The loss above the best is a difference of losses near 2.
        due = [pytest.approx(value, rel=1e-7, abs=1e-9) for value in numbers]
        found.append((name, [number(cell) for cell in cells], due))
        words = [significant(each), significant(now.ratio), fixed(now.lost, 4)]
        found.append((f"{name} in words", [cell.inner_text() for cell in cells], words))
    return found


def compare_controls(figure: Locator, want: ComputeBudget) -> Found:
    now = want.numbers()
    words = figure.locator(".cfb-machine > p")
    size = now.chosen.n_parameters
    places = {
        "flops": 50 * math.log10(want.flops / want.budgets[0]),
        "n_parameters": 50 * math.log10(size / want.sizes[0]),
        "utilisation": want.utilisation - 1,
    }
    found: Found = [
        ("law", figure.get_by_label("The law").input_value(), want.law_name),
        ("sentence", figure.locator(".cf-said").inner_text(), want.summary()),
        ("time", words.inner_text(), want.time()),
        (
            "seconds",
            float(words.get_attribute("data-seconds")),
            pytest.approx(now.seconds, rel=1e-8),
        ),
    ]
    for name, place in places.items():
        slider = figure.locator(f".cf-drag[data-name={name}]").get_by_role("slider")
        found.append(
            (f"slider {name}", float(slider.input_value()), pytest.approx(place, abs=0.51))
        )
    texts = {"flops": scientific(want.flops), "n_parameters": large_count(size)}
    for name, text in texts.items():
        slider = figure.locator(f".cf-drag[data-name={name}]").get_by_role("slider")
        found.append(
            (f"said {name}", slider.get_attribute("aria-valuetext").startswith(text), True)
        )
    best = figure.get_by_role("button", name="Take the best size")
    found.append(("best", best.get_attribute("aria-pressed"), str(want.at_optimum).lower()))
    return found


class Place:
    """Where the chart's axes put a size and a loss above the floor."""

    def __init__(self, figure: Locator, want: ComputeBudget) -> None:
        self.box = figure.locator(".cfb-lines").evaluate(
            "(r) => ['x', 'y', 'width', 'height'].map((name) => Number(r.getAttribute(name)))"
        )
        self.sizes, self.excess = want.sizes, want.excess

    def __call__(self, size: float, excess: float) -> list[float]:
        left, top, width, height = self.box
        across = math.log(size / self.sizes[0]) / math.log(self.sizes[1] / self.sizes[0])
        up = math.log(excess / self.excess[0]) / math.log(self.excess[1] / self.excess[0])
        return [left + width * across, top + height * (1 - up)]

    def inside(self, size: float, excess: float) -> bool:
        return self.sizes[0] <= size <= self.sizes[1] and self.excess[0] <= excess <= self.excess[1]


def compare_points(figure: Locator, want: ComputeBudget) -> Found:
    """Return the lowest point, the reader's, and the trainings' marks."""
    place, now, floor, found = Place(figure, want), want.numbers(), want.law.floor, []
    for look, split in (("cfb-low", now.best), ("cfb-point", now.chosen)):
        spot = split.n_parameters, split.loss - floor
        circle = figure.locator(f".{look}")
        found.append((look, circle.count(), int(place.inside(*spot))))
        if circle.count():
            at = [float(circle.get_attribute(name)) for name in ("cx", "cy")]
            found.append((f"{look} at", at, pytest.approx(place(*spot), abs=1e-3)))
    shown = {}
    for name, each in want.beside().items():
        spot = each.chosen.n_parameters, each.chosen.loss - floor
        if place.inside(*spot):
            shown[name] = pytest.approx(place(*spot), abs=1e-3)
    drawn = figure.locator(".cfb-training").evaluate_all(
        """(all) => Object.fromEntries(all.map((each) => {
            const [x, y] = each.getAttribute("d").match(/[-\\d.]+/g).map(Number);
            return [each.dataset.name, [x, y + 5]]; }))"""
    )
    found.append(("marks", drawn, shown))
    labels = figure.locator(".cfb-label[data-name='lost']")
    if labels.count():
        found.append(("lost", labels.text_content(), f"+{fixed(now.lost, 4)}"))
    return found


def compare_curves(figure: Locator, want: ComputeBudget) -> Found:
    """Return the curves of equal compute, and the line through where they are lowest."""
    place, law, found = Place(figure, want), want.law, []
    read = """(all) => all.map((each) =>
        each.getAttribute("d").slice(1).split("L").map((point) => point.split(",").map(Number)))"""
    powers = range(
        math.ceil(math.log10(want.budgets[0]) - 1e-9),
        math.floor(math.log10(want.budgets[1]) + 1e-9) + 1,
        2,
    )
    others = figure.locator(".cfb-other").evaluate_all(read)
    found.append(("thin curves", len(others), len(powers)))
    due = [want.flops, *(10.0**power for power in powers)]
    drawn = [*figure.locator(".cfb-curve").evaluate_all(read), *others]
    sizes = np.geomspace(*want.sizes, 161)[::20].tolist()
    for flops, points in zip(due, drawn, strict=True):
        expected = [place(size, split_at(law, flops, size).loss - law.floor) for size in sizes]
        found.append(
            (f"curve {flops:g}", points[::20], [pytest.approx(p, abs=0.011) for p in expected])
        )
    (line,) = figure.locator(".cfb-best").evaluate_all(read)
    bests = [law.best_split(flops) for flops in want.budgets]
    ends = [place(best.n_parameters, best.loss - law.floor) for best in bests]
    found.append(("line of the best", line, [pytest.approx(end, abs=0.011) for end in ends]))
    return found


def slide(figure: Locator, want: ComputeBudget, name: str, place: int) -> None:
    """Move a slider to a place, as its keys and a mouse do."""
    figure.locator(f".cf-drag[data-name={name}]").get_by_role("slider").fill(str(place))
    if name == "utilisation":
        want.utilisation = place + 1
        return
    low, high = want.budgets if name == "flops" else want.sizes
    value = float(f"{low * 10 ** (place / 50):.3g}")
    set_number(want, name, min(high, max(low, value)))


def set_number(want: ComputeBudget, name: str, value: float) -> None:
    setattr(want, name, value)
    if name == "n_parameters":
        want.at_optimum = False


def write(figure: Locator, want: ComputeBudget, name: str, text: str) -> None:
    figure.locator(f".cf-drag[data-name={name}]").get_by_role("spinbutton").fill(text)
    set_number(want, name, int(text) if name == "utilisation" else float(text))


class TestUse:
    def test_sliders(self, show: Show) -> None:
        want = budget()
        figure = show(want).locator(".cf")
        assert differences(figure, want) == []
        for name, place in [
            ("flops", 0), ("flops", 400), ("flops", 137), ("n_parameters", 0),
            ("n_parameters", 350), ("flops", 333), ("n_parameters", 201), ("utilisation", 0),
            ("utilisation", 99),
        ]:  # fmt: skip
            slide(figure, want, name, place)
            assert differences(figure, want) == []

    def test_the_size_follows_the_best_until_it_is_chosen_and_again_after(self, show: Show) -> None:
        want = budget()
        figure = show(want).locator(".cf")
        slide(figure, want, "flops", 100)
        assert want.at_optimum
        slide(figure, want, "n_parameters", 250)
        slide(figure, want, "flops", 300)
        assert differences(figure, want) == []
        figure.get_by_role("button", name="Take the best size").click()
        want.at_optimum = True
        assert differences(figure, want) == []
        assert "That is the size chosen." in figure.locator(".cf-said").inner_text()

    def test_keys(self, show: Show) -> None:
        want = budget(n_parameters=7e10)
        figure = show(want).locator(".cf")
        slider = figure.get_by_role("slider", name="Budget")
        # 5.88e23 stands nearest to place 288, 5.75e23.
        for key, value in [("ArrowRight", 6.03e23), ("Home", 1e18), ("End", 1e26)]:
            slider.press(key)
            want.flops = value
            assert differences(figure, want) == []
        assert slider.get_attribute("aria-valuetext") == f"{scientific(1e26)} operations"

    def test_fields(self, show: Show) -> None:
        want = budget()
        figure = show(want).locator(".cf")
        for name, text in [
            ("flops", "1.234e21"), ("n_parameters", "7.6543e9"), ("utilisation", "37"),
            ("n_parameters", "1000000"),
        ]:  # fmt: skip
            write(figure, want, name, text)
            assert differences(figure, want) == []
        figure.get_by_label("TFLOP/s").fill("0.05")
        want.teraflops = 0.05
        assert differences(figure, want) == []
        assert figure.get_by_label("Accelerator").input_value() == ""
        figure.get_by_label("Accelerator").select_option("A100")
        want.teraflops = 312.0
        assert differences(figure, want) == []

    @pytest.mark.parametrize(
        ("name", "text", "fault"),
        [
            ("flops", "1e30", "from 1.00 × 10¹⁸ to 1.00 × 10²⁶; 6e23 is 6 × 10²³."),
            ("n_parameters", "0", "from 1.00 × 10⁶ to 1.00 × 10¹³"),
            ("utilisation", "1.5", "A whole number from 1 to 100."),
            ("flops", "", "A number from"),
        ],
    )
    def test_what_does_not_fit_is_said_and_changes_nothing(
        self, show: Show, name: str, text: str, fault: str
    ) -> None:
        want = budget()
        figure = show(want).locator(".cf")
        drag = figure.locator(f".cf-drag[data-name={name}]")
        field = drag.get_by_role("spinbutton")
        before = field.input_value()
        field.fill(text)
        assert fault in drag.get_by_role("alert").inner_text().replace("\xa0", " ")
        assert field.get_attribute("aria-invalid") == "true"
        assert differences(figure, want) == []
        field.blur()
        assert drag.get_by_role("alert").inner_text() == ""
        assert field.input_value() == before

    def test_laws(self, show: Show) -> None:
        want = budget(n_parameters=7e10)
        figure = show(want).locator(".cf")
        for name in (AS_PUBLISHED, FITTED_ANEW):
            figure.get_by_label("The law").select_option(name)
            want.law_name = name
            assert differences(figure, want) == []

    def test_trainings_are_taken_by_their_names(self, show: Show) -> None:
        want = budget()
        figure = show(want).locator(".cf")
        for each in want.trainings:
            button = figure.locator(".cfb-models").get_by_role("button", name=each["name"])
            button.click()
            want.flops = float(f"{6 * each['n_parameters'] * each['n_tokens']:.4g}")
            want.n_parameters, want.at_optimum = each["n_parameters"], False
            assert differences(figure, want) == []
            assert button.get_attribute("aria-pressed") == "true"

    def test_presets(self, show: Show) -> None:
        want = budget()
        figure = show(want).locator(".cf")
        for button in press_presets(figure, want):
            assert differences(figure, want) == []
            assert button.get_attribute("aria-pressed") == "true"
        figure.get_by_role("button", name="GPT-3’s budget").click()
        slide(figure, want, "n_parameters", 230)
        settle(figure)
        asked = figure.locator(".cf-try span:not([data-off])").inner_text()
        assert asked == want.presets[1]["see"]  # stays while the reader does it


def at_size(figure: Locator, want: ComputeBudget, size: float) -> tuple[float, float]:
    """Return where on the page the chart has a size, half-way up."""
    box = figure.locator(".cfb-svg").bounding_box()
    x, _ = Place(figure, want)(size, want.excess[1])
    return box["x"] + x, box["y"] + box["height"] / 2


class TestChart:
    def test_a_drag_moves_the_size(self, show: Show) -> None:
        want = budget()
        page = show(want)
        figure = page.locator(".cf")
        figure.locator(".cfb-svg").scroll_into_view_if_needed()
        page.mouse.click(*at_size(figure, want, 1e10))
        set_number(want, "n_parameters", 1e10)
        assert differences(figure, want) == []
        page.mouse.move(*at_size(figure, want, 1e10))
        page.mouse.down()
        page.mouse.move(*at_size(figure, want, 10 ** (7 + 1 / 50)))
        page.mouse.up()
        set_number(want, "n_parameters", 1.05e7)
        assert differences(figure, want) == []
        page.mouse.move(*at_size(figure, want, 1e11))  # no button is pressed
        assert differences(figure, want) == []
        x, y = at_size(figure, want, 1e13)
        page.mouse.click(x + 8, y)  # beyond the end
        set_number(want, "n_parameters", 1e13)
        assert differences(figure, want) == []

    def test_a_tap(self, show: Show) -> None:
        want = budget()
        page = show(want, width=360, has_touch=True, is_mobile=True)
        figure = page.locator(".cf")
        figure.locator(".cfb-svg").scroll_into_view_if_needed()
        page.touchscreen.tap(*at_size(figure, want, 1e9))
        settle(figure)
        chosen = number(figure.locator("[data-split=chosen][data-number=parameters]"))
        assert chosen == pytest.approx(1e9, rel=0.06)  # a pixel is 5 %
        set_number(want, "n_parameters", chosen)
        assert differences(figure, want) == []

    def test_ticks_stand_where_their_numbers_say(self, show: Show) -> None:
        want = budget()
        figure = show(want).locator(".cf")
        place, seen = Place(figure, want), 0
        for tick in figure.locator(".cfb-axis text").all():
            text, anchor = tick.text_content(), tick.get_attribute("text-anchor")
            at = [float(tick.get_attribute(name)) for name in ("x", "y")]
            if anchor == "end":
                assert at[1] - 4 == pytest.approx(place(1e9, float(text))[1], abs=0.01)
            elif anchor == "middle" and text[-1] in "MBT":
                size = float(text[:-1]) * {"M": 1e6, "B": 1e9, "T": 1e12}[text[-1]]
                assert at[0] == pytest.approx(place(size, 1.0)[0], abs=0.01)
            else:
                continue
            seen += 1
        assert seen == 8 + 5  # sizes from 1M to 10T; 0.03, 0.1, 0.3, 1, 3

    @pytest.mark.parametrize("width", [320, 390, 900])
    def test_no_label_leaves_the_chart_or_covers_another(self, show: Show, width: int) -> None:
        want = budget()
        figure = show(want, width=width).locator(".cf")
        for preset in want.presets:
            figure.get_by_role("button", name=preset["label"], exact=True).click()
            settle(figure)
            assert figure.evaluate(FAULTS) == []


# Labels outside the chart, and pairs of labels that cover each other.
FAULTS = """(figure) => {
    const inside = figure.querySelector(".cfb-chart").getBoundingClientRect();
    const boxes = [...figure.querySelectorAll(".cfb-svg text")].map((node) =>
        [node.textContent, node.getBoundingClientRect()]);
    const outside = boxes.filter(([, p]) => p.left < inside.left - 1 || p.right > inside.right + 1);
    const meet = (p, q) => p.left < q.right - 1 && q.left < p.right - 1
        && p.top < q.bottom - 5 && q.top < p.bottom - 5;
    const covered = boxes.flatMap(([a, p], i) =>
        boxes.slice(i + 1).filter(([, q]) => meet(p, q)).map(([b]) => [a, b]));
    return [...outside.map(([name]) => name), ...covered]; }"""


class TestOwnFit:
    def test_a_law_of_the_caller_s_own(self, show: Show) -> None:
        want = own_fit()
        figure = show(want).locator(".cf")
        assert differences(figure, want) == []
        slide(figure, want, "flops", 10)
        slide(figure, want, "n_parameters", 90)
        assert differences(figure, want) == []
        figure.get_by_label("The law").select_option(AS_PUBLISHED)
        want.law_name = AS_PUBLISHED
        assert differences(figure, want) == []
        assert "NaN" not in figure.inner_html()

    def test_without_trainings_there_is_no_table_of_them(self, show: Show) -> None:
        want = own_fit(trainings=[])
        figure = show(want).locator(".cf")
        assert differences(figure, want) == []
        assert figure.locator(".cfb-models").is_hidden()


class TestForEveryone:
    @pytest.mark.parametrize("theme", ["light", "dark"])
    @pytest.mark.parametrize("width", [320, 900])
    def test_no_rule_of_accessibility_is_broken(self, show: Show, theme: str, width: int) -> None:
        page = show(budget(), own_fit(), theme=theme, width=width)
        page.get_by_role("button", name="GPT-3’s budget").click()
        for fold in page.locator(".cf-fold > summary").all():
            fold.press("Enter")
        page.locator(".cf-fold table").first.wait_for()
        page.locator(".cf-drag[data-name=flops] [role=alert]").first.wait_for(state="attached")
        assert broken_rules(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width

    def test_the_table_of_numbers(self, show: Show) -> None:
        want = budget(n_parameters=175e9)
        figure = show(want).locator(".cf")
        figure.get_by_text("The numbers as a table").press("Enter")
        tables = figure.locator(".cf-fold table")
        tables.nth(2).wait_for()
        splits, law, trainings = tables.evaluate_all(
            """(all) => all.map((t) =>
                [...t.tBodies[0].rows].map((r) => [...r.cells].map((c) => c.textContent)))"""
        )
        now = want.numbers()
        assert splits == [
            [name, large_count(s.n_parameters), large_count(s.n_tokens),
             significant(s.n_tokens / s.n_parameters), fixed(s.loss, 4)]
            for name, s in (("best", now.best), ("chosen", now.chosen))
        ]  # fmt: skip
        assert [float(each) for each in law[0]] == [1.8172, 482.01, 2085.4, 0.3478, 0.3658]
        beside = want.beside()
        assert [row[0] for row in trainings] == list(beside)
        assert [row[-1] for row in trainings] == [fixed(each.lost, 4) for each in beside.values()]
        assert [row[-2] for row in trainings] == [
            large_count(each.best.n_parameters) for each in beside.values()
        ]

    @pytest.mark.parametrize("width", [320, 900])
    def test_what_a_finger_meets_is_large_enough(self, show: Show, width: int) -> None:
        page = show(budget(), width=width, has_touch=True, is_mobile=True)
        small = page.evaluate(
            """() => [...document.querySelectorAll(
                ".cf button, .cf select, .cf input, .cf summary")].map((node) => {
                    const { width, height } = node.getBoundingClientRect();
                    return [node.outerHTML.slice(0, 90), width, height];
                }).filter(([, width, height]) => width && (width < 24 || height < 28))"""
        )
        assert small == []

    def test_the_keyboard_reaches_everything_in_the_order_of_reading(self, show: Show) -> None:
        page = show(budget())
        page.locator(".cf-try button").first.focus()
        reached = []
        for _ in range(21):
            reached.append(
                page.evaluate(
                    """() => { const { ariaLabel, labels, textContent } = document.activeElement;
                    return ariaLabel ?? labels?.[0]?.textContent.trim() ?? textContent; }"""
                )
            )
            page.keyboard.press("Tab")
        names = [name or page_name for name, page_name in zip(reached, reached, strict=True)]
        assert names[:10] == [
            *("Start", "GPT-3’s budget", "Chinchilla, two fits", "A small model, long trained"),
            "The law, L = E + A/Nα + B/Dβ",
            *("Budget (C), operations",) * 2,
            *("Size (N), parameters",) * 2,
            "Take the best size",
        ]
        assert names[-5:] == [
            *("Accelerator", "TFLOP/s at best"),
            *("Of which it reaches, %",) * 2,
            "The numbers as a table",
        ]

    def test_colours_follow_the_theme_and_paper_is_light(self, show: Show) -> None:
        page = show(budget(n_parameters=1e10))
        figure = page.locator(".cf")
        colours = """(figure) => [
            [".cfb-curve", "stroke"], [".cfb-point", "stroke"], [".cfb-training", "fill"],
            [".cfb-axis text", "fill"], [".cfb-label", "fill"],
        ].map(([name, part]) => getComputedStyle(figure.querySelector(name))[part])"""
        light = figure.evaluate(colours)
        page.evaluate("document.documentElement.dataset.theme = 'dark'")
        settle(figure)
        dark = figure.evaluate(colours)
        assert all(a != b for a, b in zip(light, dark, strict=True))
        page.emulate_media(media="print")
        settle(figure)
        assert figure.evaluate(colours) == light
        assert not figure.get_by_role("slider").first.is_visible()
        assert figure.locator(".cfb-splits").is_visible()

    def test_the_colours_of_the_system_are_used_where_it_dictates_them(self, show: Show) -> None:
        page = show(budget(n_parameters=1e10), forced_colors="active", color_scheme="dark")
        figure = page.locator(".cf")
        settle(figure)
        highlight, link = page.evaluate(
            """() => { const probe = document.body.appendChild(document.createElement("p"));
                return ["Highlight", "LinkText"].map((name) => {
                    probe.style.cssText = `forced-color-adjust: none; color: ${name}`;
                    return getComputedStyle(probe).color; }); }"""
        )
        stroke = "(node) => getComputedStyle(node).stroke"
        assert figure.locator(".cfb-curve").evaluate(stroke) == highlight
        assert figure.locator(".cfb-point").evaluate(stroke) == link

    def test_a_page_without_scripts_has_the_words(self, show: Show) -> None:
        want = budget()
        words = show(want, java_script_enabled=False).locator("main").inner_text()
        assert want.summary() in words
        assert "Loss above the best for the same compute: GPT-3 0.0162;" in words

    def test_nothing_moves_under_the_mouse_while_the_size_is_dragged(self, show: Show) -> None:
        want = budget()
        figure = show(want).locator(".cf")
        parts = figure.locator(".cf-drag, .cfb-chart, .cfb-splits")
        tops = "(all) => all.map((node) => node.getBoundingClientRect().top + scrollY)"
        before = parts.evaluate_all(tops)[:-1]
        for name, place in [("n_parameters", 0), ("flops", 0), ("flops", 400)]:
            slide(figure, want, name, place)
            settle(figure)
            assert parts.evaluate_all(tops)[:-1] == before
