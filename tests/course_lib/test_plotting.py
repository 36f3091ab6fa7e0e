import matplotlib as mpl
import matplotlib.pyplot as plt
import pytest
import torch

from course_lib.plotting import PALETTE, draw_weights, use_course_style

TQ, TK = 3, 5


@pytest.fixture
def ax():
    with mpl.rc_context():
        use_course_style()
        figure, ax = plt.subplots()
        yield ax
        plt.close(figure)


def test_every_square_shows_its_number(ax):
    weights = torch.rand(TQ, TK, generator=torch.Generator().manual_seed(0))
    draw_weights(ax, weights, list("abc"), list("vwxyz"))
    shown = [text.get_text() for text in ax.texts]
    assert shown == [f"{w:.2f}" for w in weights.flatten().tolist()]
    assert [label.get_text() for label in ax.get_yticklabels()] == list("abc")


def test_words_that_do_not_fit_are_refused(ax):
    with pytest.raises(ValueError, match=r"\(3, 5\) do not fit 5 queries and 3 keys"):
        draw_weights(ax, torch.rand(TQ, TK), list("vwxyz"), list("abc"))


def test_style_draws_svg_that_can_be_compared(ax):
    assert mpl.rcParams["svg.hashsalt"] == "course"
    assert mpl.rcParams["axes.prop_cycle"].by_key()["color"] == list(PALETTE)
