"""The story writer in Chromium: written with, typed into, seen to show what Python computes."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page

from course_lib.data import tinytales
from course_lib.data.tale_tokens import TOKENS
from course_lib.figures.formats import byte_size, fixed
from course_lib.generation.sampling import SamplingConfig
from tests.book.figure_page import settle
from tests.book.served_figures import served_figures
from tests.book.story_page import (
    N_SHOWN,
    differences,
    move,
    press,
    story,
    write_story,
)

pytestmark = pytest.mark.browser
Show = Callable[..., Page]
show = pytest.fixture(served_figures)


class TestNumbers:
    def test_at_the_start_it_shows_what_python_computed_and_fetches_nothing(
        self, show: Show
    ) -> None:
        writer, fetched = story(), []
        page = show(writer)
        page.on("request", lambda request: fetched.append(request.url))
        figure = page.locator(".cf")
        assert differences(figure, writer) == []
        move(figure, writer, temperature=0.5, top_k=7, top_p=0.8, min_p=0.1)
        assert differences(figure, writer) == []
        figure.get_by_role("combobox", name="Attention of").select_option("2")
        writer.head = 2
        figure.get_by_role("radio").nth(4).click()
        writer.looking = 4
        assert differences(figure, writer) == []
        assert fetched == []
        size = byte_size(writer.file_bytes)
        assert figure.locator(".cfw-status").inner_text() == (
            f"The model ({size}) is fetched once, at your first press, and computes in your "
            "browser."
        )

    def test_word_by_word_it_writes_what_python_writes(self, show: Show) -> None:
        writer = story(seed=6)
        figure = show(writer).locator(".cf")
        for _ in range(8):
            press(figure, "One word")
            writer.write(1)
            figure.locator(".cfw-words button").nth(len(writer.text) - 1).wait_for()
            assert differences(figure, writer) == []
        assert figure.locator("[data-written]").count() == 8
        press(figure, "Undo")
        writer.written = writer.written[:-1]
        assert differences(figure, writer) == []
        press(figure, "Start again")
        writer.written = []
        assert differences(figure, writer) == []

    @pytest.mark.parametrize(
        "settings", [{}, {"temperature": 0.0}, {"temperature": 1.6, "top_p": 0.9}, {"top_k": 3}]
    )
    def test_a_whole_story_is_python_s(self, show: Show, settings: dict) -> None:
        writer = story(seed=3, settings=SamplingConfig(**settings))
        figure = show(writer).locator(".cf")
        write_story(figure, writer)
        assert differences(figure, writer) == []

    def test_the_next_story_has_another_seed(self, show: Show) -> None:
        writer = story(seed=2**32 - 1)
        figure = show(writer).locator(".cf")
        write_story(figure, writer)
        press(figure, "Another story")
        writer.seed, writer.written = 0, []
        writer.write()
        figure.locator(".cfw-words button").nth(len(writer.text) - 1).wait_for()
        figure.get_by_role("button", name="Another story").wait_for()
        assert differences(figure, writer) == []
        assert figure.get_by_label("Seed").input_value() == "0"

    def test_settings_count_from_the_next_word_on(self, show: Show) -> None:
        writer = story()
        figure = show(writer).locator(".cf")
        for settings in ({"temperature": 0.0}, {"temperature": 2.0, "min_p": 0.02}, {"top_k": 2}):
            move(figure, writer, **settings)
            press(figure, "One word")
            writer.write(1)
            figure.locator(".cfw-words button").nth(len(writer.text) - 1).wait_for()
            assert differences(figure, writer) == []
        figure.get_by_label("Seed").fill("99")
        writer.seed = 99
        press(figure, "One word")
        writer.write(1)
        figure.locator(".cfw-words button").nth(len(writer.text) - 1).wait_for()
        assert differences(figure, writer) == []

    def test_a_word_of_the_list_is_written_when_pressed(self, show: Show) -> None:
        writer = story()
        figure = show(writer).locator(".cf")
        name = figure.locator(".cfw-next tbody button").nth(3).inner_text()
        press(figure, f"write {name}")
        writer.written = [name]
        assert differences(figure, writer) == []

    def test_it_stops_where_the_model_reads_no_further(self, show: Show) -> None:
        writer = story(beginning=" ".join(["ball"] * 126))
        figure = show(writer).locator(".cf")
        write_story(figure, writer)
        assert differences(figure, writer) == []
        one = figure.get_by_role("button", name="One word")
        assert one.get_attribute("aria-disabled") == "true"
        one.press("Enter")
        assert differences(figure, writer) == []

    def test_the_end_of_a_story(self, show: Show) -> None:
        writer = story()
        writer.written = ["ball", "<end>"]
        figure = show(writer).locator(".cf")
        assert differences(figure, writer) == []
        assert figure.locator(".cfw-end").is_visible()
        n_words = len(writer.text)
        said = f"The tale is over after {n_words} words, of which the model wrote 1."
        assert figure.locator(".cf-said").inner_text() == said
        press(figure, "Undo")
        writer.written = ["ball"]
        assert differences(figure, writer) == []
        assert not figure.locator(".cfw-end").is_visible()

    def test_the_table_holds_the_numbers(self, show: Show) -> None:
        writer = story(settings=SamplingConfig(top_k=4))
        figure = show(writer).locator(".cf")
        figure.get_by_text("The numbers as a table").press("Enter")
        figure.locator(".cf-scroll table").nth(1).wait_for()
        first, second = (
            [row.locator("th, td").all_inner_texts() for row in table.locator("tr").all()]
            for table in figure.locator(".cf-scroll table").all()
        )
        numbers = writer.numbers()
        order = numbers.next.raw.argsort(descending=True, stable=True).tolist()
        assert first[0] == ["word", "raw", "now", "cut by"]
        assert [row[0] for row in first[1:-1]] == [TOKENS[i] for i in order[:N_SHOWN]]
        assert first[5][2:] == ["0", "top-k"]
        assert first[-1][0] == f"{len(TOKENS) - N_SHOWN} others"
        assert [row[1] for row in second[1:]] == writer.text
        weights = numbers.weights[1, 1, -1].tolist()
        assert [row[2] for row in second[1:]] == [fixed(w, 3) for w in weights]


class TestBeginning:
    def begin(self, figure: Locator, text: str) -> None:
        figure.get_by_label("Beginning").fill(text)
        figure.get_by_label("Beginning").press("Enter")

    def test_what_the_reader_types_is_read(self, show: Show) -> None:
        writer = story()
        figure = show(writer).locator(".cf")
        self.begin(figure, "  Once Ben and his friend Lucy were in the barn.")
        writer.beginning = "once ben and his friend lucy were in the barn ."
        assert differences(figure, writer) == []
        assert figure.get_by_label("Beginning").input_value() == writer.beginning
        write_story(figure, writer)
        assert differences(figure, writer) == []

    def test_an_unknown_word_is_answered_with_like_ones(self, show: Show) -> None:
        writer = story()
        figure = show(writer).locator(".cf")
        self.begin(figure, "once sahra had a dragon")
        fault = figure.locator(".cfw-fault[role=alert]")
        said = fault.inner_text()
        assert said.startswith("The model knows 292 words, and “sahra” is none of them. Most like")
        assert "“sarah”" in said
        field = figure.get_by_label("Beginning")
        assert field.get_attribute("aria-invalid") == "true"
        assert differences(figure, writer) == []  # nothing has changed
        field.fill("once sarah had a dragon")
        settle(figure)
        assert "“dragon” is none of them" in fault.inner_text()
        field.fill("once sarah had a")
        settle(figure)
        assert fault.inner_text() == ""
        assert field.get_attribute("aria-invalid") is None

    @pytest.mark.parametrize(
        ("text", "words"),
        [
            ("  ", "Write at least one word: every tale begins with “once”."),
            ("the <end>", "“<end>” is none of them"),
            ("ball " * 128, "A beginning has at most 127 words, not 128."),
        ],
    )
    def test_what_is_no_beginning_says_why(self, show: Show, text: str, words: str) -> None:
        figure = show(story()).locator(".cf")
        self.begin(figure, text)
        assert words in figure.get_by_role("alert").inner_text()

    def test_all_words_can_be_looked_up(self, show: Show) -> None:
        figure = show(story()).locator(".cf")
        figure.get_by_text("The words that it knows").press("Enter")
        known = figure.locator(".cfw-known p").inner_text().split()
        assert tuple(known) == tinytales.VOCABULARY
