from autograder.judge import output
from autograder.judge.output import Output, steady
from autograder.judge.process import CellReply


def test_what_fits_is_kept_as_it_is():
    said = Output().take(CellReply("42\n", "", (b"png",)))
    assert said == {"text": "42\n", "error": "", "plots": (b"png",)}


def test_a_flood_over_many_cells_is_cut(monkeypatch):
    monkeypatch.setattr(output, "MAX_TEXT_CHARACTERS", 25)
    monkeypatch.setattr(output, "MAX_PICTURES", 3)
    kept = Output()
    said = [kept.take(CellReply("x" * 10, "", (b"1", b"2"))) for _ in range(5)]
    assert [one["text"].count("x") for one in said] == [10, 10, 5, 0, 0]
    assert ["cut here" in one["text"] for one in said] == [False, False, True, True, True]
    assert [len(one["plots"]) for one in said] == [2, 1, 0, 0, 0]


def test_addresses_which_differ_from_run_to_run_are_left_out():
    text = f"{object()!r} 0xff"
    assert steady(text) == "<object object at 0x…> 0xff"
