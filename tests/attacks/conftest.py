"""A warm grading process for the attacks, and those who watch what they do."""

import pytest

from autograder.errors import ConfinementError
from autograder.grading import grade
from tests.attacks import registry
from tests.attacks.watchers import Watchers
from tests.autograder.small_chapter import assignment


@pytest.fixture(scope="session")
def watchers():
    with Watchers() as watching:
        registry.PLACES.update(watching.places)
        yield watching


@pytest.fixture(scope="session")
def worker():
    from autograder.worker import Worker

    try:
        warm = Worker()
    except ConfinementError as error:
        pytest.skip(f"Attacks are not run where nothing confines them: {error}")
    with warm:
        yield warm


@pytest.fixture(scope="session")
def confined(worker, watchers):
    """Show that there are walls before anything runs that would harm where there are none."""
    notebook = registry.solved()
    look = "import os\nprint('seen:', os.path.exists('$CANARY'), os.path.exists('$ROOT/tests'))"
    registry.put(notebook, "double", registry.filled(look))
    said = registry.told(grade(registry.saved(notebook), assignment(), "scout", 0, worker))
    if "seen: False False" not in said:
        pytest.fail(f"Submissions are not confined here; harmful attacks are not run.\n{said}")
