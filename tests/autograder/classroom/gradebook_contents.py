"""What a gradebook says, without the ids that are drawn at random: for comparing two of them."""

import contextlib
import sqlite3

QUERIES = {
    "students": "SELECT id, first_name, last_name, email, lms_user_id FROM student",
    "cells": """
        SELECT assignment.name, notebook.name, base_cell.name, base_cell.type
        FROM base_cell JOIN notebook ON notebook.id = base_cell.notebook_id
        JOIN assignment ON assignment.id = notebook.assignment_id
    """,
    "points": """
        SELECT base_cell.name, grade_cells.max_score, grade_cells.cell_type
        FROM grade_cells JOIN base_cell ON base_cell.id = grade_cells.id
    """,
    "sources": "SELECT name, cell_type, locked, source, checksum FROM source_cell",
    "submissions": """
        SELECT assignment.name, student_id, timestamp, extension, course_entered.submission
        FROM submitted_assignment JOIN assignment
        ON assignment.id = submitted_assignment.assignment_id
        LEFT JOIN course_entered ON course_entered.submission_id = submitted_assignment.id
    """,
    "notebooks": """
        SELECT notebook.name, student_id, flagged, late_submission_penalty
        FROM submitted_notebook JOIN notebook ON notebook.id = submitted_notebook.notebook_id
        JOIN submitted_assignment
        ON submitted_assignment.id = submitted_notebook.assignment_id
    """,
    "grades": """
        SELECT student_id, base_cell.name, auto_score, manual_score, extra_credit,
        needs_manual_grade
        FROM grade JOIN base_cell ON base_cell.id = grade.cell_id
        JOIN submitted_notebook ON submitted_notebook.id = grade.notebook_id
        JOIN submitted_assignment
        ON submitted_assignment.id = submitted_notebook.assignment_id
    """,
    "comments": """
        SELECT student_id, base_cell.name, auto_comment, manual_comment
        FROM comment JOIN base_cell ON base_cell.id = comment.cell_id
        JOIN submitted_notebook ON submitted_notebook.id = comment.notebook_id
        JOIN submitted_assignment
        ON submitted_assignment.id = submitted_notebook.assignment_id
    """,
    "version": "SELECT version_num FROM alembic_version",
}


def contents_of(path):
    """Everything in a SQLite gradebook, and how many rows each table has."""
    with contextlib.closing(sqlite3.connect(path)) as connection:
        found = {
            name: sorted(connection.execute(query).fetchall(), key=repr)
            for name, query in QUERIES.items()
        }
        tables = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        for (table,) in tables.fetchall():
            found[f"rows of {table}"] = connection.execute(
                f"SELECT COUNT(*) FROM {table}"
            ).fetchone()
    return found
