"""Configuration for nbgrader: its own commands, with our grading inside.

Put one line into the `nbgrader_config.py` of a course folder:

    load_subconfig("nbgrader_config.py", path=<the folder of this file>)

or give this file with `--config`. `nbgrader autograde ch02_self_attention` then gives the same
marks as `course grade`.
"""

from nbgrader.preprocessors import (
    AssignLatePenalties,
    CheckCellMetadata,
    LimitOutput,
    SaveAutoGrades,
)

from autograder.preprocessors import HostileNotebookExporter, JudgedExecute, Transplant

c = get_config()  # noqa: F821  # pyright: ignore[reportUndefinedVariable] - nbgrader gives it
c.Autograde.exporter_class = HostileNotebookExporter
c.Autograde.sanitize_preprocessors = [Transplant, CheckCellMetadata]
c.Autograde.autograde_preprocessors = [
    JudgedExecute,
    LimitOutput,
    SaveAutoGrades,
    AssignLatePenalties,
    CheckCellMetadata,
]
