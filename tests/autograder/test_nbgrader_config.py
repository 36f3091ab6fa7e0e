from pathlib import Path

from traitlets.config import PyFileConfigLoader

import autograder
from autograder.preprocessors import HostileNotebookExporter, JudgedExecute, Transplant


def test_our_steps_stand_in_place_of_the_weak_ones():
    path = Path(autograder.__file__).with_name("nbgrader_config.py")
    config = PyFileConfigLoader(path.name, str(path.parent)).load_config()
    assert config.Autograde.exporter_class is HostileNotebookExporter
    assert config.Autograde.sanitize_preprocessors[0] is Transplant
    steps = config.Autograde.autograde_preprocessors
    assert steps[0] is JudgedExecute
    names = [step.__name__ for step in steps]
    assert "Execute" not in names
    assert names.index("SaveAutoGrades") > names.index("JudgedExecute")
