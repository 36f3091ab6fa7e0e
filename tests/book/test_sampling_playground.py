"""The sampling playground in Chromium: moved, drawn from, seen to say what Python computes."""

from collections import Counter
from collections.abc import Callable

import pytest
import torch
from playwright.sync_api import Locator, Page

from course_lib.figures.formats import fixed
from course_lib.figures.sampling_playground import NextTokens, SamplingPlayground
from course_lib.generation.sampling import SamplingConfig
from tests.book.figure_page import broken_rules, figure_pages, settle
from tests.course_lib.figures.test_seeded_draws import random_numbers

pytestmark = pytest.mark.browser
Show = Callable[..., Page]
show = pytest.fixture(figure_pages)

SLIDERS = {
    "temperature": "Temperature",
    "top_k": "Top-k",
    "top_p": "Top-p",
    "min_p": "Min-p",
    "repetition_penalty": "Repetition penalty",
}


def animals(**options: object) -> SamplingPlayground:
    """Return a figure with a prompt of 6 next tokens, one of 90, and one of 20 that are alike."""
    generator = torch.Generator().manual_seed(4)
    many = 1.5 * torch.randn(90, generator=generator)
    some = [f"word{i}" for i in range(0, 90, 9)]  # of both signs
    counts = {"sat": 40, "ran": 25, "slept": 20, "ate": 10, "sang": 4, "flew": 1}
    return SamplingPlayground(
        [
            NextTokens(
                "the cat",
                list(counts),
                torch.tensor(list(counts.values())).double().log(),
                seen=["the", "cat", "ran"],
            ),
            NextTokens(
                "a long text with many words, after which many more may come",
                [f"word{i}" for i in range(90)],
                many,
                seen=some,
            ),
            NextTokens("all alike", [f"twin{i}" for i in range(20)], torch.zeros(20)),
        ],
        title="Next tokens",
        description="Bars, before and after the filters.",
        **options,
    )


def slider(figure: Locator, name: str) -> Locator:
    return figure.get_by_role("slider", name=SLIDERS[name], exact=True)


def move(figure: Locator, playground: SamplingPlayground, **settings: object) -> None:
    """Move sliders to values, and tell Python's figure the same."""
    for name, value in settings.items():
        setattr(playground, name, value)
        slider(figure, name).evaluate(
            """(input, value) => {
                input.value = value ?? input.max;
                input.dispatchEvent(new Event("input", { bubbles: true }));
            }""",
            value,
        )


def choose(figure: Locator, playground: SamplingPlayground, prompt: int) -> None:
    figure.get_by_role("combobox", name="Text so far").select_option(str(prompt))
    playground.prompt = prompt


def shown_rows(figure: Locator) -> list[dict]:
    settle(figure)
    return figure.locator(".cfp-list tbody tr").evaluate_all(
        """(rows) => rows.map((row) => ({ ...row.dataset,
            texts: [...row.cells].map((cell) => cell.textContent) }))"""
    )


def differences(figure: Locator, want: SamplingPlayground) -> list[str]:
    """Compare all the numbers that the figure shows with those that Python computes."""
    rows, numbers, found = shown_rows(figure), want.numbers(), []

    def compare(what: str, got: object, expected: object) -> None:
        if got != expected:
            found.append(f"{what}: shown {got!r}, computed {expected!r}")

    n_rows = min(want.n_shown, len(numbers.tokens))
    for i, row in enumerate(rows[:n_rows]):
        raw, now, rule = numbers.raw[i].item(), numbers.probs[i].item(), numbers.cut_by[i]
        token = numbers.tokens[i]
        # 9 digits are written of each number; the sums in the page and in torch round differently.
        for name, got, expected in (("raw", row["raw"], raw), ("now", row["now"], now)):
            if abs(float(got) - expected) > 2e-9:
                found.append(f"{name} of {token}: shown {got}, computed {expected}")
        compare(f"rule of {token}", row.get("cut", ""), rule)
        compare(f"row of {token}", row["texts"][:2], [token, ""])
        compare(f"raw of {token}, written", row["texts"][2], nearest(row["texts"][2], raw))
        shown = row["texts"][3]
        compare(f"now of {token}, written", shown, rule or nearest(shown, now))
    compare("rows", len(rows), n_rows + (len(numbers.tokens) > n_rows))
    if len(rows) > n_rows:
        rest = slice(n_rows, None)
        kept = sum(not rule for rule in numbers.cut_by[rest])
        name = f"{len(numbers.tokens) - n_rows} others, {kept} kept"
        masses = [x[rest].sum().item() for x in (numbers.raw, numbers.probs)]
        shown = rows[-1]["texts"]
        texts = [name, "", *map(nearest, shown[2:4], masses)]
        compare("others", shown[:4], texts)
        for name, expected in zip(("raw", "now"), masses, strict=True):
            if abs(float(rows[-1][name]) - expected) > 2e-9:
                found.append(f"{name} of the others: shown {rows[-1][name]}, computed {expected}")
    entropies, perplexities = numbers.entropies, numbers.perplexities
    compare(
        "measures",
        figure.locator(".cfp-measures dd").all_inner_texts(),
        [
            f"{len(numbers.tokens)} → {numbers.n_kept}",
            " → ".join(fixed(x, 2) for x in entropies),
            " → ".join(fixed(x, 1) for x in perplexities),
            f"1 → {fixed(numbers.mass_kept, 3)}",
        ],
    )
    return found


def nearest(shown: str, p: float) -> str:
    """Write a probability as the figure should, halves rounded as it did."""
    if 0 < p < 0.0005:
        return "<0.001"
    return next((text for text in (fixed(p - 1e-9, 3), fixed(p + 1e-9, 3)) if text == shown), "")


def expected_draws(playground: SamplingPlayground, seed: int, n: int) -> list[str]:
    """Draw from Python's probabilities, the most probable token at the lower end."""
    numbers = playground.numbers()
    probs, order = numbers.probs.sort(descending=True, stable=True)
    ends, source = probs.cumsum(0), random_numbers(seed)
    places = torch.tensor([next(source) for _ in range(n)], dtype=torch.double)
    ranks = torch.searchsorted(ends, places, right=True).clamp(max=numbers.n_kept - 1)
    return [numbers.tokens[order[rank]] for rank in ranks.tolist()]


def counts_of(figure: Locator) -> dict[str, int]:
    return {row["texts"][0]: int(row["count"]) for row in shown_rows(figure) if row["count"] != "0"}


def said(figure: Locator) -> str:
    settle(figure)
    return figure.locator(".cf-said").inner_text()


SETTINGS = [
    {},
    {"temperature": 0.0},
    {"temperature": 0.0, "top_k": 3, "top_p": 0.5, "min_p": 0.2},
    {"temperature": 0.05},
    {"temperature": 3.0, "top_k": 5},
    {"top_p": 0.01},
    {"top_p": 0.83, "repetition_penalty": 1.5},
    {"temperature": 1.4, "min_p": 0.13, "repetition_penalty": 0.5},
    {"temperature": 0.7, "top_k": 18, "top_p": 0.9, "min_p": 0.05, "repetition_penalty": 2.0},
    {"min_p": 1.0},
]
NEUTRAL = {
    "temperature": 1.0,
    "top_k": None,
    "top_p": 1.0,
    "min_p": 0.0,
    "repetition_penalty": 1.0,
}


class TestNumbers:
    def test_over_many_settings_the_figure_shows_what_python_computes(self, show: Show) -> None:
        playground = animals()
        figure = show(playground).locator(".cf")
        for prompt in range(3):
            choose(figure, playground, prompt)
            for settings in SETTINGS:
                move(figure, playground, **(NEUTRAL | settings))
                assert differences(figure, playground) == [], settings

    def test_a_limit_that_is_met_exactly_is_met(self, show: Show) -> None:
        # m of 20 tokens that are alike hold m/20, whatever a sum of floats says.
        playground = animals(prompt=2)
        figure = show(playground).locator(".cf")
        for m in range(1, 20):
            move(figure, playground, top_p=m / 20)
            assert playground.numbers().n_kept == m
            assert differences(figure, playground) == []
        # “ate” is exactly a quarter as probable as “sat”.
        choose(figure, playground, 0)
        move(figure, playground, top_p=1.0, min_p=0.25)
        assert differences(figure, playground) == []
        assert playground.numbers().n_kept == 4

    def test_a_token_marked_as_seen_is_penalised(self, show: Show) -> None:
        playground = animals()
        figure = show(playground).locator(".cf")
        move(figure, playground, repetition_penalty=2.0)
        assert "holds back 1 seen token." in said(figure)
        names = figure.locator(".cfp-list tbody button")
        names.nth(0).click()
        names.nth(1).click()
        playground.seen = [[0], *playground.seen[1:]]
        assert differences(figure, playground) == []
        assert [name.get_attribute("aria-pressed") for name in names.all()[:2]] == ["true", "false"]
        # “sat” falls from 40/100 behind the others: √40 < 25.
        assert playground.numbers().probs.argmax() == 1
        choose(figure, playground, 1)  # the other prompts keep their own
        assert differences(figure, playground) == []
        names.nth(2).click()
        playground.seen = [playground.seen[0], sorted({*playground.seen[1]} ^ {2}), []]
        assert differences(figure, playground) == []

    def test_the_table_holds_the_numbers(self, show: Show) -> None:
        playground = animals(settings=SamplingConfig(top_k=3))
        figure = show(playground).locator(".cf")
        figure.get_by_text("The numbers as a table").press("Enter")
        figure.locator(".cf-scroll table").nth(1).wait_for()
        first, second = figure.locator(".cf-scroll table").all()
        rows = [row.locator("th, td").all_inner_texts() for row in first.locator("tr").all()]
        assert rows[0] == ["token", "logit", "seen", "raw", "now", "cut by", "drawn"]
        assert rows[2] == ["ran", "3.219", "yes", "0.250", "0.294", "", "0"]
        assert rows[4] == ["ate", "2.303", "", "0.100", "0", "top-k", "0"]
        assert second.locator("tr").nth(1).locator("th, td").all_inner_texts() == [
            "tokens",
            "6",
            "3",
        ]


class TestPicture:
    def test_columns_are_as_tall_as_the_probabilities(self, show: Show) -> None:
        playground = animals(settings=SamplingConfig(temperature=0.5, top_k=3))
        page = show(playground)
        figure, numbers = page.locator(".cf"), playground.numbers()
        settle(figure)
        top = float(figure.locator(".cfp-tick").first.text_content())
        for name, probs in (("cfp-raw", numbers.raw), ("cfp-now", numbers.probs)):
            heights = figure.locator(f"svg rect.{name}").evaluate_all(
                "(bars) => bars.map((bar) => Number(bar.getAttribute('height')))"
            )
            scaled = [132 * p / top for p in probs.tolist()]
            assert heights[:6] == pytest.approx(scaled, abs=1e-3)

    def test_what_cuts_is_named_below_the_columns_it_cuts(self, show: Show) -> None:
        settings = SamplingConfig(top_k=5, top_p=0.9, min_p=0.6)
        playground = animals(settings=settings)
        figure = show(playground).locator(".cf")
        settle(figure)
        runs = figure.locator(".cfp-run").evaluate_all(
            "(runs) => runs.map((run) => [run.dataset.cut ?? '', run.getBBox().width])"
        )
        # Of the 99 that top-k leaves, 85 stand before “ate” and 95 before “sang”; “slept” is half
        # as probable as “sat”.
        assert [rule for rule, _ in runs] == ["", "min-p", "top-p", "top-k"]
        assert [round(width / runs[2][1]) for _, width in runs] == [2, 2, 1, 1]
        assert figure.locator(".cfp-run-name").all_text_contents() == [
            "kept",
            "cut: min-p",
            "top-p",
            "top-k",
        ]

    def test_the_column_under_pointer_or_finger_is_spelled_out(self, show: Show) -> None:
        playground = animals(settings=SamplingConfig(top_k=2))
        page = show(playground, has_touch=True, width=360)
        figure = page.locator(".cf")
        readout = figure.locator(".cfp-readout")
        assert (settle(figure), readout.inner_text())[
            1
        ] == "6 of 6 tokens, the most probable first."
        figure.locator("svg").scroll_into_view_if_needed()
        for i, words in (
            (1, "“ran”: raw 0.250, now 0.385"),
            (3, "“ate”: raw 0.100, now cut by top-k"),
        ):
            box = figure.locator("svg rect.cfp-raw").nth(i).bounding_box()
            page.touchscreen.tap(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
            settle(figure)
            assert readout.inner_text() == words

    def test_on_a_phone_the_columns_stay_in_sight_above_the_sliders(self, show: Show) -> None:
        page = show(animals(), width=360)
        slider(page.locator(".cf"), "repetition_penalty").focus()
        page.mouse.wheel(0, 500)
        page.wait_for_function("scrollY > 400")
        chart = page.locator(".cfp-sky").bounding_box()
        assert chart["y"] == pytest.approx(0, abs=1)
        assert chart["height"] < 230


class TestWords:
    @pytest.mark.parametrize(
        ("settings", "words"),
        [
            ({}, "No filter: any of 6 tokens may be drawn. The most probable is “sat” with 0.400."),
            (
                {"top_p": 0.9},
                "Top-p 0.9 keeps 4 of 6 tokens. The most probable is “sat” with 0.421.",
            ),
            (
                {"top_k": 5, "top_p": 0.9, "min_p": 0.6},
                "Top-k 5 keeps 5 of 6 tokens, then top-p 0.9 keeps 4 of these, then min-p 0.6 "
                "keeps 2 of these. The most probable is “sat” with 0.615.",
            ),
            (
                {"temperature": 0.5, "repetition_penalty": 1.5},
                "The repetition penalty 1.5 holds back 1 seen token. Temperature 0.5 sharpens the "
                "distribution. No filter: any of 6 tokens may be drawn. The most probable is “sat” "
                "with 0.731.",
            ),
            (
                {"temperature": 0.0, "top_k": 5},
                "Temperature 0 is greedy: only the most probable token is left, “sat”.",
            ),
        ],
    )
    def test_the_sentence_says_what_each_rule_does(
        self, show: Show, settings: dict, words: str
    ) -> None:
        playground = animals(settings=SamplingConfig(**settings))
        assert said(show(playground).locator(".cf")) == words

    def test_spaces_in_tokens_can_be_seen(self, show: Show) -> None:
        playground = SamplingPlayground([NextTokens("x", [" cat", "\n", "a b"], [3.0, 2.0, 1.0])])
        rows = shown_rows(show(playground).locator(".cf"))
        assert [row["texts"][0] for row in rows] == ["␣cat", "⏎", "a b"]


class TestDraws:
    def test_draws_are_those_of_the_seed_and_the_settings(self, show: Show) -> None:
        playground = animals(settings=SamplingConfig(temperature=1.3), seed=7)
        figure = show(playground).locator(".cf")
        one, hundred, clear = (
            figure.get_by_role("button", name=name, exact=True)
            for name in ("Draw 1", "Draw 100", "Clear")
        )
        assert clear.is_disabled()
        want = expected_draws(playground, 7, 301)
        one.click()
        assert f"Drawn with seed 7: “{want[0]}”." in said(figure)
        assert figure.locator(".cfp-next").inner_text() == want[0]
        for n in (101, 201, 301):
            hundred.click()
            assert counts_of(figure) == Counter(want[:n])
        token, count = Counter(want).most_common(1)[0]
        share = playground.numbers().probs[playground.tokens[0].index(token)].item()
        assert said(figure).endswith(
            f" In 301 draws with seed 7, {len(set(want))} different tokens; most often “{token}”, "
            f"{count} times (expected: {301 * share:.1f})."
        )
        assert figure.locator(".cfp-latest").inner_text().endswith(" · ".join(want[-12:]))
        # Other settings, the same random numbers; then another seed.
        move(figure, playground, top_k=2)
        assert counts_of(figure) == Counter(expected_draws(playground, 7, 301))
        figure.get_by_role("button", name="Next seed").click()
        settle(figure)
        assert figure.get_by_label("Seed", exact=True).input_value() == "8"
        other = Counter(expected_draws(playground, 8, 301))
        assert counts_of(figure) == other
        clear.click()
        assert counts_of(figure) == {}
        figure.get_by_label("Seed", exact=True).fill("7")
        hundred.click()
        assert counts_of(figure) == Counter(expected_draws(playground, 7, 100))

    def test_what_is_no_seed_is_marked_and_changes_nothing(self, show: Show) -> None:
        playground = animals(seed=5, n_draws=100)
        figure = show(playground).locator(".cf")
        seed = figure.get_by_label("Seed", exact=True)
        for wrong in ("", "-1", "1.5", "99999999999"):
            seed.fill(wrong)
            assert counts_of(figure) == Counter(expected_draws(playground, 5, 100))
            assert seed.get_attribute("aria-invalid") == ""
        seed.fill("6")
        assert counts_of(figure) == Counter(expected_draws(playground, 6, 100))
        assert seed.get_attribute("aria-invalid") is None

    def test_ten_thousand_draws_are_the_most_and_follow_the_probabilities(self, show: Show) -> None:
        playground = animals(n_draws=9_950, seed=3)
        figure = show(playground).locator(".cf")
        figure.get_by_role("button", name="Draw 100").click()
        counts = counts_of(figure)
        assert sum(counts.values()) == 10_000
        assert figure.get_by_role("button", name="Draw 1", exact=True).is_disabled()
        probs = playground.numbers().probs.tolist()
        chi_square = sum(
            (counts[token] - 10_000 * p) ** 2 / (10_000 * p)
            for token, p in zip(playground.tokens[0], probs, strict=True)
        )
        assert chi_square < 20.5  # 5 degrees of freedom: one seed in a thousand lies above

    def test_dots_stand_at_the_share_of_the_draws(self, show: Show) -> None:
        playground = animals(n_draws=100, seed=2)
        figure = show(playground).locator(".cf")
        counts = Counter(expected_draws(playground, 2, 100))
        settle(figure)
        top = float(figure.locator(".cfp-tick").first.text_content())
        dots = figure.locator("circle.cfp-dot").evaluate_all(
            "(dots) => dots.map((dot) => ['r', 'cy'].map((name) => +dot.getAttribute(name)))"
        )
        for token, (radius, y) in zip(playground.tokens[0], dots, strict=False):
            assert (radius > 0) == (counts[token] > 0)
            if radius:
                assert y == pytest.approx(140 - 132 * counts[token] / 100 / top, abs=1e-3)


class TestEveryReader:
    def test_presets_set_all_sliders_by_keyboard(self, show: Show) -> None:
        playground = animals(settings=SamplingConfig(top_k=2, repetition_penalty=1.2))
        figure = show(playground).locator(".cf")
        words = figure.locator(".cf-try p span:not([data-off])")
        for preset in playground.presets:
            button = figure.get_by_role("button", name=preset["label"], exact=True)
            button.press("Enter")
            for name, value in preset["values"].items():
                setattr(playground, name, value)
            assert differences(figure, playground) == []
            assert button.get_attribute("aria-pressed") == "true"
            assert words.all_inner_texts() == [preset["see"]]
        slider(figure, "min_p").press("ArrowRight")
        settle(figure)
        assert words.all_inner_texts() == [playground.presets[0]["see"]]
        assert figure.locator(".cf-try [aria-pressed=true]").count() == 0

    def test_arrow_keys_move_sliders_and_walk_through_the_tokens(self, show: Show) -> None:
        playground = animals()
        page = show(playground)
        figure = page.locator(".cf")
        slider(figure, "temperature").press("ArrowRight")
        slider(figure, "top_k").press("ArrowLeft")  # from “off”, which stands for all 6
        playground.temperature, playground.top_k = 1.05, 5
        assert differences(figure, playground) == []
        assert slider(figure, "top_k").get_attribute("aria-valuetext") == "5"
        slider(figure, "top_k").press("End")
        playground.top_k = None
        assert differences(figure, playground) == []
        assert slider(figure, "top_k").get_attribute("aria-valuetext") == "off"

        figure.locator(".cfp-list tbody button").first.focus()
        keys = (("ArrowDown", 1), ("End", 5), ("ArrowDown", 5), ("ArrowUp", 4), ("Home", 0))
        for key, target in keys:
            page.keyboard.press(key)
            focused = page.evaluate("document.activeElement.textContent")
            assert focused == playground.tokens[0][target]
        stops = figure.locator(".cfp-list [tabindex='0']")
        assert stops.all_inner_texts() == ["sat"]
        page.keyboard.press("Space")
        settle(figure)
        assert stops.first.get_attribute("aria-pressed") == "true"

    def test_a_finger_moves_a_slider(self, show: Show) -> None:
        playground = animals()
        page = show(playground, has_touch=True, width=360)
        figure = page.locator(".cf")
        slider(figure, "top_p").scroll_into_view_if_needed()
        box = slider(figure, "top_p").bounding_box()
        page.touchscreen.tap(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        settle(figure)
        playground.top_p = float(slider(figure, "top_p").input_value())
        assert 0.4 < playground.top_p < 0.6
        assert differences(figure, playground) == []

    @pytest.mark.parametrize("theme", ["light", "dark"])
    @pytest.mark.parametrize("width", [320, 900])
    def test_no_rule_of_accessibility_is_broken(self, show: Show, theme: str, width: int) -> None:
        settings = SamplingConfig(top_k=30, top_p=0.8, min_p=0.1, repetition_penalty=1.1)
        first = animals(prompt=1, n_draws=100, settings=settings)
        page = show(
            first, animals(settings=SamplingConfig(temperature=0.0)), theme=theme, width=width
        )
        for fold in page.locator(".cf-fold > summary").all():
            fold.press("Enter")
        page.locator(".cf-scroll table").first.wait_for()
        assert broken_rules(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        wide = page.locator(".cfp-list").first.evaluate(
            "(list) => list.scrollWidth - list.clientWidth"
        )
        assert wide <= 0

    @pytest.mark.parametrize("theme", ["light", "dark"])
    def test_text_in_the_picture_has_contrast(self, show: Show, theme: str) -> None:
        settings = SamplingConfig(top_k=5, top_p=0.9, min_p=0.6)
        page = show(animals(settings=settings), theme=theme)
        page.emulate_media(reduced_motion="reduce")
        pairs = page.locator(".cfp-run").evaluate_all(
            """(runs) => runs.map((run) => {
                const canvas = document.createElement("canvas");
                const pen = canvas.getContext("2d", { willReadFrequently: true });
                return [run, run.nextElementSibling].map((node) => {
                    pen.fillStyle = getComputedStyle(node).fill;
                    pen.fillRect(0, 0, 1, 1);
                    return [...pen.getImageData(0, 0, 1, 1).data].slice(0, 3);
                });
            })"""
        )
        assert len(pairs) == 4
        assert min(contrast(*pair) for pair in pairs) >= 4.5

    def test_a_screen_reader_hears_the_sentence_when_the_reader_rests(self, show: Show) -> None:
        figure = show(animals()).locator(".cf")
        slider(figure, "top_p").press("ArrowLeft")
        figure.get_by_role("status").get_by_text("Top-p 0.99 keeps 5 of 6 tokens.").wait_for(
            state="attached", timeout=3000
        )

    def test_a_screen_reader_does_not_hear_every_step_of_a_slider(self, show: Show) -> None:
        values = show(animals()).locator(".cf output")
        assert values.count() == len(SLIDERS)
        assert {value.get_attribute("aria-live") for value in values.all()} == {"off"}

    def test_nothing_moves_for_who_wants_no_motion(self, show: Show) -> None:
        for wish, still in (("reduce", True), ("no-preference", False)):
            column = show(animals(), reduced_motion=wish).locator("svg rect.cfp-now").first
            duration = column.evaluate("(bar) => getComputedStyle(bar).transitionDuration")
            assert (duration == "0s") == still

    def test_two_views_of_one_figure_move_together(self, show: Show) -> None:
        playground, other = animals(), animals()
        figures = show(playground, playground, other).locator(".cf")
        move(figures.nth(0), playground, temperature=0.4)
        assert differences(figures.nth(1), playground) == []
        assert differences(figures.nth(2), other) == []


def contrast(first: list[int], second: list[int]) -> float:
    """Return the contrast ratio of WCAG 2 between two colours."""

    def luminance(colour: list[int]) -> float:
        levels = [x / 255 for x in colour]
        r, g, b = (x / 12.92 if x <= 0.04045 else ((x + 0.055) / 1.055) ** 2.4 for x in levels)
        return 0.2126 * r + 0.7152 * g + 0.0722 * b

    dark, light = sorted((luminance(first), luminance(second)))
    return (light + 0.05) / (dark + 0.05)
