"""The cache calculator in a static page without a kernel: moved, seen to change, and right."""

import itertools
import math
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page

from course_lib.figures.cache_calculator import CacheCalculator
from course_lib.figures.calculator_numbers import CONTEXTS, CacheNumbers
from course_lib.figures.formats import byte_size, percent, thousands
from tests.book.figure_page import broken_rules, figure_pages, settle

pytestmark = pytest.mark.browser
Show = Callable[..., Page]
show = pytest.fixture(figure_pages)
SPACE = "\N{NO-BREAK SPACE}"

SETTINGS = {
    "a busy service": ("LLaMA 3.1 8B", {"batch_size": 16, "seq_len": 32_768}),
    "one sequence": ("LLaMA 2 7B", {"batch_size": 1, "seq_len": 4096, "card_gb": 16}),
    "a window in all layers": ("Mistral 7B (v0.1)", {"batch_size": 16, "seq_len": 100_000}),
    "in every second layer": (
        "Gemma 2 27B",
        {"batch_size": 8, "seq_len": 16_384, "cache_bytes_each": 0.5},
    ),
    "in 5 of 6": ("Qwen3 0.6B", {"window": 1000, "window_pattern": "5/6", "n_layers": 13}),
    "a shorter context than the window": ("Mistral 7B (v0.1)", {"seq_len": 999, "card_gb": 24}),
    "experts": ("Mixtral 8x7B", {"batch_size": 3, "weight_bytes_each": 1, "card_gb": 141}),
    "small": ("GPT-2 small", {"batch_size": 1, "seq_len": 1, "cache_bytes_each": 4}),
    "one key/value head": ("Gemma 2B", {"batch_size": 100, "seq_len": 8192, "card_gb": 24}),
    "off the chart": ("LLaMA 2 70B", {"batch_size": 1024, "seq_len": 1_048_576}),
    # 2 · 5 · 1 · 50 · 2 bytes: a token takes 1.00 kB, not 1,000 bytes.
    "round numbers": ("LLaMA 3.1 8B", {"n_layers": 5, "n_kv_heads": 1, "d_head": 50}),
    "a changed shape": ("GPT-2 XL", {"n_kv_heads": 5, "d_head": 96, "bandwidth_gb_per_s": 3350}),
}


def make(setting: str) -> CacheCalculator:
    name, options = SETTINGS[setting]
    return CacheCalculator(name, **options)


def differences(figure: Locator, want: CacheCalculator) -> list[str]:
    """Compare all that the figure shows with what Python computes; return what differs."""
    settle(figure)
    now, found = want.numbers(), []

    def compare(what: str, got: object, expected: object) -> None:
        if got != expected:
            found.append(f"{what}: shown {got!r}, computed {expected!r}")

    def number(selector: str, name: str) -> float:
        return float(figure.locator(selector).get_attribute(f"data-{name}"))

    sizes = {"token": now.token, "sequence": now.sequence, "cache": now.batch}
    for name, size in (sizes | {"weights": now.weights}).items():
        tile = f'[data-size="{name}"]'
        compare(name, number(tile, "bytes"), pytest.approx(size, rel=1e-8))
        compare(f"{name} in short", figure.locator(tile).inner_text(), byte_size(size))
    compare("read by a step", number("[data-read]", "read"), pytest.approx(now.read, rel=1e-8))
    compare("ceiling", number("[data-rate]", "rate"), pytest.approx(now.tokens_per_s, rel=1e-8))
    compare("share", number("[data-share]", "share"), pytest.approx(now.card_share, rel=1e-8))
    fit = figure.locator("[data-fit]")
    compare("fit", fit.get_attribute("data-fit"), "null" if now.n_fit is None else str(now.n_fit))
    share = percent(now.card_share, 1 if now.card_share < 1 else 0)
    compare(
        "share in words", fit.inner_text().split(" of the card; ")[0], f"Weights and cache: {share}"
    )
    compare("summary", figure.locator(".cf-said").inner_text(), want.summary())
    compare("speed", figure.locator(".kv-speed p").inner_text(), want.speed())
    compare("the sum", computed_sum(figure), now.batch)
    return found + chart_differences(figure, want, now)


def computed_sum(figure: Locator) -> float:
    """Do the sum that the figure writes out; its factors stand above their names."""
    parts = figure.locator(".kv-sum > *").all_inner_texts()
    total, product = 0.0, 1.0
    for part in parts[:-1]:
        first = part.split()[0]
        if first in "+=":
            total, product = total + product, 1.0
        elif first != "·":
            product *= 0.5 if first == "½" else int(first.replace(",", ""))
    written = int(parts[-1].split()[0].replace(",", ""))
    return total if total == written else math.nan


def chart_differences(figure: Locator, want: CacheCalculator, now: CacheNumbers) -> list[str]:
    """Compare where curves and points are drawn with where the axes put their numbers."""
    left, top, width, height = figure.locator(".kv-lines").evaluate(
        "(r) => ['x', 'y', 'width', 'height'].map((name) => Number(r.getAttribute(name)))"
    )

    def place(tokens: float, size: float) -> list[float]:
        # 128 to 2²⁰ tokens, 1 MB to 10 TB.
        across = math.log2(tokens / 128) / 13
        up = (math.log10(size) - 6) / 7
        return [left + width * across, top + height * (1 - up)]

    found = []
    drawn = figure.locator(".kv-curve").evaluate_all(
        """(all) => all.map((each) =>
            [each.dataset.name, each.getAttribute("d").match(/[-\\d.]+/g).map(Number)])"""
    )
    for name, flat in drawn:
        points = pairs(flat)
        for tokens, size in zip(CONTEXTS, now.curves[name], strict=True):
            x, y = place(tokens, size)
            at = min(points, key=lambda drawn_x: abs(drawn_x - x))
            if abs(at - x) > 0.01 or abs(points[at] - y) > 0.01:
                found.append(f"curve {name} at {tokens}: ({at}, {points[at]}), computed ({x}, {y})")
    if sorted(now.curves) != sorted(name for name, _ in drawn):
        found.append(f"curves {drawn}")
    inside = {
        ".kv-point": (want.seq_len, now.batch),
        ".kv-crossing": (now.crossing or 0, now.weights),
    }
    for selector, (tokens, size) in inside.items():
        expected = 128 <= tokens <= 2**20 and 1e6 <= size <= 1e13
        circle = figure.locator(selector)
        if circle.count() != expected:
            found.append(f"{circle.count()} of {selector}")
        elif expected:
            at = [float(circle.get_attribute(name)) for name in ("cx", "cy")]
            if at != pytest.approx(place(tokens, size), abs=0.01):
                found.append(f"{selector} at {at}, computed {place(tokens, size)}")
    return found


def pairs(flat: list[float]) -> dict[float, float]:
    return dict(zip(flat[::2], flat[1::2], strict=True))


def label_faults(figure: Locator) -> list[str]:
    """Return the labels of the chart that leave it, and the pairs that cover each other."""
    settle(figure)
    boxes = figure.locator(".kv-label").evaluate_all(
        """(all) => all.map((each) => {
            const { x, y, width, height } = each.getBBox();
            return [each.textContent, x, y, width, height];
        })"""
    )
    assert len(boxes) >= 2
    room = figure.locator(".kv-svg").evaluate("(drawing) => drawing.clientWidth")
    found = [words for words, x, _, length, _ in boxes if x < 0 or x + length > room + 1]
    for (one, x, y, w, t), (other, a, b, c, d) in itertools.combinations(boxes, 2):
        # Boxes of text hold room above and below its letters.
        if not (x + w <= a or a + c <= x or y + t <= b + 5 or b + d <= y + 5):
            found.append(f"“{one}” and “{other}”")
    return found


def slider(figure: Locator, name: str) -> Locator:
    return figure.get_by_role("slider", name=name)


def question(figure: Locator) -> str:
    return figure.locator(".cf-try p span:not([data-off])").inner_text()


def unfold(figure: Locator) -> None:
    figure.get_by_text("Its shape:").click()


class TestWhatIsShown:
    @pytest.mark.parametrize("setting", SETTINGS)
    @pytest.mark.parametrize("width", [360, 900])
    def test_every_number_agrees_with_python(self, show: Show, setting: str, width: int) -> None:
        calculator = make(setting)
        figure = show(calculator, width=width).locator(".cf")
        assert differences(figure, calculator) == []

    def test_every_model_of_the_list_agrees_with_python(self, show: Show) -> None:
        calculator = CacheCalculator(batch_size=7, seq_len=5000)
        figure = show(calculator).locator(".cf")
        names = [model["name"] for model in calculator.models]
        assert figure.get_by_label("Model").locator("option").all_inner_texts() == names
        for name in names:
            figure.get_by_label("Model").select_option(name)
            calculator.choose(name)
            assert differences(figure, calculator) == []

    @pytest.mark.parametrize("setting", ["a busy service", "in every second layer"])
    def test_the_table_holds_sizes_and_curves(self, show: Show, setting: str) -> None:
        calculator = make(setting)
        now = calculator.numbers()
        figure = show(calculator).locator(".cf")
        figure.get_by_text("The numbers as a table").press("Enter")
        figure.locator(".cf-scroll table").last.wait_for()
        sizes, curves = figure.locator(".cf-scroll table").all()
        rows = [row.locator("td").all_inner_texts() for row in sizes.locator("tbody tr").all()]
        want = [now.token, now.sequence, now.batch, now.weights, now.read]
        want.append(round(now.read / calculator.batch_size))
        assert rows == [[thousands(size), byte_size(size)] for size in want]
        heads = curves.locator("thead th").all_inner_texts()
        names = {
            "as it is": "this cache",
            "MHA": "32 KV heads, MHA",
            "MQA": "1 KV head, MQA",
            "no window": "without window",
        }
        assert heads == ["tokens", *(names[name] for name in now.curves)]
        rows = [row.locator("th, td").all_inner_texts() for row in curves.locator("tbody tr").all()]
        columns = list(zip(CONTEXTS, *now.curves.values(), strict=True))
        assert rows == [[thousands(row[0]), *map(byte_size, row[1:])] for row in columns]

    def test_the_sum_is_written_with_the_reader_s_numbers(self, show: Show) -> None:
        figure = show(make("a busy service")).locator(".cf")
        words = " ".join(figure.locator(".kv-sum").inner_text().split())
        assert words == (
            "2 keys, values · 32 layers · 8 KV heads · 128 wide · 16 sequences · 32,768 tokens · "
            "2 bytes = 68,719,476,736 bytes 68.7 GB, or 64.0 GiB"
        )

    @pytest.mark.parametrize("setting", SETTINGS)
    @pytest.mark.parametrize("width", [320, 900])
    def test_no_label_covers_another(self, show: Show, setting: str, width: int) -> None:
        assert label_faults(show(make(setting), width=width).locator(".cf")) == []

    @pytest.mark.parametrize("width", [320, 360])
    def test_on_a_phone_no_label_of_any_model_covers_another(self, show: Show, width: int) -> None:
        calculator = CacheCalculator()
        figure = show(calculator, width=width).locator(".cf")
        found = []
        for model in calculator.models:
            figure.get_by_label("Model").select_option(model["name"])
            for batch_size in (1, 8, 64):
                figure.get_by_role("spinbutton", name="Sequences").fill(str(batch_size))
                found += [(model["name"], batch_size, each) for each in label_faults(figure)]
        assert found == []


class TestMoving:
    def test_keys_move_context_and_batch(self, show: Show) -> None:
        calculator = make("a busy service")
        figure = show(calculator).locator(".cf")
        context, batch = slider(figure, "Context"), slider(figure, "Sequences")
        for control, key, name, value in (
            (context, "ArrowRight", "seq_len", 40_960),
            (context, "ArrowUp", "seq_len", 49_152),
            (batch, "ArrowLeft", "batch_size", 14),
            (context, "Home", "seq_len", 128),
            (context, "End", "seq_len", 1_048_576),
            (batch, "End", "batch_size", 1024),
            (batch, "Home", "batch_size", 1),
        ):
            control.press(key)
            setattr(calculator, name, value)
            assert differences(figure, calculator) == []
        assert context.get_attribute("aria-valuetext") == "1,048,576 tokens"
        assert batch.get_attribute("aria-valuetext") == "1 sequence"
        assert figure.get_by_label("Context, tokens a sequence").first.input_value() == "1048576"

    def test_numbers_between_the_steps_may_be_typed(self, show: Show) -> None:
        calculator = make("a busy service")
        figure = show(calculator).locator(".cf")
        figure.get_by_role("spinbutton", name="Context").fill("5000")
        figure.get_by_role("spinbutton", name="Sequences").fill("13")
        figure.get_by_role("spinbutton", name="Memory bandwidth").fill("3350")
        calculator.seq_len, calculator.batch_size = 5000, 13
        calculator.bandwidth_gb_per_s = 3350
        assert differences(figure, calculator) == []
        assert slider(figure, "Context").get_attribute("aria-valuetext") == "5,000 tokens"

    @pytest.mark.parametrize("wrong", ["", "0", "1.5", "-3", "1048577"])
    def test_what_does_not_fit_is_said_and_changes_nothing(self, show: Show, wrong: str) -> None:
        calculator = make("a busy service")
        figure = show(calculator).locator(".cf")
        box = figure.get_by_role("spinbutton", name="Context")
        box.fill(wrong)
        assert box.get_attribute("aria-invalid") == "true"
        alert = figure.locator(".kv-drag [role=alert]").last
        assert alert.inner_text() == "A whole number from 1 to 1,048,576."
        assert differences(figure, calculator) == []
        box.blur()
        assert (box.input_value(), alert.inner_text()) == ("32768", "")

    def test_a_finger_or_a_mouse_in_the_chart_moves_the_context(self, show: Show) -> None:
        calculator = make("a busy service")
        page = show(calculator, has_touch=True, width=360)
        figure = page.locator(".cf")
        figure.locator(".kv-svg").scroll_into_view_if_needed()
        box = figure.locator(".kv-svg").bounding_box()
        y = box["y"] + 200
        places = [
            box["x"] + float(point.get_attribute("cx"))
            for point in figure.locator(".kv-crossing").all()
        ]
        page.touchscreen.tap(places[0], y)  # the crossing, at 7,659: 7,168 is the nearest step
        calculator.seq_len = 7168
        assert differences(figure, calculator) == []
        page.mouse.move(places[0], y)
        page.mouse.down()
        page.mouse.move(box["x"] + 5, y, steps=4)
        page.mouse.up()
        calculator.seq_len = 128
        assert differences(figure, calculator) == []
        page.mouse.move(places[0], y)  # let go: nothing follows
        assert differences(figure, calculator) == []

    def test_a_shape_is_changed_and_reset(self, show: Show) -> None:
        calculator = make("a busy service")
        figure = show(calculator).locator(".cf")
        unfold(figure)
        reset = figure.get_by_role("button", name="Reset the shape")
        assert reset.is_disabled()
        figure.get_by_role("spinbutton", name="Layers").fill("7")
        figure.get_by_role("spinbutton", name="Width of a head").fill("96")
        figure.get_by_role("spinbutton", name="Window").fill("512")
        figure.get_by_label("Windowed layers").select_option("every second")
        heads = figure.get_by_label("Key/value heads")
        assert heads.locator("option").all_inner_texts() == [
            *("1 (MQA)", "2", "4", "8", "16", "32 (MHA)"),
        ]
        heads.select_option("32 (MHA)")
        figure.get_by_label("Numbers of the cache").select_option("int4: ½ byte")
        figure.get_by_label("Weights", exact=True).select_option("int8: 1 byte")
        calculator.n_layers, calculator.d_head, calculator.n_kv_heads = 7, 96, 32
        calculator.window, calculator.window_pattern = 512, "1/2"
        calculator.cache_bytes_each, calculator.weight_bytes_each = 0.5, 1
        assert differences(figure, calculator) == []
        reset.click()
        calculator.choose("LLaMA 3.1 8B")
        assert differences(figure, calculator) == []
        assert figure.get_by_label("Windowed layers").is_disabled()

    def test_the_summary_of_the_shape_follows(self, show: Show) -> None:
        figure = show(make("in every second layer")).locator(".cf")
        shape = figure.get_by_text("Its shape:")
        assert shape.inner_text() == (
            "Its shape: 46 layers, 16 key/value heads for 32 query heads, 128 wide; "
            "a window of 4,096 tokens in 23 layers"
        )
        figure.get_by_label("Model").select_option("Gemma 2B")
        settle(figure)
        assert shape.inner_text().endswith(
            "1 key/value head for 8 query heads, 256 wide; no window"
        )

    def test_each_try_shows_its_setting_and_its_question(self, show: Show) -> None:
        calculator = make("in 5 of 6")
        figure = show(calculator).locator(".cf")
        for each in [*calculator.presets[1:], calculator.presets[0]]:
            button = figure.get_by_role("button", name=each["label"])
            button.click()
            calculator.choose(**each["values"])
            assert differences(figure, calculator) == []
            assert button.get_attribute("aria-pressed") == "true"
            assert question(figure) == each["see"]
        assert figure.locator("[aria-pressed=true]").count() == 1

    def test_a_question_stays_while_the_reader_follows_it(self, show: Show) -> None:
        calculator = make("one sequence")
        figure = show(calculator).locator(".cf")
        start, chat, *_ = calculator.presets
        figure.get_by_role("button", name=chat["label"]).click()
        slider(figure, "Context").press("Home")
        settle(figure)
        assert figure.locator(".cf-try [aria-pressed=true]").count() == 0
        assert question(figure) == chat["see"]
        figure.get_by_role("button", name="Start").click()
        slider(figure, "Context").press("End")
        settle(figure)
        assert question(figure) == start["see"]

    def test_of_two_buttons_that_set_the_same_the_one_pressed_is_shown(self, show: Show) -> None:
        figure = show(make("a busy service")).locator(".cf")  # as in “A busy chat service”
        pressed = figure.locator(".cf-try [aria-pressed=true]")
        settle(figure)
        assert pressed.all_inner_texts() == ["Start"]
        figure.get_by_role("button", name="A busy chat service").click()
        settle(figure)
        assert pressed.all_inner_texts() == ["A busy chat service"]
        assert question(figure).startswith("Drag the context")

    def test_the_card_is_chosen_by_key(self, show: Show) -> None:
        calculator = make("a busy service")
        figure = show(calculator).locator(".cf")
        figure.get_by_role("radio", name="80 GB").press("ArrowLeft")
        calculator.card_gb = 24
        assert differences(figure, calculator) == []
        figure.get_by_role("radio", name="24 GB").press("ArrowLeft")
        calculator.card_gb = 16
        assert differences(figure, calculator) == []

    def test_the_bar_is_cut_as_the_card_is(self, show: Show) -> None:
        calculator = make("a busy service")
        figure = show(calculator).locator(".cf")
        for batch_size in (16, 4):  # over the card, and within
            calculator.batch_size = batch_size
            figure.get_by_role("spinbutton", name="Sequences").fill(str(batch_size))
            settle(figure)
            now = calculator.numbers()
            whole = max(80e9, now.weights + now.batch)
            widths = figure.locator(".kv-bar").evaluate(
                """(bar) => [...bar.children].map(
                    ({ style }) => parseFloat(style.width || style.left))"""
            )
            want = [100 * part / whole for part in (now.weights, now.batch, 80e9)]
            assert widths == pytest.approx(want, abs=1e-3)

    def test_two_views_of_one_figure_move_together(self, show: Show) -> None:
        calculator = make("a busy service")
        figures = show(calculator, calculator).locator(".cf")
        slider(figures.nth(0), "Context").press("End")
        calculator.seq_len = 1_048_576
        assert differences(figures.nth(1), calculator) == []


class TestForEveryone:
    @pytest.mark.parametrize("theme", ["light", "dark"])
    @pytest.mark.parametrize("width", [320, 900])
    def test_no_rule_of_accessibility_is_broken(self, show: Show, theme: str, width: int) -> None:
        page = show(make("in every second layer"), make("off the chart"), theme=theme, width=width)
        for fold in page.locator(".cf-fold > summary").all():
            fold.press("Enter")
        page.locator(".cf-scroll table").first.wait_for()
        page.get_by_role("button", name="A busy chat service").first.click()
        page.get_by_role("spinbutton", name="Layers").first.fill("0")
        assert broken_rules(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width

    def test_everything_is_reached_with_the_tab_key(self, show: Show) -> None:
        page = show(make("a busy service"))
        unfold(page.locator(".cf"))
        page.get_by_label("Windowed layers").wait_for()
        page.evaluate("document.activeElement.blur()")
        reached = set()
        for _ in range(40):
            page.keyboard.press("Tab")
            reached.add(
                page.evaluate(
                    "document.activeElement.id || document.activeElement.getAttribute('aria-label')"
                    " || document.activeElement.value || document.activeElement.textContent"
                ).rpartition("-")[2]
            )
        assert {
            *("A busy chat service", "Heads that share nothing", "A sliding window", "80"),
            *("model_name", "cache_bytes_each", "weight_bytes_each", "n_layers", "n_kv_heads"),
            *("d_head", "window", "batch_size", "seq_len", "bandwidth_gb_per_s"),
            *("Sequences at a time (batch)", "Context, tokens a sequence"),
        } <= reached

    def test_colours_follow_the_theme_at_once(self, show: Show) -> None:
        page = show(make("a busy service"))
        figure = page.locator(".cf")
        colours = """(figure) => [".kv-curve[data-name='as it is']", ".kv-level"]
            .map((part) => getComputedStyle(figure.querySelector(part)).stroke)"""
        light = figure.evaluate(colours)
        page.evaluate("document.documentElement.dataset.theme = 'dark'")
        settle(figure)
        assert set(figure.evaluate(colours)).isdisjoint(light)

    def test_lines_are_told_apart_without_colour(self, show: Show) -> None:
        figure = show(make("in every second layer")).locator(".cf")
        strokes = figure.locator(".kv-curve, .kv-level").evaluate_all(
            """(all) => all.map((each) => {
                const { strokeDasharray, strokeWidth } = getComputedStyle(each);
                return `${strokeDasharray} ${strokeWidth}`;
            })"""
        )
        assert len(strokes) == len(set(strokes)) == 6

    def test_a_screen_reader_hears_the_sentence_when_the_reader_rests(self, show: Show) -> None:
        figure = show(make("a busy service")).locator(".cf")
        slider(figure, "Context").press("Home")
        figure.get_by_role("status").get_by_text("16 sequences of 128 tokens").wait_for(
            state="attached", timeout=3000
        )
        name = figure.get_by_role("img").get_attribute("aria-label")
        assert name == (
            f"Chart: the cache of 16 sequences grows from 268{SPACE}MB at 128 tokens to "
            f"2.20{SPACE}TB at 1,048,576."
        )

    def test_on_paper_the_chart_and_the_words_remain(self, show: Show) -> None:
        calculator = make("a busy service")
        page = show(calculator)
        page.emulate_media(media="print")
        figure = page.locator(".cf")
        for part in (".kv-svg", ".cf-said", ".kv-sum", ".kv-tiles", ".kv-bar"):
            assert figure.locator(part).is_visible()
        assert differences(figure, calculator) == []
