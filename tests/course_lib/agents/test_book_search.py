import pytest

from course_lib.agents.book_search import WAYS, BookSearch
from course_lib.agents.ranking import judge
from course_lib.data.book_questions import for_tests, load_questions
from course_lib.data.book_sections import Chunk, cut, load_sections

CHUNKS = [
    Chunk("cars/wheels", "car road wheel"),
    Chunk("cars/roads", "automobile road wheel"),
    Chunk("garden", "flower petal"),
    Chunk("cars/wheels", "wheel wheel axle"),
]


@pytest.fixture(scope="module")
def small():
    return BookSearch.of(CHUNKS, n_dimensions=2)


@pytest.fixture(scope="module")
def book():
    return BookSearch.of(cut(load_sections()))


class TestSearch:
    def test_by_words_only_what_has_them(self, small):
        assert small.search("automobile", "words", 4) == [CHUNKS[1]]

    def test_by_vectors_what_is_near(self, small):
        assert small.search("automobile", "vectors", 2)[0].section.startswith("cars")

    def test_both_keeps_what_either_finds(self, small):
        found = small.search("automobile", "both", 4)
        assert found[0] == CHUNKS[1]
        assert len(found) == 4

    def test_sections_are_ranked_by_their_best_chunk(self, small):
        assert small.search_sections("wheel axle", "words") == ["cars/wheels", "cars/roads"]

    def test_no_more_than_asked_for(self, small):
        for way in WAYS:
            assert len(small.search("wheel", way, 1)) == 1

    def test_a_way_that_there_is_not(self, small):
        with pytest.raises(ValueError, match="no way 'guess'"):
            small.search("wheel", "guess", 1)


class TestOnTheBook:
    def quality(self, book, way, kind):
        questions = [each for each in for_tests(load_questions()) if each.kind == kind]
        found = [book.search_sections(each.question, way) for each in questions]
        return judge(found, [each.sections for each in questions], (1, 5))

    @pytest.mark.parametrize("way", WAYS)
    def test_questions_in_the_books_words_are_found(self, book, way):
        assert self.quality(book, way, "words").recall[5] >= 0.9

    @pytest.mark.parametrize("way", WAYS)
    def test_questions_in_other_words_are_harder(self, book, way):
        by_words, otherwise = (self.quality(book, way, kind) for kind in ("words", "paraphrase"))
        lead = by_words.mean_reciprocal_rank - otherwise.mean_reciprocal_rank
        assert lead > 0.15
        assert otherwise.recall[5] > 0.4
