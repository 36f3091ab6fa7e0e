"""The compute budget: how large a model, and how many tokens, for so much arithmetic.

The figure holds laws of size and data, and what the reader has chosen. Its module computes in the
reader's browser; `ComputeBudget.numbers` computes the same with `course_lib.training`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import traitlets

from course_lib.figures.base import Figure, Preset
from course_lib.figures.budget_models import PUBLIC_TRAININGS, Training
from course_lib.figures.budget_numbers import TERA, BudgetNumbers, axes_of, compared, numbers_of
from course_lib.figures.budget_words import budget_in_words, time_in_words
from course_lib.figures.formats import fixed
from course_lib.training.compute_optimal import CHINCHILLA, CHINCHILLA_REFITTED, JointLaw

# What a chapter's cell needs.
__all__ = ["PUBLISHED_LAWS", "ComputeBudget", "Preset", "Training", "situations"]

AS_PUBLISHED = "Hoffmann et al. 2022, as published"
FITTED_ANEW = "Besiroglu et al. 2024"
PUBLISHED_LAWS = {FITTED_ANEW: CHINCHILLA_REFITTED, AS_PUBLISHED: CHINCHILLA}
PUBLISHED_BUDGETS = (1e18, 1e26)
# Dense bfloat16, from the vendor's data sheets.
ACCELERATORS = [["A100", 312.0], ["H100 SXM", 989.0]]
LEAST_TERAFLOPS, MOST_TERAFLOPS = 0.001, 100_000.0

STATE = ("law_name", "flops", "n_parameters", "at_optimum", "teraflops", "utilisation")
START = (
    "Every curve is one budget: a small model on much text at its left, a large one on little at "
    "its right. Drag the size along the curve, then the budget."
)


class ComputeBudget(Figure):
    """A budget and a size to drag, the curve of equal compute, and public trainings beside it.

    Attributes:
        laws: Names and coefficients of the laws to choose from.
        trainings: Names, parameters and tokens of the trainings shown as points.
        accelerators: Names and TFLOP/s of accelerators to choose from.
        budgets: The smallest and the largest budget.
        sizes: The smallest and the largest size, the ends of its axis.
        excess: Ends of the axis of losses above the floor.
        law_name: The law chosen.
        flops: Operations of the whole training (C).
        n_parameters: The size that the reader has chosen (N).
        at_optimum: Whether the size follows the best one instead.
        teraflops: What the accelerator does in a second at best, in 10¹² operations.
        utilisation: Which part of that a training reaches, in per cent.
    """

    laws = traitlets.List(traitlets.Dict()).tag(sync=True)
    trainings = traitlets.List(traitlets.Dict()).tag(sync=True)
    accelerators = traitlets.List(traitlets.List(), ACCELERATORS).tag(sync=True)
    budgets = traitlets.List(traitlets.Float()).tag(sync=True)
    sizes = traitlets.List(traitlets.Float()).tag(sync=True)
    excess = traitlets.List(traitlets.Float()).tag(sync=True)
    law_name = traitlets.Unicode().tag(sync=True)
    flops = traitlets.Float(1.0).tag(sync=True)
    n_parameters = traitlets.Float(1.0).tag(sync=True)
    at_optimum = traitlets.Bool(default_value=True).tag(sync=True)
    teraflops = traitlets.Float(989.0, min=LEAST_TERAFLOPS, max=MOST_TERAFLOPS).tag(sync=True)
    utilisation = traitlets.Int(40, min=1, max=100).tag(sync=True)

    def __init__(
        self,
        laws: Mapping[str, JointLaw] = PUBLISHED_LAWS,
        *,
        flops: float,
        n_parameters: float | None = None,
        trainings: Sequence[Training] = PUBLIC_TRAININGS,
        budgets: tuple[float, float] = PUBLISHED_BUDGETS,
        see: str = START,
        presets: Sequence[Preset] = (),
        title: str = "From a budget of arithmetic to a model and its text",
        description: str = "The loss against the size of the model where each size is trained on "
        "as many tokens as one budget pays for. Sliders set the budget and the size.",
        **settings: Any,  # noqa: ANN401 - each is checked by its trait
    ) -> None:
        """Begin with a budget.

        Args:
            laws: The laws to choose from, by name; the first is shown first.
            flops: The budget at the start.
            n_parameters: The size at the start. None begins at the best one and follows it.
            trainings: Trainings to show as points.
            budgets: The smallest and the largest budget that can be chosen.
            see: What there is to see and to try at the start.
            presets: Buttons for other states.
            title: One line above the figure.
            description: What there is to see, for a reader who does not see it.
            settings: `law_name`, `teraflops` or `utilisation`.

        Raises:
            TypeError: There is no such setting.
            ValueError: There is no law, or the budgets do not rise from above 0.
            traitlets.TraitError: A setting lies outside its limits.
        """
        if unknown := settings.keys() - {"law_name", "teraflops", "utilisation"}:
            raise TypeError(f"the compute budget has no setting {', '.join(sorted(unknown))}")
        if not laws:
            raise ValueError("the compute budget needs at least one law")
        if not 0 < budgets[0] < budgets[1]:
            raise ValueError(f"the budgets must rise from above 0, got {budgets}")
        self._law_of = dict(laws)
        axes = axes_of(list(laws.values()), budgets)
        best = next(iter(laws.values())).best_split(flops)
        super().__init__(
            laws=[{"name": name} | asdict(law) for name, law in laws.items()],
            trainings=[each.for_the_page() for each in trainings],
            budgets=list(budgets),
            sizes=list(axes.sizes),
            excess=list(axes.excess),
            title=title,
            description=description,
            at_optimum=n_parameters is None,
            **{"law_name": next(iter(laws))} | settings,
        )
        self.flops = flops
        self.n_parameters = best.n_parameters if n_parameters is None else n_parameters
        self.offer(see, presets, restored=STATE)

    @traitlets.validate("law_name")
    def _check_law(self, proposal: traitlets.Bunch) -> str:
        if proposal.value not in self._law_of:
            raise traitlets.TraitError(
                f"there is no law {proposal.value!r}; there are: {', '.join(self._law_of)}"
            )
        return proposal.value

    @traitlets.validate("flops", "n_parameters")
    def _check_range(self, proposal: traitlets.Bunch) -> float:
        name, value = proposal.trait.name, proposal.value
        ends = self.budgets if name == "flops" else self.sizes
        if not ends[0] <= value <= ends[1]:
            raise traitlets.TraitError(
                f"{name} {value:g} is out of reach: choose {ends[0]:g} to {ends[1]:g}"
            )
        return value

    @property
    def law(self) -> JointLaw:
        """The law that the reader has chosen."""
        return self._law_of[self.law_name]

    def numbers(self) -> BudgetNumbers:
        """Compute what the figure shows now, the reader's changes included."""
        n_parameters = None if self.at_optimum else self.n_parameters
        rate = self.teraflops * TERA * self.utilisation / 100
        return numbers_of(self.law, self.flops, n_parameters, rate)

    def beside(self) -> dict[str, BudgetNumbers]:
        """Hold each training against the best that its own compute would have paid for."""
        trainings = [Training(**each) for each in self.trainings]
        return {each.name: compared(self.law, each) for each in trainings}

    def summary(self) -> str:
        """Say the best split, and what the chosen size costs against it."""
        return budget_in_words(self.law_name, self.flops, self.numbers())

    def time(self) -> str:
        """Say how long accelerators work for the budget."""
        return time_in_words(self.teraflops, self.utilisation, self.numbers())

    def text_alternative(self) -> str:
        """Say the best split, the time, and how far each training lies from its best."""
        words = [super().text_alternative(), self.summary(), self.time()]
        if beside := self.beside():
            said = [f"{name} {fixed(now.lost, 4)}" for name, now in beside.items()]
            words.append(f"Loss above the best for the same compute: {'; '.join(said)}.")
        return "\n".join(words)


def situations() -> tuple[Preset, ...]:
    """Return three situations of public models, each with something to do."""
    return (
        Preset(
            "GPT-3’s budget",
            "This is GPT-3: 175 billion parameters, 1.71 tokens for each. Drag the size to the "
            "lowest point of the curve: how much smaller should the model have been?",
            {"flops": 3.15e23, "n_parameters": 175e9, "at_optimum": False},
            asks=True,
        ),
        Preset(
            "Chinchilla, two fits",
            "Chinchilla stands at the lowest point by one fit of its authors’ trainings. Choose "
            "the other law, the one that was published and rounded: where is the lowest point now?",
            {"flops": 5.88e23, "n_parameters": 70e9, "at_optimum": False},
            asks=True,
        ),
        Preset(
            "A small model, long trained",
            "LLaMA 3 8B has read 1,868 tokens for each parameter. Read what that costs in loss, "
            "and how many times as large the best model would be: each answer would then take as "
            "many times the arithmetic.",
            {"flops": 7.227e23, "n_parameters": 8.03e9, "at_optimum": False},
            asks=True,
        ),
    )
