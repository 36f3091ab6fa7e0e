from pathlib import Path

import pytest
from nbgrader.apps import api, autogradeapp
from nbgrader.converters import Autograde
from traitlets.config.loader import PyFileConfigLoader

import autograder
from autograder.nbgrader_course.autograde import CourseAutograde
from autograder.nbgrader_course.preprocessors import (
    HostileNotebookExporter,
    JudgedExecute,
    SaveGrades,
    Transplant,
)


@pytest.fixture
def config(monkeypatch):
    for module in (api, autogradeapp):
        monkeypatch.setattr(module, "Autograde", Autograde)
    path = Path(autograder.__file__).with_name("nbgrader_config.py")
    return PyFileConfigLoader(path.name, str(path.parent)).load_config()


def test_our_steps_stand_in_place_of_the_weak_ones(config):
    assert config.Autograde.exporter_class is HostileNotebookExporter
    assert config.Autograde.sanitize_preprocessors[0] is Transplant
    steps = config.Autograde.autograde_preprocessors
    assert steps[0] is JudgedExecute
    names = [step.__name__ for step in steps]
    assert "Execute" not in names
    assert steps.index(SaveGrades) > steps.index(JudgedExecute)


@pytest.mark.usefixtures("config")
def test_the_command_and_the_formgrader_open_folders_our_way():
    assert autogradeapp.Autograde is CourseAutograde
    assert api.Autograde is CourseAutograde
