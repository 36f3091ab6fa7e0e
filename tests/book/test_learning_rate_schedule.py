"""The learning-rate schedule in a static page: shaped, and seen to show what Python computes."""

import math
from collections.abc import Callable
from dataclasses import replace

import pytest
from playwright.sync_api import Locator, Page

from course_lib.figures.formats import percent, significant, thousands
from course_lib.figures.learning_rate_schedule import (
    LearningRateSchedule,
    Preset,
    ScheduleShape,
    two_schedules,
)
from course_lib.figures.powers import scientific
from course_lib.figures.schedule_numbers import KINDS, WITH_FLOOR
from tests.book.figure_page import broken_rules, figure_pages, press_presets, settle

pytestmark = pytest.mark.browser
Show = Callable[..., Page]
show = pytest.fixture(figure_pages)

STATE = ("shapes", "compared", "active", "step")
STAGED = "stable, then decay"
A = ScheduleShape(kind="cosine", n_warmup=400, n_steps=4000, n_decay=800, peak=3e-4, floor=3e-5)
B = replace(A, kind=STAGED, n_steps=3000, n_decay=600, peak=6e-4, floor=0.0)
CLOSE = {"rel": 1e-8, "abs": 1e-15}  # nine digits are written of each number


def schedule(*shapes: ScheduleShape, **options: object) -> LearningRateSchedule:
    """Return a figure of 5,000 steps and rates up to 0.001, with two buttons."""
    settings = {
        "max_steps": 5000,
        "max_rate": 1e-3,
        "step": 1500,
        "presets": [
            Preset("Two", "Shape B until both sums agree.", two_schedules(A, B), asks=True),
            Preset("Short", "A short warm-up.", two_schedules(replace(A, n_warmup=10))),
        ],
    } | options
    return LearningRateSchedule(*(shapes or (A,)), **settings)


def reshape(want: LearningRateSchedule, **values: object) -> None:
    """Change the schedule that is shaped."""
    index = want.active if want.compared else 0
    shapes = [dict(each) for each in want.shapes]
    shapes[index] |= values
    want.shapes = shapes


Found = list[tuple[str, object, object]]


def differences(figure: Locator, want: LearningRateSchedule) -> list[str]:
    """Compare all that the figure shows with what Python computes; return what differs."""
    settle(figure)
    found = [
        ("sentence", figure.locator(".cf-said").inner_text(), want.summary()),
        *compare_sums(figure, want),
        *compare_controls(figure, want),
        *compare_chart(figure, want),
    ]
    return [f"{what}: shown {got!r}, computed {due!r}" for what, got, due in found if got != due]


def compare_sums(figure: Locator, want: LearningRateSchedule) -> Found:
    found: Found = []
    for name, now in zip("AB", want.numbers(), strict=False):
        rows = {
            "rate": (now.rate, scientific(now.rate)),
            "area": (now.area, significant(now.area)),
            "ofPeak": (now.of_peak, percent(now.of_peak, 1)),
            "warmupShare": (now.warmup_share, percent(now.warmup_share, 1)),
        }
        for row, (value, words) in rows.items():
            cell = figure.locator(f"td[data-schedule={name}][data-number={row}]")
            shown = float(cell.get_attribute("data-value"))
            found.append((f"{name} {row}", shown, pytest.approx(value, **CLOSE)))
            found.append((f"{name} {row} in words", cell.inner_text(), words))
    second = figure.locator("td[data-schedule=B]:visible").count()
    return [*found, ("columns", second, 4 if want.compared else 0)]


def compare_controls(figure: Locator, want: LearningRateSchedule) -> Found:
    shape = want.shape(want.active if want.compared else 0)
    values = {
        "step": (want.step, want.max_steps / 500),
        "n_warmup": (shape.n_warmup, want.max_steps / 500),
        "n_steps": (shape.n_steps, want.max_steps / 500),
        "n_decay": (shape.n_decay, want.max_steps / 500),
        "peak": (shape.peak, want.max_rate / 200),
        "floor": (shape.floor, want.max_rate / 200),
    }
    found: Found = []
    for name, (value, grain) in values.items():
        drag = figure.locator(f".cf-drag[data-name={name}]")
        field, slider = drag.get_by_role("spinbutton"), drag.get_by_role("slider")
        written = float(field.input_value() or "nan")
        found.append((f"field {name}", written, pytest.approx(value, rel=1e-5)))
        place = float(slider.input_value())
        found.append((f"slider {name}", place, pytest.approx(value / grain, abs=0.51)))
        off = {"n_decay": shape.kind != STAGED, "floor": shape.kind not in WITH_FLOOR}
        found.append((f"{name} is off", field.is_disabled(), off.get(name, False)))
    kind = figure.get_by_label("Kind").input_value()
    both = figure.get_by_label("Compare two").is_checked()
    radios = figure.locator(".cfl-which input")
    if want.compared:
        found.append(("shaped", radios.nth(want.active).is_checked(), True))
    return [*found, ("kind", kind, shape.kind), ("both", both, want.compared)]


class Place:
    """Where the chart's axes put a step and a rate."""

    def __init__(self, figure: Locator, want: LearningRateSchedule) -> None:
        width = figure.locator(".cfl-svg").evaluate("(d) => Number(d.getAttribute('width'))")
        # Margins of the drawing: 70 and 18 at the sides, 46 and 40 above and below, of 350.
        self.left, self.width, self.top, self.height = 70, width - 88, 46, 264
        self.last, self.most = want.max_steps, want.max_rate

    def __call__(self, step: float, rate: float) -> list[float]:
        across = self.left + self.width * step / self.last
        return [across, self.top + self.height * (1 - rate / self.most)]


# Of each curve: steps and rates, and the points of its line, while training lasts and after.
CURVES = """(figure) => [...figure.querySelectorAll(".cfl-curve")].map((curve) => {
    const line = (node) => node.getAttribute("d").slice(1).split("L").map((point) =>
        point.split(" ").map(Number));
    const after = figure.querySelector(`.cfl-after[data-schedule=${curve.dataset.schedule}]`);
    const { schedule, points } = curve.dataset;
    return [schedule, JSON.parse(points), line(curve), line(after)]; })"""


def compare_chart(figure: Locator, want: LearningRateSchedule) -> Found:
    place, found = Place(figure, want), []
    drawn = figure.evaluate(CURVES)
    found.append(("curves", [each[0] for each in drawn], list("AB"[: 1 + want.compared])))
    for index, (name, points, line, after) in enumerate(drawn):
        shape = want.shape(index)
        rates = [pytest.approx(shape.rate(step), **CLOSE) for step, _ in points]
        found.append((f"rates of {name}", [rate for _, rate in points], rates))
        steps = [step for step, _ in points]
        corners = {0, want.max_steps, shape.n_warmup, shape.n_steps} <= set(steps)
        found.append((f"corners of {name}", corners, True))
        while_training = [place(step, shape.rate(step)) for step in steps if step <= shape.n_steps]
        later = [place(step, shape.rate(step)) for step in steps if step >= shape.n_steps]
        for what, got, due in (("line", line, while_training), ("after", after, later)):
            found.append((f"{what} of {name}", got, [pytest.approx(p, abs=0.006) for p in due]))
        point = figure.locator(f".cfl-point[data-schedule={name}]")
        at = [float(point.get_attribute(each)) for each in ("cx", "cy")]
        found.append((f"point {name}", at, pytest.approx(place(want.step, shape.rate(want.step)))))
        label = figure.locator(f".cfl-label[data-schedule={name}]").text_content()
        words = scientific(shape.rate(want.step))
        found.append((f"label {name}", label, f"{name}: {words}" if want.compared else words))
    shape = want.shape(want.active if want.compared else 0)
    ends = {"top": (shape.n_warmup, shape.peak)}
    if shape.kind == STAGED:
        ends["fall"] = (shape.n_steps - shape.n_decay, shape.peak)
    ends["end"] = (shape.n_steps, shape.floor if shape.kind in WITH_FLOOR else 0)
    handles = figure.locator(".cfl-handle").evaluate_all(
        """(all) => Object.fromEntries(all.map((each) =>
            [each.dataset.handle, [each.cx.baseVal.value, each.cy.baseVal.value]]))"""
    )
    due = {name: pytest.approx(place(*end), abs=1e-3) for name, end in ends.items()}
    return [*found, ("handles", handles, due)]


def slide(figure: Locator, want: LearningRateSchedule, name: str, place: int) -> None:
    figure.locator(f".cf-drag[data-name={name}]").get_by_role("slider").fill(str(place))
    if name == "step":
        want.step = 10 * place
    elif name in ("peak", "floor"):
        reshape(want, **{name: float(f"{place * 5e-6:.3g}")})
    else:
        reshape(want, **{name: 10 * place})


class TestUse:
    def test_sliders(self, show: Show) -> None:
        want = schedule()
        figure = show(want).locator(".cf")
        assert differences(figure, want) == []
        for name, place in [
            ("step", 0), ("step", 500), ("n_warmup", 0), ("n_warmup", 123), ("n_steps", 321),
            ("peak", 200), ("floor", 0), ("floor", 77), ("step", 60),
        ]:  # fmt: skip
            slide(figure, want, name, place)
            assert differences(figure, want) == []

    @pytest.mark.parametrize("kind", KINDS)
    def test_kinds(self, show: Show, kind: str) -> None:
        want = schedule()
        figure = show(want).locator(".cf")
        figure.get_by_label("Kind").select_option(kind)
        reshape(want, kind=kind)
        assert differences(figure, want) == []
        slide(figure, want, "n_warmup", 70)
        assert differences(figure, want) == []
        if kind == STAGED:
            slide(figure, want, "n_decay", 150)
            assert differences(figure, want) == []

    def test_what_no_longer_fits_gives_way_to_what_was_set_last(self, show: Show) -> None:
        want = schedule()
        figure = show(want).locator(".cf")
        figure.locator("[data-name=n_steps]").get_by_role("slider").fill("20")
        reshape(want, n_steps=200, n_warmup=199)
        assert differences(figure, want) == []
        figure.locator("[data-name=peak]").get_by_role("slider").fill("2")
        reshape(want, peak=1e-5, floor=1e-5)
        assert differences(figure, want) == []
        figure.get_by_label("Kind").select_option(STAGED)
        reshape(want, kind=STAGED, n_decay=1)
        assert differences(figure, want) == []
        figure.locator("[data-name=peak]").get_by_role("slider").fill("0")
        reshape(want, peak=5e-8, floor=5e-8)  # not 0: a share of nothing is no schedule
        assert differences(figure, want) == []

    def test_keys(self, show: Show) -> None:
        want = schedule()
        figure = show(want).locator(".cf")
        warmup = figure.get_by_role("slider", name="Warm-up")
        for key, value in [("ArrowRight", 410), ("ArrowDown", 400), ("Home", 0), ("End", 3999)]:
            warmup.press(key)
            reshape(want, n_warmup=value)
            assert differences(figure, want) == []
        assert warmup.get_attribute("aria-valuetext") == "3,999 steps"

    def test_fields(self, show: Show) -> None:
        want = schedule()
        figure = show(want).locator(".cf")
        for name, text, value in [
            ("peak", "1.5e-4", 1.5e-4), ("floor", "0", 0.0), ("n_steps", "3333", 3333),
            ("n_warmup", "7", 7), ("step", "3333", 3333),
        ]:  # fmt: skip
            figure.locator(f"[data-name={name}]").get_by_role("spinbutton").fill(text)
            if name == "step":
                want.step = value
            else:
                reshape(want, **{name: value})
            assert differences(figure, want) == []
        assert ", after the end." in figure.locator(".cf-said").inner_text()

    @pytest.mark.parametrize(
        ("name", "text", "fault"),
        [
            ("n_warmup", "4000", "A whole number from 0 to 3,999."),
            ("n_steps", "1", "A whole number from 2 to 5,000."),
            ("floor", "4e-4", "A number from 0 to 3.00 × 10⁻⁴; 3e-4 is 3 × 10⁻⁴."),
            ("step", "2.5", "A whole number from 0 to 5,000."),
        ],
    )
    def test_what_does_not_fit_is_said_and_changes_nothing(
        self, show: Show, name: str, text: str, fault: str
    ) -> None:
        want = schedule()
        figure = show(want).locator(".cf")
        drag = figure.locator(f"[data-name={name}]")
        drag.get_by_role("spinbutton").fill(text)
        assert drag.get_by_role("alert").inner_text().replace("\xa0", " ") == fault
        assert figure.locator(".cf-said").inner_text() == want.summary()
        drag.get_by_role("spinbutton").blur()
        assert drag.get_by_role("alert").inner_text() == ""
        assert differences(figure, want) == []

    def test_two_schedules_are_shaped_apart(self, show: Show) -> None:
        want = schedule()
        figure = show(want).locator(".cf")
        figure.get_by_label("Compare two").check()
        want.compared, want.active = True, 1
        assert differences(figure, want) == []
        slide(figure, want, "peak", 150)
        figure.get_by_label("Kind").select_option("inverse square root")
        reshape(want, kind="inverse square root")
        assert differences(figure, want) == []
        figure.get_by_role("radio", name="B").press("ArrowLeft")
        want.active = 0
        slide(figure, want, "n_warmup", 10)
        assert differences(figure, want) == []
        figure.get_by_label("Compare two").uncheck()
        want.compared = False
        slide(figure, want, "floor", 20)
        assert differences(figure, want) == []

    def test_presets(self, show: Show) -> None:
        want = schedule()
        figure = show(want).locator(".cf")
        for button in press_presets(figure, want):
            assert differences(figure, want) == []
            assert button.get_attribute("aria-pressed") == "true"
        figure.get_by_role("button", name="Two").click()
        slide(figure, want, "step", 10)
        settle(figure)
        asked = figure.locator(".cf-try span:not([data-off])").inner_text()
        assert asked == "Shape B until both sums agree."


def at(figure: Locator, want: LearningRateSchedule, step: int, rate: float) -> tuple[float, float]:
    box = figure.locator(".cfl-svg").bounding_box()
    x, y = Place(figure, want)(step, rate)
    return box["x"] + x, box["y"] + y


class TestChart:
    def drag(
        self,
        page: Page,
        want: LearningRateSchedule,
        start: tuple[int, float],
        end: tuple[int, float],
    ) -> None:
        figure = page.locator(".cf")
        figure.locator(".cfl-svg").scroll_into_view_if_needed()
        page.mouse.move(*at(figure, want, *start))
        page.mouse.down()
        page.mouse.move(*at(figure, want, *end), steps=3)
        page.mouse.up()

    def test_handles(self, show: Show) -> None:
        want = schedule(A, B)
        page = show(want)
        figure = page.locator(".cf")
        self.drag(page, want, (400, 3e-4), (1000, 4.5e-4))
        reshape(want, n_warmup=1000, peak=4.5e-4)
        assert differences(figure, want) == []
        self.drag(page, want, (4000, 3e-5), (3500, 1e-4))
        reshape(want, n_steps=3500, floor=1e-4)
        assert differences(figure, want) == []
        figure.get_by_role("radio", name="B").check()
        want.active = 1
        self.drag(page, want, (2400, 6e-4), (1500, 9e-4))  # across only
        reshape(want, n_decay=1500)
        assert differences(figure, want) == []
        self.drag(page, want, (400, 6e-4), (400, -1e-4))  # below the axis: not to nothing
        reshape(want, peak=5e-6)
        assert differences(figure, want) == []

    def test_elsewhere_the_upright_line_follows(self, show: Show) -> None:
        want = schedule()
        page = show(want)
        figure = page.locator(".cf")
        self.drag(page, want, (2000, 8e-4), (2600, 5e-4))
        want.step = 2600
        assert differences(figure, want) == []
        self.drag(page, want, (2600, 8e-4), (6000, 5e-4))  # beyond the end
        want.step = 5000
        assert differences(figure, want) == []
        page.mouse.move(*at(figure, want, 1000, 8e-4))  # no button is pressed
        assert differences(figure, want) == []

    def test_a_finger_moves_a_handle_and_taps_a_step(self, show: Show) -> None:
        want = schedule()
        page = show(want, width=390, has_touch=True, is_mobile=True)
        figure = page.locator(".cf")
        figure.locator(".cfl-svg").scroll_into_view_if_needed()
        page.touchscreen.tap(*at(figure, want, 2500, 8e-4))
        settle(figure)
        step = int(figure.locator("[data-name=step] input[type=number]").input_value())
        assert step == pytest.approx(2500, abs=20)  # a pixel is 19 steps
        want.step = step
        assert differences(figure, want) == []
        assert finger_moves_handle(page, figure)

    def test_ticks_stand_where_their_numbers_say(self, show: Show) -> None:
        want = schedule()
        figure = show(want).locator(".cf")
        place, seen = Place(figure, want), 0
        for tick in figure.locator(".cfl-axis text").all():
            text, x = tick.text_content(), float(tick.get_attribute("x"))
            if tick.get_attribute("text-anchor") == "end":
                rates = {scientific(part / 5 * 1e-3, 2): part / 5 * 1e-3 for part in range(6)}
                y = float(tick.get_attribute("y")) - 4
                assert y == pytest.approx(place(0, rates[text])[1], abs=0.01)
            elif text.replace(",", "").isdigit():
                assert x == pytest.approx(place(int(text.replace(",", "")), 0)[0], abs=0.01)
            else:
                continue
            seen += 1
        assert seen == 12

    @pytest.mark.parametrize("width", [320, 390, 900])
    @pytest.mark.parametrize("place", [0, 250, 500])
    def test_no_words_leave_the_chart_or_cover_each_other(
        self, show: Show, width: int, place: int
    ) -> None:
        want = schedule(A, B)
        figure = show(want, width=width).locator(".cf")
        slide(figure, want, "step", place)
        settle(figure)
        assert figure.evaluate(FAULTS) == []


def finger_moves_handle(page: Page, figure: Locator) -> bool:
    """Touch the first handle; say whether the page is kept from scrolling away with it."""
    return figure.locator(".cfl-svg").evaluate(
        """(drawing) => {
            const { left, top } = drawing.getBoundingClientRect();
            const { cx, cy } = drawing.querySelector(".cfl-handle");
            const touch = new Touch({ identifier: 1, target: drawing,
                clientX: left + cx.baseVal.value + 9, clientY: top + cy.baseVal.value });
            const event = new TouchEvent("touchstart", { touches: [touch], cancelable: true });
            drawing.dispatchEvent(event);
            return event.defaultPrevented; }"""
    )


FAULTS = """(figure) => {
    const inside = figure.querySelector(".cfl-chart").getBoundingClientRect();
    const boxes = [...figure.querySelectorAll(".cfl-svg text")].map((node) =>
        [node.textContent, node.getBoundingClientRect()]);
    const outside = boxes.filter(([, p]) => p.left < inside.left - 1 || p.right > inside.right + 1);
    const meet = (p, q) => p.left < q.right - 1 && q.left < p.right - 1
        && p.top < q.bottom - 5 && q.top < p.bottom - 5;
    const covered = boxes.flatMap(([a, p], i) =>
        boxes.slice(i + 1).filter(([, q]) => meet(p, q)).map(([b]) => [a, b]));
    return [...outside.map(([name]) => name), ...covered]; }"""


class TestForEveryone:
    @pytest.mark.parametrize("theme", ["light", "dark"])
    @pytest.mark.parametrize("width", [320, 900])
    def test_no_rule_of_accessibility_is_broken(self, show: Show, theme: str, width: int) -> None:
        page = show(schedule(), schedule(A, B), theme=theme, width=width)
        for fold in page.locator(".cf-fold > summary").all():
            fold.press("Enter")
        page.locator(".cf-fold table").nth(3).wait_for()
        assert broken_rules(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width

    def test_the_table_of_numbers(self, show: Show) -> None:
        want = schedule(A, B)
        figure = show(want).locator(".cf")
        figure.get_by_text("The numbers as a table").press("Enter")
        tables = figure.locator(".cf-fold table")
        tables.nth(1).wait_for()
        shapes, rates = tables.evaluate_all(
            """(all) => all.map((t) =>
                [...t.tBodies[0].rows].map((r) => [...r.cells].map((c) => c.textContent)))"""
        )
        assert shapes == [
            ["A", "cosine", "400", "4,000", "–", scientific(3e-4), scientific(3e-5)],
            ["B", STAGED, "400", "3,000", "600", scientific(6e-4), "0"],
        ]
        assert rates == [
            [thousands(step), scientific(A.rate(step)), scientific(B.rate(step))]
            for step in range(0, 5001, 500)
        ]

    @pytest.mark.parametrize("width", [320, 900])
    def test_what_a_finger_meets_is_large_enough(self, show: Show, width: int) -> None:
        page = show(schedule(A, B), width=width, has_touch=True, is_mobile=True)
        small = page.evaluate(
            """() => [...document.querySelectorAll(".cf button, .cf select, .cf summary, " +
                ".cf input:not([type=checkbox], [type=radio]), .cfl-top label:has(input)")]
                .map((node) => {
                    const { width, height } = node.getBoundingClientRect();
                    return [node.outerHTML.slice(0, 90), width, height];
                }).filter(([, width, height]) => width && (width < 24 || height < 28))"""
        )
        assert small == []

    def test_the_keyboard_reaches_everything_in_the_order_of_reading(self, show: Show) -> None:
        page = show(schedule(B, A))
        page.locator(".cf-try button").first.focus()
        reached = []
        for _ in range(19):
            reached.append(
                page.evaluate(
                    """() => { const { ariaLabel, labels, textContent } = document.activeElement;
                    return ariaLabel ?? labels?.[0]?.textContent.trim() ?? textContent; }"""
                )
            )
            page.keyboard.press("Tab")
        lengths = ("Read the rate at step", "Warm-up, steps", "Whole training, steps")
        fields = (*lengths, "Decay at the end, steps", "Peak rate", "Floor, rate at the end")
        assert reached == [
            *("Start", "Two", "Short", "Compare two", "A", "Kind"),
            *(name for name in fields for _ in range(2)),
            "The numbers as a table",
        ]

    def test_colours_follow_the_theme_and_paper_is_light(self, show: Show) -> None:
        page = show(schedule(A, B))
        figure = page.locator(".cf")
        colours = """(figure) => [
            [".cfl-curve[data-schedule=A]", "stroke"], [".cfl-curve[data-schedule=B]", "stroke"],
            [".cfl-axis text", "fill"], [".cfl-area", "fill"], [".cfl-handle", "stroke"],
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
        assert figure.locator(".cfl-sums").is_visible()

    def test_the_colours_of_the_system_are_used_where_it_dictates_them(self, show: Show) -> None:
        page = show(schedule(A, B), forced_colors="active", color_scheme="dark")
        figure = page.locator(".cf")
        settle(figure)
        highlight, link = page.evaluate(
            """() => { const probe = document.body.appendChild(document.createElement("p"));
                return ["Highlight", "LinkText"].map((name) => {
                    probe.style.cssText = `forced-color-adjust: none; color: ${name}`;
                    return getComputedStyle(probe).color; }); }"""
        )
        stroke = "(node) => getComputedStyle(node).stroke"
        curve = figure.locator(".cfl-curve")
        assert [each.evaluate(stroke) for each in curve.all()] == [highlight, link]

    def test_a_page_without_scripts_has_the_words(self, show: Show) -> None:
        want = schedule(A, B)
        words = show(want, java_script_enabled=False).locator("main").inner_text()
        assert want.summary() in words

    def test_nothing_moves_under_the_mouse_while_something_is_dragged(self, show: Show) -> None:
        want = schedule(A, B)
        figure = show(want).locator(".cf")
        parts = figure.locator(".cf-drag, .cfl-chart, .cfl-sums")
        tops = "(all) => all.map((node) => node.getBoundingClientRect().top + scrollY)"
        before = parts.evaluate_all(tops)
        for name, place in [("step", 500), ("n_warmup", 0), ("peak", 200), ("floor", 0)]:
            slide(figure, want, name, place)
            settle(figure)
            assert parts.evaluate_all(tops) == before

    def test_an_edge_of_two_steps_and_a_peak_at_the_end_of_the_axis(self, show: Show) -> None:
        edge = ScheduleShape(kind="linear", n_warmup=1, n_steps=2, n_decay=1, peak=1e-3, floor=0.0)
        want = schedule(edge, step=1, max_steps=2, presets=[])
        figure = show(want).locator(".cf")
        settle(figure)
        assert figure.locator(".cf-said").inner_text() == want.summary()
        assert "NaN" not in figure.inner_html()
        assert math.isclose(want.numbers()[0].area, 2e-3)
