"""What the figure of diffusion says; `diffusion/words.js` says the same in the page."""

from course_lib.figures.diffusion_numbers import DiffusionNumbers
from course_lib.figures.formats import fixed, percent


def diffusion_in_words(numbers: DiffusionNumbers, digit: str, guidance: float, step: int) -> str:
    """Say how noisy the canvas is and how far the guess is from the painting.

    Args:
        numbers: The painting.
        digit: What is painted.
        guidance: How much the wish is exaggerated.
        step: The step shown, counted from 0.
    """
    n_steps = len(numbers.guesses)
    where = (
        f"Step {step + 1} of {n_steps}, painting a {digit} with guidance {guidance:g}: "
        f"{percent(numbers.share(step), 1)} of the canvas’s variance is picture, the rest noise."
    )
    if step == n_steps - 1:
        return f"{where} The guess is the painting."
    return f"{where} The guess differs from the painting by {fixed(numbers.apart(step))} a pixel."
