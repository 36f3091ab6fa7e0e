import pytest
import torch
import traitlets

from course_lib.figures.flash_tiles import MOST, FlashTiles, Preset


def make(n=6, **options):
    generator = torch.Generator().manual_seed(0)
    q, k, v = torch.randn(3, n, 2, generator=generator)
    return FlashTiles(q, k, v, **options)


def test_it_holds_what_it_was_given():
    figure = make(block_q=2, block_k=4, causal=True, step=3)
    work = figure.work()
    assert (work.grid.block_q, work.grid.block_k, work.grid.causal) == (2, 4, True)
    assert work.q.shape == (6, 2)
    assert figure.most == 6
    assert figure.queries[0] == pytest.approx(work.q[0].tolist())


def test_more_steps_than_tiles_count_as_all():
    figure = make(block_q=6, block_k=6, step=9)
    assert figure.done == 1
    assert figure.summary().startswith("Tile 1 of 1")


def test_presets_set_and_restore():
    figure = make(presets=[Preset("Rows", "One row at a time.", {"block_q": 1})])
    start, rows = figure.presets
    assert start["values"] == {"block_q": 3, "block_k": 3, "causal": False, "step": 1}
    assert rows["values"]["block_q"] == 1


def test_words_stand_in_for_it():
    figure = make()
    assert figure.text_alternative() == (
        f"{figure.title}. {figure.description}\n{figure.summary()}"
    )


@pytest.mark.parametrize(
    ("shapes", "sentence"),
    [
        ([(3, 2), (4, 2), (3, 2)], "do not fit each other"),
        ([(3, 2), (3, 1), (3, 2)], "do not fit each other"),
        ([(3, 2), (3, 2), (2, 2)], "do not fit each other"),
        ([(MOST + 1, 2)] * 3, "13 rows cannot be shown"),
        ([(0, 2)] * 3, "0 rows cannot be shown"),
    ],
)
def test_tensors_that_cannot_be_shown_are_refused(shapes, sentence):
    with pytest.raises(ValueError, match=sentence):
        FlashTiles(*(torch.zeros(shape) for shape in shapes))


def test_numbers_that_are_none_are_refused():
    with pytest.raises(ValueError, match="not finite"):
        FlashTiles(torch.full((2, 2), torch.nan), torch.zeros(2, 2), torch.zeros(2, 2))


@pytest.mark.parametrize("options", [{"block_q": 0}, {"block_k": MOST + 1}, {"step": -1}])
def test_what_is_out_of_reach_is_refused(options):
    with pytest.raises(traitlets.TraitError):
        make(**options)
