from course_lib.figures.diffusion_numbers import DiffusionNumbers
from course_lib.figures.diffusion_words import diffusion_in_words

NUMBERS = DiffusionNumbers([0.0, 0.0], ["AA", "/A"], [0.8, 0.96], [0.6, 0.28])


def test_a_step_on_the_way():
    said = diffusion_in_words(NUMBERS, "3", 2.0, 0)
    assert said.startswith("Step 1 of 2, painting a 3 with guidance 2: 64.0")
    assert said.endswith("The guess differs from the painting by 1.41 a pixel.")


def test_the_last_step():
    said = diffusion_in_words(NUMBERS, "7", 1.5, 1)
    assert said.startswith("Step 2 of 2, painting a 7 with guidance 1.5: ")
    assert said.endswith("The guess is the painting.")
