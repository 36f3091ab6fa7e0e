import copy
import json
import os

import nbformat
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograder.errors import UnreadableError
from autograder.submissions import reading as submission
from autograder.submissions.reading import MAX_BYTES, Cell, read_bytes, read_submission

NOTEBOOK = {
    "cells": [
        {"cell_type": "markdown", "id": "one", "metadata": {}, "source": ["# A\n", "text"]},
        {
            "cell_type": "code",
            "id": "two",
            "metadata": {"nbgrader": {"grade_id": "ch99_double"}, "tags": ["skip-execution"]},
            "source": "x = 1",
            "outputs": [],
            "execution_count": None,
        },
    ],
    "metadata": {},
    "nbformat": 4,
    "nbformat_minor": 5,
}


def as_bytes(**changes):
    return json.dumps({**copy.deepcopy(NOTEBOOK), **changes}).encode()


def with_cell(**changes):
    return as_bytes(cells=[{**NOTEBOOK["cells"][1], **changes}])


class TestReadSubmission:
    def test_keeps_kind_text_and_ids_and_nothing_else(self):
        read = read_submission(as_bytes())
        assert read.cells == (
            Cell("markdown", "# A\ntext", "", "one"),
            Cell("code", "x = 1", "ch99_double", "two"),
        )
        assert read.repairs == ()

    @pytest.mark.parametrize(
        "encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"]
    )
    def test_reads_every_encoding_that_editors_write(self, encoding):
        data = json.dumps(NOTEBOOK, ensure_ascii=False).encode(encoding)
        assert read_submission(data).cells == read_submission(as_bytes()).cells

    def test_reads_latin_1_and_says_so(self):
        data = as_bytes().replace(b"x = 1", "é = 1".encode("latin-1"))
        read = read_submission(data)
        assert read.cells[1].source == "é = 1"
        assert "Latin-1" in read.repairs[0]

    def test_reads_format_3(self):
        old = [{"cell_type": "code", "input": ["x = 2"]}, {"cell_type": "heading", "source": "A"}]
        data = json.dumps({"nbformat": 3, "worksheets": [{"cells": old}]}).encode()
        read = read_submission(data)
        assert read.cells == (Cell("code", "x = 2"), Cell("markdown", "A"))
        assert "old format 3" in read.repairs[0]

    def test_a_newer_minor_format_is_read_as_it_is(self):
        assert read_submission(as_bytes(nbformat_minor=99)).repairs == ()

    def test_windows_line_ends_become_plain(self):
        assert read_submission(with_cell(source="a\r\nb\rc")).cells[0].source == "a\nb\nc"

    def test_a_lone_surrogate_is_replaced(self):
        data = with_cell(source="x").replace(b'"x"', b'"\\ud800"')
        assert "\ud800" not in read_submission(data).cells[0].source

    @pytest.mark.parametrize(
        ("cell", "sentence"),
        [
            ("no cell", "is damaged"),
            ({"cell_type": "sql", "source": "x"}, "no known kind"),
            ({"cell_type": "code", "source": [1]}, "text of cell 2 is damaged"),
        ],
    )
    def test_a_damaged_cell_is_repaired_and_named(self, cell, sentence):
        read = read_submission(as_bytes(cells=[NOTEBOOK["cells"][1], cell]))
        assert read.cells[0].source == "x = 1"
        assert sentence in read.repairs[0]
        assert "2" in read.repairs[0]

    def test_a_cell_too_long_is_emptied_and_named(self, monkeypatch):
        monkeypatch.setattr(submission, "MAX_CELL_CHARACTERS", 4)
        read = read_submission(with_cell(source="x = 1"))
        assert read.cells[0].source == ""
        assert "Cell 1 has 5 characters, 4 are allowed" in read.repairs[0]

    @pytest.mark.parametrize(
        ("data", "reason"),
        [
            (b"", "empty"),
            (b" \n", "empty"),
            (b"PK\x03\x04rest", "zip archive"),
            (b"<!doctype html><html>", "web page"),
            (b'{"cells": [', "looks cut off"),
            (b'{"cells": ["abc', "looks cut off"),
            (b"{'cells': []}", "not valid JSON"),
            (b"[]", "not a notebook"),
            (b"{}", "no list of cells"),
            (b"[" * 100_000, "nested too deeply"),
            (b'{"a": ' + b"9" * 5000 + b"}", "not valid JSON"),
            (b'{\n<<<<<<< HEAD\n"cells": []}', "merge conflict"),
            (b'{"cells": [], "nbformat": 4, "nbformat_minor": 5}', "no cells"),
            (b'{"cells": [], "nbformat": 5, "nbformat_minor": 0}', "Save it as format 4"),
            (b'{"cells": [], "nbformat": 2, "nbformat_minor": 0}', "too old"),
        ],
    )
    def test_says_why_nothing_can_be_graded(self, data, reason):
        with pytest.raises(UnreadableError, match=reason):
            read_submission(data)

    def test_refuses_too_many_cells(self, monkeypatch):
        monkeypatch.setattr(submission, "MAX_CELLS", 1)
        with pytest.raises(UnreadableError, match="has 2 cells; 1 are allowed"):
            read_submission(as_bytes())

    def test_refuses_a_file_too_large(self, monkeypatch):
        monkeypatch.setattr(submission, "MAX_BYTES", 10)
        with pytest.raises(UnreadableError, match="Clear the outputs"):
            read_submission(as_bytes())

    @given(st.data())
    @settings(max_examples=200, deadline=None, derandomize=True)
    def test_any_damage_is_read_or_refused_in_words(self, data):
        whole = bytearray(as_bytes())
        for _ in range(data.draw(st.integers(1, 5))):
            at = data.draw(st.integers(0, len(whole) - 1))
            whole[at] = data.draw(st.integers(0, 255))
        cut = bytes(whole[: data.draw(st.integers(0, len(whole)))])
        try:
            cells = read_submission(cut).cells
        except UnreadableError as error:
            cells, said = (), str(error)
        else:
            said = "read."
        assert said.endswith(".")
        assert all(cell.source.encode() is not None for cell in cells)


class TestReadBytes:
    def test_reads_a_file(self, tmp_path):
        (tmp_path / "a.ipynb").write_bytes(b"abc")
        assert read_bytes(tmp_path / "a.ipynb") == b"abc"

    def test_follows_no_link(self, tmp_path):
        (tmp_path / "secret").write_bytes(b"abc")
        (tmp_path / "a.ipynb").symlink_to(tmp_path / "secret")
        with pytest.raises(UnreadableError, match="is a link"):
            read_bytes(tmp_path / "a.ipynb")

    def test_waits_for_no_pipe(self, tmp_path):
        os.mkfifo(tmp_path / "a.ipynb")
        with pytest.raises(UnreadableError, match="not a plain file"):
            read_bytes(tmp_path / "a.ipynb")

    def test_refuses_a_huge_file_before_reading_it(self, tmp_path):
        with open(tmp_path / "a.ipynb", "wb") as file:
            file.truncate(MAX_BYTES + 1)  # sparse: takes no room
        with pytest.raises(UnreadableError, match="MiB are allowed"):
            read_bytes(tmp_path / "a.ipynb")

    def test_names_what_the_system_says(self, tmp_path):
        with pytest.raises(UnreadableError, match="No such file"):
            read_bytes(tmp_path / "a.ipynb")


def test_the_notebook_of_these_tests_is_one():
    nbformat.validate(nbformat.from_dict(NOTEBOOK))
