import pytest

from course_lib.own_gpt.progress import WithBar


def by_index(items):
    return [items[step] for step in range(len(items))]


def in_a_loop(items):
    return list(items)


def in_two_slices(items):
    return [*items[:2], *items[2:]]


@pytest.mark.parametrize("take", [by_index, in_a_loop, in_two_slices])
def test_the_items_come_and_the_bar_arrives(take, capsys):
    assert take(WithBar(["a", "b", "c"], desc="steps")) == ["a", "b", "c"]
    shown = capsys.readouterr().err
    assert "steps: 100%" in shown
    assert "3/3" in shown


def test_what_is_not_taken_is_not_counted(capsys):
    items = WithBar(["a", "b", "c", "d"])
    assert items[-1] == "d"
    assert items._bar.n == 1
    with pytest.raises(IndexError):
        items[4]
    assert items._bar.n == 1
    items._bar.close()
    assert "100%" not in capsys.readouterr().err
