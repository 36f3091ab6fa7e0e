"""Configuration for nbgrader: its own commands, with our grading inside.

`course init` writes a course folder that loads this file; for one that you have already, put these
lines into its `nbgrader_config.py`:

    from pathlib import Path

    import autograder

    load_subconfig("nbgrader_config.py", path=str(Path(autograder.__file__).parent))

`nbgrader autograde ch02_self_attention` then gives the same marks as `course grade`.
"""

from nbgrader.apps import api, autogradeapp
from nbgrader.preprocessors import AssignLatePenalties, CheckCellMetadata, LimitOutput

from autograder.nbgrader_course.autograde import CourseAutograde
from autograder.nbgrader_course.preprocessors import (
    HostileNotebookExporter,
    JudgedExecute,
    SaveGrades,
    Transplant,
)

# The one thing that nbgrader has no option for: what it does with a learner's folder before it
# reads the notebook. The command takes the class from the one module, the formgrader the other.
autogradeapp.Autograde = api.Autograde = CourseAutograde

c = get_config()  # noqa: F821  # pyright: ignore[reportUndefinedVariable] - nbgrader gives it
c.Autograde.exporter_class = HostileNotebookExporter
c.Autograde.sanitize_preprocessors = [Transplant, CheckCellMetadata]
c.Autograde.autograde_preprocessors = [
    JudgedExecute,
    LimitOutput,
    SaveGrades,
    AssignLatePenalties,
    CheckCellMetadata,
]
# Else it leaves the pages of an earlier run, with the marks of that time, and says nothing.
c.GenerateFeedback.force = True
