"""Compared with what Python's own csv makes of them, and byte for byte with themselves."""

import csv
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograder.errors import CourseError
from autograder.school.tables import read_table
from tests.autograder.school.made import HAND_MADE

FILES = sorted(HAND_MADE.glob("*.csv"))


def read(tmp_path, text, encoding="utf-8"):
    path = tmp_path / "table.csv"
    path.write_bytes(text.encode(encoding))
    return read_table(path)


def cells(table):
    return [
        [table.cell(row, column) for column in range(len(table.written[row]))]
        for row in range(len(table.written))
    ]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_nothing_changed_is_the_file(path):
    assert read_table(path).changed({}) == path.read_bytes()


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_cells_are_those_that_csv_reads(path):
    table = read_table(path)
    text = path.read_bytes().decode("utf-8-sig")
    assert cells(table) == list(csv.reader(io.StringIO(text, ""), delimiter=table.delimiter))


@settings(max_examples=200, deadline=None)
@given(
    rows=st.lists(
        st.lists(st.text('ab ",;\n\té=', max_size=5), min_size=2, max_size=2), min_size=1
    ),
    delimiter=st.sampled_from([",", ";", "\t"]),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    end=st.sampled_from(["\n", "\r\n"]),
    bom=st.booleans(),
)
def test_any_table_that_csv_writes(tmp_path_factory, rows, delimiter, quoting, end, bom):
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=delimiter, quoting=quoting, lineterminator=end)
    writer.writerows([["one", "two"], *rows])
    path = tmp_path_factory.mktemp("table") / "table.csv"
    path.write_text(text.getvalue(), encoding="utf-8-sig" if bom else "utf-8", newline="")
    table = read_table(path)
    assert table.delimiter == delimiter
    assert cells(table)[1 : len(rows) + 1] == rows
    assert table.changed({}) == path.read_bytes()
    changed = table.changed({(1, 1): 'new; "cell",\n'})
    path.write_bytes(changed)
    again = read_table(path)
    assert again.cell(1, 1) == 'new; "cell",\n'
    assert again.cell(1, 0) == rows[0][0]
    assert again.written[2:] == table.written[2:]


def test_only_the_cell_changes(tmp_path):
    table = read(tmp_path, 'a, b ,"c"\r\n"1","2",3\r\n,,\r\n')
    assert table.header == ["a", "b", "c"]
    assert table.changed({(1, 1): "7", (1, 2): "x,y"}) == (b'a, b ,"c"\r\n"1","7","x,y"\r\n,,\r\n')


def test_a_short_row_is_filled_up(tmp_path):
    table = read(tmp_path, "a,b,c\n1\n2,3,4\n")
    assert table.cell(1, 2) == ""
    assert table.changed({(1, 2): "9"}) == b"a,b,c\n1,,9\n2,3,4\n"


def test_quotes_within_a_cell(tmp_path):
    table = read(tmp_path, 'a,b\nsaid "x",2\n"q"r"s",""\n')
    assert cells(table) == [["a", "b"], ['said "x"', "2"], ['qr"s"', ""]]


def test_line_ends_of_each_kind_within_cells_and_between_rows(tmp_path):
    table = read(tmp_path, 'a,b\r"x\r","y\r\n"\r\n1,2')
    assert cells(table) == [["a", "b"], ["x\r", "y\r\n"], ["1", "2"]]
    assert table.ends == ("\r", "\r\n", "")


@pytest.mark.parametrize("text", ['a,b\n1,"open\n2,3\n', 'a,b\n"x"",1\n', 'a,b\n"x""', 'a,b\n"'])
def test_a_quote_that_never_closes_is_told_with_its_row(tmp_path, text):
    with pytest.raises(CourseError, match="row 2: a quote is opened and never closed"):
        read(tmp_path, text)


@pytest.mark.parametrize(
    ("text", "encoding"), [("Zoë,1\n", "latin-1"), ("a,b\n1,2\n", "utf-16"), ("é,b\n", "cp1252")]
)
def test_other_encodings_are_refused_in_a_sentence(tmp_path, text, encoding):
    with pytest.raises(CourseError, match="UTF-8"):
        read(tmp_path, text, encoding)


@pytest.mark.parametrize("text", ["", " \n\n", "a\0b,c\n"])
def test_what_is_no_table(tmp_path, text):
    with pytest.raises(CourseError, match="no CSV file"):
        read(tmp_path, text)


def test_a_missing_file(tmp_path):
    with pytest.raises(CourseError, match="There is no"):
        read_table(tmp_path / "none.csv")
