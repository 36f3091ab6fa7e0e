"""What a submission may use in sum, used up at the worst moment; with limits made small."""

import pytest

from autograder.errors import ConfinementError
from autograder.judge.warm_parent import WarmParent
from autograder.sandbox.limits import Limits
from autograder.session import plan, run_session
from autograder.submissions.reading import read_submission
from autograder.submissions.transplant import transplant
from tests.attacks.registry import added_cell, index, put, saved, solved
from tests.autograder.small_chapter import assignment

BUSY = """\
import time

begun = time.process_time()
while time.process_time() - begun < 9:
    pass
"""


@pytest.fixture(scope="module")
def events():
    try:
        parent = WarmParent()
    except ConfinementError as error:
        pytest.skip(f"Attacks are not run where nothing confines them: {error}")

    def run(notebook, **limits):
        rebuilt = transplant(assignment(), read_submission(saved(notebook)))
        steps = plan(assignment(), rebuilt.notebook)
        chapter = assignment().chapter
        return list(run_session(chapter, steps, 0, parent, Limits(**limits)))

    with parent:
        yield run


def kinds(told):
    return [event["kind"] for event in told]


@pytest.mark.parametrize("place", [0, 5], ids=["ahead of the imports", "behind the imports"])
def test_time_used_up_is_the_learners_fault_and_never_the_courses(events, place):
    notebook = solved()
    notebook.cells.insert(place, added_cell(f"{BUSY}\nimport os\nos._exit(0)"))
    told = events(notebook, total_cpu_s=5.0)
    assert "fault" not in kinds(told), told
    assert kinds(told)[-1] == "end"
    assert kinds(told).count("verdict") == 2
    assert "ran longer than 5 seconds" in str(told)


def test_what_was_judged_before_keeps_its_points(events):
    notebook = solved()
    notebook.cells.insert(index(notebook, "largest"), added_cell(BUSY))
    told = events(notebook, total_cpu_s=5.0)
    verdicts = [event["verdict"] for event in told if event["kind"] == "verdict"]
    assert '"points": 60.0' in verdicts[0]
    assert '"reason": ""' in verdicts[0]
    assert "ran longer than 5 seconds" in verdicts[1]


def test_sleepers_are_woken_by_the_clock(events):
    notebook = solved()
    notebook.cells.insert(index(notebook, "double"), added_cell("import time\ntime.sleep(60)"))
    told = events(notebook, total_wall_s=2.0)
    assert "took longer than 2 seconds" in str(told)


def test_memory_of_many_processes_is_summed(events):
    notebook = solved()
    put(
        notebook,
        "double",
        """
import os
import time

def double(x):
    for _ in range(8):
        if os.fork() == 0:
            held = bytearray(b"x") * (60 << 20)
            time.sleep(20)
            os._exit(0)
    time.sleep(20)
""",
    )
    told = events(notebook, memory_bytes=256 << 20)
    assert "of memory" in str(told)
    assert kinds(told).count("verdict") == 2
