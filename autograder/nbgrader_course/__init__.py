"""nbgrader's own tree and commands, with the course's grading inside."""
