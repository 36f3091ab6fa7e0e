"""The parameter calculator in a static page without a kernel: changed, followed, and right."""

import json
import math
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page

from course_lib.figures.formats import byte_size, large_count, percent, thousands
from course_lib.figures.parameter_calculator import ParameterCalculator
from course_lib.figures.parameter_numbers import FORMATS, PARTS
from course_lib.figures.parameter_words import sum_in_words
from tests.book.figure_page import broken_rules, figure_pages, settle

pytestmark = pytest.mark.browser
Show = Callable[..., Page]
show = pytest.fixture(figure_pages)

SETTINGS = {
    "as published": ("GPT-2 small", {}),
    "every bias and a head of its own": (
        "LLaMA 2 7B",
        {"tied": False, "attention_bias": "all", "ffn_bias": True, "positions": "learned"},
    ),
    "gates and experts": (
        "GPT-2 XL",
        {"gated": True, "n_experts": 7, "n_chosen": 3, "norm": "rms", "seq_len": 99},
    ),
    "an encoder and a decoder": ("T5 small", {"gated": True, "positions": "relative"}),
    "odd sizes": (
        "Qwen3 0.6B",
        {"n_layers": 1, "d_model": 7, "n_heads": 9, "n_kv_heads": 3, "d_head": 5, "d_ff": 11},
    ),
    "as large as it goes": (
        "Mixtral 8x7B",
        {"n_layers": 200, "d_model": 65_536, "d_ff": 262_144, "n_experts": 256, "n_chosen": 255,
         "vocab_size": 1_000_000, "seq_len": 1_048_576},
    ),
}  # fmt: skip
# All that is shown, read in one go: a test compares it dozens of times.
SHOWN = """(figure) => {
    const all = (part, read) => [...figure.querySelectorAll(part)].map(read);
    const text = (node) => node.textContent;
    const operations = figure.querySelector("[data-flops]");
    return {
        tiles: all(".kv-tiles dd", ({ dataset, textContent }) =>
            [dataset.size, Number(dataset.count), textContent]),
        parts: all(".cpc-parts li", (part) => [part.dataset.part, Number(part.dataset.count),
            Number(part.dataset.share), parseFloat(part.querySelector("i").style.width),
            ...[".cpc-name > span", ".cpc-sum"].map((name) => text(part.querySelector(name)))]),
        said: text(figure.querySelector(".cf-said")),
        operations: text(operations),
        flops: Number(operations.dataset.flops), training: Number(operations.dataset.training),
    };
}"""


def make(setting: str) -> ParameterCalculator:
    name, options = SETTINGS[setting]
    return ParameterCalculator(name, **options)


def differences(figure: Locator, want: ParameterCalculator) -> list[str]:
    """Compare all that the figure shows with what Python computes; return what differs."""
    settle(figure)
    now, shape, shown = want.numbers(), want.shape(), figure.evaluate(SHOWN)
    sizes = [[name, now.total * size, byte_size(now.total * size)] for name, size in FORMATS]
    parts = []
    for part in PARTS:
        count, share = now.parts[part], now.parts[part] / now.total
        words = f"{thousands(count)} {percent(share, 1)}"
        numbers = [count, pytest.approx(share, rel=1e-8), pytest.approx(100 * share, abs=1e-3)]
        parts.append([part, *numbers, words, sum_in_words(part, shape, now.terms[part])])
    due = {
        "tiles": [["total", now.total, large_count(now.total)], *sizes],
        "parts": parts,
        "said": want.summary(),
        "operations": want.operations(),
        "flops": now.flops,
        "training": now.training_flops,
    }
    return [
        f"{name}: shown {shown[name]!r}, computed {each!r}"
        for name, each in due.items()
        if shown[name] != each
    ]


def computed_sum(written: str) -> int:
    """Do a sum as the figure writes it: products of numbers, each with words behind it."""
    total = 0
    for product in written.split(" + "):
        factors = [
            factor.split()[0].rstrip(":").replace(",", "") for factor in product.split(" · ")
        ]
        total += math.prod(map(int, factors))
    return total


def field(figure: Locator, name: str) -> Locator:
    return figure.get_by_role("spinbutton", name=name)


def models_of(figure: Locator) -> Locator:
    return figure.get_by_label("Model", exact=True)


def unfold(figure: Locator) -> None:
    figure.get_by_text("The rest of its shape:").click()


class TestWhatIsShown:
    @pytest.mark.parametrize("setting", SETTINGS)
    def test_every_number_agrees_with_python(self, show: Show, setting: str) -> None:
        calculator = make(setting)
        figure = show(calculator).locator(".cf")
        assert differences(figure, calculator) == []

    def test_every_model_of_the_list_agrees_with_python(self, show: Show) -> None:
        calculator = ParameterCalculator(seq_len=500)
        figure = show(calculator).locator(".cf")
        names = [model["name"] for model in calculator.models]
        assert models_of(figure).locator("option").all_inner_texts() == names
        for name in names:
            models_of(figure).select_option(name)
            calculator.choose(name)
            assert differences(figure, calculator) == []

    @pytest.mark.parametrize("setting", SETTINGS)
    def test_the_sums_that_are_written_give_the_counts(self, show: Show, setting: str) -> None:
        calculator = make(setting)
        figure = show(calculator).locator(".cf")
        settle(figure)
        sums = figure.locator(".cpc-sum").all_inner_texts()
        counts = calculator.numbers().parts
        assert [computed_sum(each) for each in sums] == [counts[part] for part in PARTS]

    @pytest.mark.parametrize("setting", ["as published", "gates and experts"])
    def test_the_table_holds_parts_products_and_operations(self, show: Show, setting: str) -> None:
        calculator = make(setting)
        figure = show(calculator).locator(".cf")
        figure.get_by_text("The numbers as a table").press("Enter")
        figure.locator(".cf-scroll table").last.wait_for()
        parts, products, operations = figure.locator(".cf-scroll table").evaluate_all(
            """(all) => all.map((table) => [...table.tBodies[0].rows].map((row) =>
                [...row.cells].map((cell) => cell.textContent)))"""
        )
        now = calculator.numbers()
        rows = now.parts | {"all": now.total}
        if now.used < now.total:
            rows["met by a token"] = now.used
        assert parts == [
            [name, thousands(count), percent(count / now.total, 1)]
            + [byte_size(count * size) for _, size in FORMATS]
            for name, count in rows.items()
        ]
        assert products == [
            [part, term.name, " · ".join(map(thousands, term.factors)), thousands(term.count)]
            for part in PARTS
            for term in now.terms[part]
        ]
        counts = [now.flops_of_matrices, now.flops_of_scores, now.flops, now.training_flops]
        assert [row[1] for row in operations] == [thousands(count) for count in counts]


class TestChanging:
    def test_numbers_are_typed(self, show: Show) -> None:
        calculator = make("as published")
        figure = show(calculator).locator(".cf")
        unfold(figure)
        for label, name, value in (
            ("Layers", "n_layers", 7),
            ("Width (d_model)", "d_model", 100),
            ("Feed-forward width", "d_ff", 333),
            ("Vocabulary", "vocab_size", 1000),
            ("Width of a head", "d_head", 9),
            ("Longest sequence", "max_seq_len", 77),
            ("Experts", "n_experts", 3),
            ("Tokens that a token sees", "seq_len", 12),
        ):
            field(figure, label).fill(str(value))
            setattr(calculator, name, value)
            assert differences(figure, calculator) == []
        assert calculator.shape_name.endswith("with a changed shape")

    def test_choices_are_made(self, show: Show) -> None:
        calculator = make("as published")
        figure = show(calculator).locator(".cf")
        for label, name in (
            ("head tied to embeddings", "tied"),
            ("gated feed-forward", "gated"),
            ("feed-forward biases", "ffn_bias"),
        ):
            figure.get_by_label(label).press("Space")
            setattr(calculator, name, not getattr(calculator, name))
            assert differences(figure, calculator) == []
        unfold(figure)
        for label, name, values in (
            ("Biases of attention", "attention_bias", ("none", "qkv", "all")),
            ("Normalisation", "norm", ("rms", "layer")),
            ("Positions", "positions", ("rotary", "relative", "learned")),
            ("Key/value heads", "n_kv_heads", ("1", "4", "12")),
        ):
            for value in values:
                figure.get_by_label(label).select_option(value)
                setattr(calculator, name, int(value) if name == "n_kv_heads" else value)
                assert differences(figure, calculator) == []

    def test_heads_and_experts_are_brought_into_step(self, show: Show) -> None:
        calculator = ParameterCalculator("LLaMA 3 8B", n_experts=8, n_chosen=5)
        figure = show(calculator).locator(".cf")
        unfold(figure)
        field(figure, "Query heads").fill("20")  # 8 key/value heads no longer fit
        calculator.n_heads, calculator.n_kv_heads = 20, 20
        assert differences(figure, calculator) == []
        options = figure.get_by_label("Key/value heads").locator("option").all_inner_texts()
        assert options == ["1", "2", "4", "5", "10", "20"]
        field(figure, "Query heads").fill("40")  # 20 do
        calculator.n_heads = 40
        assert differences(figure, calculator) == []
        field(figure, "Experts").fill("4")  # 5 of 4 cannot be visited
        calculator.n_experts, calculator.n_chosen = 4, 4
        assert differences(figure, calculator) == []
        figure.get_by_label("Experts visited").select_option("2")
        calculator.n_chosen = 2
        assert differences(figure, calculator) == []

    def test_the_context_is_dragged_with_keys(self, show: Show) -> None:
        calculator = make("as published")
        figure = show(calculator).locator(".cf")
        slider = figure.get_by_role("slider", name="Tokens that a token sees")
        for key, value in (("ArrowRight", 1280), ("Home", 1), ("End", 1_048_576)):
            slider.press(key)
            calculator.seq_len = value
            assert differences(figure, calculator) == []
        assert slider.get_attribute("aria-valuetext") == "1,048,576 tokens"

    @pytest.mark.parametrize("wrong", ["", "0", "1.5", "-3", "201"])
    def test_what_does_not_fit_is_said_and_changes_nothing(self, show: Show, wrong: str) -> None:
        calculator = make("as published")
        figure = show(calculator).locator(".cf")
        box = field(figure, "Layers")
        box.fill(wrong)
        assert box.get_attribute("aria-invalid") == "true"
        alert = figure.get_by_role("alert").first
        assert alert.inner_text() == "A whole number from 1 to 200."
        assert differences(figure, calculator) == []
        box.blur()
        assert (box.input_value(), alert.inner_text()) == ("12", "")

    def test_a_shape_is_reset(self, show: Show) -> None:
        calculator = make("gates and experts")
        figure = show(calculator).locator(".cf")
        unfold(figure)
        reset = figure.get_by_role("button", name="Reset the shape")
        reset.click()
        calculator.choose("GPT-2 XL")
        assert differences(figure, calculator) == []
        assert reset.is_disabled()
        figure.get_by_label("Positions").select_option("rotary")
        settle(figure)
        assert field(figure, "Longest sequence").is_disabled()
        assert reset.is_enabled()

    def test_the_summary_of_the_shape_follows(self, show: Show) -> None:
        figure = show(make("as published")).locator(".cf")
        shape = figure.get_by_text("The rest of its shape:")
        assert shape.inner_text() == (
            "The rest of its shape: 12 query heads and 12 key/value heads, 64 wide, biases in "
            "attention, LayerNorm, 1,024 learned positions"
        )
        models_of(figure).select_option("Mixtral 8x7B")
        settle(figure)
        assert shape.inner_text().endswith(
            "32 query heads and 8 key/value heads, 128 wide, no biases in attention, RMSNorm, no "
            "learned positions, 2 of 8 experts"
        )

    def test_each_try_shows_its_setting_and_its_question(self, show: Show) -> None:
        calculator = make("odd sizes")
        figure = show(calculator).locator(".cf")
        for each in [*calculator.presets[1:], calculator.presets[0]]:
            button = figure.get_by_role("button", name=each["label"])
            button.click()
            calculator.choose(**each["values"])
            assert differences(figure, calculator) == []
            assert button.get_attribute("aria-pressed") == "true"
            words = figure.locator(".cf-try p span:not([data-off])")
            assert words.inner_text() == each["see"]

    def test_two_views_of_one_figure_move_together(self, show: Show) -> None:
        calculator = make("as published")
        figures = show(calculator, calculator).locator(".cf")
        field(figures.nth(0), "Layers").fill("3")
        calculator.n_layers = 3
        assert differences(figures.nth(1), calculator) == []
        assert field(figures.nth(1), "Layers").input_value() == "3"


class TestForEveryone:
    @pytest.mark.parametrize("theme", ["light", "dark"])
    @pytest.mark.parametrize("width", [320, 900])
    def test_no_rule_of_accessibility_is_broken(self, show: Show, theme: str, width: int) -> None:
        page = show(make("as published"), make("as large as it goes"), theme=theme, width=width)
        for fold in page.locator(".cf-fold > summary").all():
            fold.press("Enter")
        page.locator(".cf-scroll table").first.wait_for()
        field(page.locator(".cf").first, "Layers").fill("0")
        assert broken_rules(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width

    def test_everything_is_reached_with_the_tab_key(self, show: Show) -> None:
        page = show(make("as published"))
        unfold(page.locator(".cf"))
        page.get_by_label("Positions").wait_for()
        page.evaluate("document.activeElement.blur()")
        reached = set()
        for _ in range(30):
            page.keyboard.press("Tab")
            reached.add(
                page.evaluate(
                    "document.activeElement.id || document.activeElement.getAttribute('aria-label')"
                    " || document.activeElement.textContent"
                ).rpartition("-")[2]
            )
        assert {
            *("A small model's words", "Gates and shared heads", "Experts", "model_name"),
            *("n_layers", "d_model", "d_ff", "vocab_size", "tied", "gated", "ffn_bias"),
            *("n_heads", "n_kv_heads", "d_head", "attention_bias", "norm", "positions"),
            *("max_seq_len", "n_experts", "n_chosen", "seq_len", "Tokens that a token sees"),
        } <= reached

    @pytest.mark.parametrize("width", [320, 900])
    def test_what_a_finger_meets_is_large_enough(self, show: Show, width: int) -> None:
        calculator = make("as published")
        page = show(calculator, width=width, has_touch=True, is_mobile=True)
        figure = page.locator(".cf")
        small = page.evaluate(
            """() => [...document.querySelectorAll(
                ".cf button, .cf input:not([type=checkbox]), .cf select, .cf .cpc-check label")]
                .map((node) => [node.outerHTML.slice(0, 90), node.getBoundingClientRect().height])
                .filter(([, height]) => height && height < 28)"""
        )
        assert small == []
        figure.get_by_text("gated feed-forward").tap()
        calculator.gated = True
        assert differences(figure, calculator) == []

    def test_bars_are_named_and_their_colours_follow_the_theme(self, show: Show) -> None:
        page = show(make("as published"))
        figure = page.locator(".cf")
        assert figure.locator(".cpc-name b").all_inner_texts() == list(PARTS)
        colours = """(figure) => [...figure.querySelectorAll(".cpc-bar i")]
            .map((bar) => getComputedStyle(bar).backgroundColor)"""
        light = figure.evaluate(colours)
        assert len(set(light)) == len(PARTS)
        page.evaluate("document.documentElement.dataset.theme = 'dark'")
        settle(figure)
        assert set(figure.evaluate(colours)).isdisjoint(light)
        page.emulate_media(media="print")
        page.wait_for_function(
            f"JSON.stringify(({colours})(document.querySelector('.cf'))) === "
            f"{json.dumps(json.dumps(light, separators=(',', ':')))}"
        )
        for part in (".cpc-parts", ".cf-said", ".kv-tiles", ".cpc-operations"):
            assert figure.locator(part).is_visible()

    def test_the_colours_of_the_system_are_used_where_it_dictates_them(self, show: Show) -> None:
        page = show(make("as published"), forced_colors="active", color_scheme="dark")
        figure = page.locator(".cf")
        settle(figure)
        highlight = page.evaluate(
            """() => { const probe = document.body.appendChild(document.createElement("p"));
                probe.style.cssText = "forced-color-adjust: none; color: Highlight";
                return getComputedStyle(probe).color; }"""
        )
        bar = figure.locator("[data-part=attention] i")
        assert bar.evaluate("(i) => getComputedStyle(i).backgroundColor") == highlight
        assert broken_rules(page) == []

    def test_nothing_moves_for_who_wants_no_motion(self, show: Show) -> None:
        figure = show(make("as published"), reduced_motion="reduce").locator(".cf")
        moving = figure.locator("*").evaluate_all(
            """(all) => all.map((node) => getComputedStyle(node)).filter((style) =>
                style.transitionDuration !== "0s" || style.animationName !== "none").length"""
        )
        assert moving == 0

    def test_a_screen_reader_hears_the_sentence_when_the_reader_rests(self, show: Show) -> None:
        figure = show(make("as published")).locator(".cf")
        field(figure, "Layers").fill("24")
        figure.get_by_role("status").get_by_text("GPT-2 small with a changed shape has").wait_for(
            state="attached", timeout=3000
        )

    def test_a_narrower_window_keeps_everything_inside(self, show: Show) -> None:
        calculator = make("as large as it goes")
        page = show(calculator)
        page.set_viewport_size({"width": 320, "height": 800})
        page.wait_for_timeout(100)
        assert differences(page.locator(".cf"), calculator) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= 320
        inside = page.locator(".cf").evaluate(
            """(figure) => [...figure.querySelectorAll(".cpc-parts *, .kv-tiles *")].filter(
                (node) => node.getBoundingClientRect().right >
                    figure.getBoundingClientRect().right).map((node) => node.outerHTML)"""
        )
        assert inside == []

    def test_a_page_without_scripts_has_the_words(self, show: Show) -> None:
        words = show(make("as published"), java_script_enabled=False).locator("main").inner_text()
        assert "GPT-2 small has 124,439,808 parameters" in words
        assert "284,812,800" in words
