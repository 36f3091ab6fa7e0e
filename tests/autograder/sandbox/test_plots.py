import matplotlib.pyplot as plt
import pytest

from autograder.judge.process import is_picture
from autograder.sandbox.plots import MAX_PLOTS, take_plots


@pytest.fixture(autouse=True)
def no_figures():
    plt.close("all")
    yield
    plt.close("all")


def test_each_open_figure_is_one_picture_that_the_judge_accepts():
    plt.figure()
    _, axes = plt.subplots()
    axes.plot([1, 2, 3])
    plots = take_plots()
    assert len(plots) == 2
    assert all(map(is_picture, plots))
    assert plt.get_fignums() == []


def test_there_is_a_limit_and_the_rest_is_closed_too():
    for _ in range(MAX_PLOTS + 2):
        plt.figure()
    assert len(take_plots()) == MAX_PLOTS
    assert take_plots() == []
