from autograder.learner.state import State


def test_done_is_whatever_leaves_nothing_to_do():
    assert [one.name for one in State if one.done] == ["PASSES", "RIGHT", "WRITTEN"]
