"""A course of one tiny chapter, for tests of what happens between a text and its products."""

from pathlib import Path

from autograder.exercises.base import Chapter, Criterion, Exercise, WrittenAnswer
from autograder.files import Course

SLUG = "ch07_doubling"

HEAD = """\
---
jupytext:
  text_representation:
    extension: .md
    format_name: myst
kernelspec:
  display_name: Python 3
  language: python
  name: python3
---

"""

TEXT = (
    HEAD
    + '''\
(ch07)=
# Doubling

Twice a number, as {cite:t}`euclid` has it; see {eq}`eq-double`.

$$
y = 2x
$$ (eq-double)

```{code-cell} ipython3
:given: imports

import math
```

```{code-cell} ipython3
print("two pies are", 2 * math.pi)
```

+++ {"statement": "double"}

### Exercise: double

Write a function that gives twice a number.

:::{note}
Half of the answer is the number.
:::

```{code-cell} ipython3
:exercise: double

def double(number: float) -> float:
    """Give twice a number."""
    ### BEGIN SOLUTION
    the_other_half = number
    return number + the_other_half
    ### END SOLUTION
```

```{code-cell} ipython3
:tests: double

assert double(3) == 6, "twice 3 is 6"
print("double(3) is", double(3))
```

+++ {"statement": "written"}

### Exercise: why

Why is twice a whole number even?

+++ {"exercise": "written"}

### BEGIN SOLUTION
Because it is two times something whole, which is what even means.
### END SOLUTION

+++

That was all.
'''
)

BIBLIOGRAPHY = """\
@book{euclid, author = {Euclid}, title = {Elements}, year = {1482}, url = {https://example.org/e}}
"""


def chapter() -> Chapter:
    """Build the exercises of the small chapter."""
    double = Exercise(
        name="double",
        points=90,
        exports=("double",),
        not_allowed=("numpy.multiply", "torch.Tensor.mul"),
        hints=("Add something to the number.", "Add the number to itself."),
    )
    rubric = (Criterion("says what even means", 4), Criterion("names the factor two", 6))
    return Chapter(
        SLUG, 7, "Doubling", (double, WrittenAnswer(name="written", points=10, rubric=rubric))
    )


LIVE_SLUG = "pies"
LIVE_TEXT = (
    HEAD
    + """\
# Pies

```{code-cell} ipython3
print("one pie is", 3)
```
"""
)


APPENDIX_SLUG = "halves"
APPENDIX_TEXT = (
    HEAD
    + '''\
# Halves

Half of a number; {doc}`doubling <ch07_doubling>` undoes it.

```{code-cell} ipython3
print("one half is", 1 / 2)
```

```{code-cell} ipython3
:drill: half

def half(number: float) -> float:
    """Give half of a number."""
    ### BEGIN SOLUTION
    the_half = number / 2
    return the_half
    ### END SOLUTION
```

```{code-cell} ipython3
:check: half

assert half(6) == 3, "half of 6 is 3"
print("half(6) is", half(6))
```
'''
)


def make_course(root: Path, text: str = TEXT, appendix: str = "") -> Course:
    """Write the small course into a folder, with an appendix if a text for one is given."""
    (root / "solutions").mkdir(parents=True, exist_ok=True)
    (root / "solutions" / f"{SLUG}.md").write_text(text, encoding="utf-8")
    (root / "book").mkdir(exist_ok=True)
    (root / "book" / "references.bib").write_text(BIBLIOGRAPHY, encoding="utf-8")
    if appendix:
        (root / "book" / "appendices").mkdir(exist_ok=True)
        path = root / "book" / "appendices" / f"{APPENDIX_SLUG}.md"
        path.write_text(appendix, encoding="utf-8")
    return Course(root, lambda slug: chapter())
