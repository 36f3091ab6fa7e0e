"""What the compute budget says; `budget/words.js` says the same in the page."""

from course_lib.figures.budget_numbers import BudgetNumbers
from course_lib.figures.formats import fixed, large_count, significant, thousands
from course_lib.figures.powers import duration, scientific
from course_lib.training.compute_optimal import Split

LOSS_DECIMALS = 4
MANY = 1000  # accelerators
# A size that differs from the best by less is called the best.
CLOSE = 0.005


def budget_in_words(law_name: str, flops: float, now: BudgetNumbers) -> str:
    """Say the best split of the budget, and what the chosen size costs against it.

    Args:
        law_name: What the law is called.
        flops: The budget.
        now: What follows from it.
    """
    said = (
        f"By the law “{law_name}”, {scientific(flops)} operations are best spent on "
        f"{_split_in_words(now.best)}: a loss of {fixed(now.best.loss, LOSS_DECIMALS)}. "
    )
    if abs(now.ratio - 1) < CLOSE:
        return said + "That is the size chosen."
    lost = fixed(now.lost, LOSS_DECIMALS)
    return (
        f"{said}The size chosen is {times(now.ratio)} as large, {_split_in_words(now.chosen)}: "
        f"a loss of {fixed(now.chosen.loss, LOSS_DECIMALS)}, "
        f"{f'{lost} more' if float(lost) else 'the same to four decimals'}."
    )


def time_in_words(teraflops: float, utilisation: int, now: BudgetNumbers) -> str:
    """Say how long one accelerator works for the budget, and how long many do."""
    return (
        f"One accelerator that does {utilisation}\N{NO-BREAK SPACE}% of {significant(teraflops)} "
        f"TFLOP/s needs {duration(now.seconds)}; {thousands(MANY)} of them, if none waits for "
        f"another, {duration(now.seconds / MANY)}."
    )


def times(ratio: float) -> str:
    """Write how many times one number is another: 0.0989 times, 3.30 times."""
    return f"{significant(ratio)} times"


def tokens_each(split: Split) -> str:
    """Write the tokens for each parameter."""
    return significant(split.n_tokens / split.n_parameters)


def _split_in_words(split: Split) -> str:
    return (
        f"{large_count(split.n_parameters)} parameters and {large_count(split.n_tokens)} tokens, "
        f"{tokens_each(split)} a parameter"
    )
