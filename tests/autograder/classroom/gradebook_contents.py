"""What a gradebook says, without the ids that are drawn at random: for comparing two of them."""

from datetime import datetime, timedelta

from sqlalchemy import URL, create_engine, inspect, text

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


def contents_of(database):
    """Everything in a gradebook, a file or a URL, and how many rows each table has."""
    url = database if isinstance(database, URL) else URL.create("sqlite", database=str(database))
    engine = create_engine(url)
    try:
        with engine.connect() as connection:
            found = {
                name: sorted(
                    (tuple(map(_plain, row)) for row in connection.execute(text(query))), key=repr
                )
                for name, query in QUERIES.items()
            }
            for table in inspect(connection).get_table_names():
                count = connection.execute(text(f"SELECT COUNT(*) FROM {table}"))
                found[f"rows of {table}"] = tuple(count.one())
    finally:
        engine.dispose()
    return found


def _plain(value):
    """What SQLite gives for a value, which knows neither truth nor times."""
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, timedelta):  # as SQLAlchemy writes it: counted from 1970
        value = datetime(1970, 1, 1) + value
    return f"{value:%Y-%m-%d %H:%M:%S.%f}" if isinstance(value, datetime) else value
