import json
import re

import pytest

from course_lib.data.book_sections import (
    Section,
    cut,
    load_sections,
    read_sections,
    write_snapshot,
)

CHAPTER = """---
jupytext: {}
---

# The {term}`head <attention head>`line

:::{admonition} Note
:class: tip
First {cite:t}`bahdanau2015`, then {cite:p}`ba2016,vaswani2017a`.
:::

```{code-cell} ipython3
secret_code = 1
```

+++ {"part": 1}

## A part with $x$

$$
e = mc^2
$$ (eq-label)

See [the page](https://x.example) and {doc}`there <where>`.
(label-of-it)=
<details><summary>More</summary> of it</details>
<!-- not yet -->

### Exercise: `thing`

Do it.

### In your own words

### BEGIN SOLUTION
The answer.
### END SOLUTION

## Empty

## Last

End.
"""


class TestReading:
    def test_by_hand(self):
        assert read_sections(CHAPTER, "c1") == [
            Section(
                "c1/the-headline",
                "The headline",
                "The headline",
                "First Bahdanau 2015, then Ba 2016, Vaswani 2017.",
            ),
            Section(
                "c1/a-part-with-x",
                "The headline",
                "A part with $x$",
                "See the page and there.\n\nMore of it",
            ),
            Section("c1/last", "The headline", "Last", "End."),
        ]

    def test_a_text_without_headings(self):
        with pytest.raises(ValueError, match="c2 has no heading"):
            read_sections("just text", "c2")

    def test_a_snapshot_is_what_the_chapters_say(self, tmp_path):
        (tmp_path / "ch02_b.md").write_text("# B\n\ntwo\n", encoding="utf-8")
        (tmp_path / "ch01_a.md").write_text("# A\n\none ü\n", encoding="utf-8")
        (tmp_path / "notes.md").write_text("# C\n\nthree\n", encoding="utf-8")
        write_snapshot(tmp_path / "kept.json", tmp_path)
        assert load_sections(tmp_path / "kept.json") == [
            Section("ch01_a/a", "A", "A", "one ü"),
            Section("ch02_b/b", "B", "B", "two"),
        ]

    @pytest.mark.parametrize("text", ["{", '[{"key": 1}]', "3"])
    def test_a_damaged_snapshot(self, tmp_path, text):
        path = tmp_path / "kept.json"
        path.write_text(text)
        with pytest.raises(ValueError, match="holds no sections"):
            load_sections(path)


class TestCutting:
    def test_by_hand(self):
        section = Section("k", "C", "H", "a b c\n\nd\n\ne f g h i\n\nj")
        # Closed at four words or more: "a b c" has three, so "d" joins it.
        assert [chunk.text for chunk in cut([section], 4)] == [
            "H\na b c\n\nd",
            "H\ne f g h i",
            "H\nj",
        ]
        assert {chunk.section for chunk in cut([section], 4)} == {"k"}

    def test_nothing_is_lost(self):
        sections = load_sections()
        words = [word for section in sections for word in section.text.split()]
        in_chunks = [w for c in cut(sections, 50) for w in c.text.split("\n", 1)[1].split()]
        assert in_chunks == words

    def test_a_chunk_has_words(self):
        with pytest.raises(ValueError, match="not 0"):
            cut(load_sections(), 0)


class TestSnapshot:
    def test_every_section_has_a_key_of_its_own(self):
        keys = [section.key for section in load_sections()]
        assert len(keys) == len(set(keys)) > 100

    def test_neither_code_nor_solutions_nor_markup_are_in_it(self):
        text = json.dumps([section.text for section in load_sections()])
        for mark in ("SOLUTION", "```", ":::", "+++", "{cite", "{term", "<details", "<!--"):
            assert mark not in text
        assert not any(section.heading.startswith("Exercise") for section in load_sections())
        assert not re.search(r"^def |^import ", text, re.MULTILINE)
