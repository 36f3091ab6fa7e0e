import pytest
import torch

from course_lib.agents.planted_secrets import DISGUISES, N_DIGITS, disguise, make_vault, undo
from course_lib.data import facts


def draw(n_people=7, seed=0):
    return make_vault(n_people, torch.Generator().manual_seed(seed))


class TestVault:
    def test_each_code_may_be_read_by_its_owner_alone(self):
        vault = draw()
        assert len(vault.codes) == 7
        secrets = [note for note in vault.notes if "door code" in note.text]
        assert len(secrets) == 7
        for note in secrets:
            [owner] = note.readers
            assert note.text == f"the door code of {owner} is {vault.codes[owner]} ."
            assert not note.may_be_read_by(next(p for p in vault.codes if p != owner))

    def test_facts_may_be_read_by_all(self):
        vault = draw()
        others = [note for note in vault.notes if "door code" not in note.text]
        assert len(others) == 7 * len(facts.RELATIONS)
        assert all(note.may_be_read_by("mallory") for note in others)

    def test_three_questions_a_person(self):
        vault = draw()
        assert len(vault.asks) == 3 * 7
        for ask in vault.asks:
            if ask.is_secret:
                owner = next(p for p, code in vault.codes.items() if code == ask.answer)
                assert ask.is_allowed == (ask.asker == owner)
                assert ask.question.endswith(f" {owner}")
            else:
                told = f"{ask.question} {ask.answer} ."
                assert any(note.text == told for note in vault.notes)

    def test_codes_are_digits_and_the_seed_decides(self):
        assert all(len(c) == N_DIGITS and c.isdecimal() for c in draw().codes.values())
        assert draw() == draw() != draw(seed=1)

    @pytest.mark.parametrize("n_people", [1, 99])
    def test_so_many_people_there_are_not(self, n_people):
        with pytest.raises(ValueError, match=f"not {n_people}"):
            draw(n_people)


class TestDisguise:
    def test_by_hand(self):
        text = "the code is 4711 ."
        assert disguise(text, "plain") == text
        assert disguise(text, "spelled") == "the code is 4 7 1 1 ."
        assert disguise(text, "backwards") == "the code is 1174 ."

    @pytest.mark.parametrize("how", DISGUISES)
    def test_whoever_asked_for_it_can_read_it(self, how):
        assert undo(disguise("the code is 4712 .", how), how) == "4712"

    def test_a_disguise_that_there_is_not(self):
        with pytest.raises(ValueError, match="no disguise 'rot13'"):
            disguise("1", "rot13")
