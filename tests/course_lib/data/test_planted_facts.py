import pytest
import torch

from course_lib.data import facts
from course_lib.data.planted_facts import make_conversation, read_off


def draw(n_lines=30, n_facts=9, n_corrected=4, seed=0):
    return make_conversation(n_lines, n_facts, n_corrected, torch.Generator().manual_seed(seed))


class TestConversation:
    def test_it_has_so_many_lines_facts_and_corrections(self):
        talk = draw()
        assert len(talk.lines) == 30 + 9 + 4
        assert len(talk.planted) == 9
        assert sum(each.is_corrected for each in talk.planted) == 4

    @pytest.mark.parametrize("seed", range(5))
    def test_the_last_word_counts(self, seed):
        talk = draw(seed=seed)
        for each in talk.planted:
            telling = [
                n for n, line in enumerate(talk.lines) if line.startswith(f"{each.question} ")
            ]
            assert telling[-1] == each.told_at
            assert len(telling) == 1 + each.is_corrected
            values = [talk.lines[n].removeprefix(each.question).split()[0] for n in telling]
            assert values[-1] == each.answer
            assert len(set(values)) == len(values)
            relation = each.question.split(maxsplit=1)[1]
            assert set(values) <= set(facts.RELATIONS[relation])

    def test_facts_come_in_the_order_of_the_conversation(self):
        places = [each.told_at for each in draw().planted]
        assert places == sorted(places)

    def test_every_line_is_one_sentence(self):
        for line in draw().lines:
            assert line.endswith(" .")
            assert line.count(" .") == 1

    def test_the_seed_decides(self):
        assert draw() == draw() != draw(seed=1)

    @pytest.mark.parametrize("numbers", [(3, 4), (3, -1), (481, 0)])
    def test_numbers_that_cannot_be(self, numbers):
        with pytest.raises(ValueError, match="cannot be told"):
            draw(5, *numbers)


class TestReadOff:
    def test_by_hand(self):
        texts = ["anna eats soup .", "anna eats cake .", "annas eats x ."]
        assert read_off("anna eats", texts) == "cake"
        assert read_off("anna drinks", texts) is None
        assert read_off("anna eats", []) is None

    def test_whoever_sees_all_knows_all(self):
        talk = draw()
        assert all(read_off(each.question, talk.lines) == each.answer for each in talk.planted)
