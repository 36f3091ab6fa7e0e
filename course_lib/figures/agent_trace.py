"""An agent's trace, step by step: thought, call, result, memory and budget.

The figure holds what really ran: for each case a run for every number of calls and every memory.
Its module only chooses among them; nothing is computed in the page that a policy did not decide.
"""

from collections.abc import Sequence

import traitlets

from course_lib.figures.base import Figure, Preset
from course_lib.figures.trace_moments import Moment
from course_lib.figures.trace_runs import MOST_CALLS, Case, Run, runs_of
from course_lib.figures.trace_words import trace_in_words

# What a chapter's cell needs.
__all__ = ["AgentTrace", "Case", "Preset"]

STATE = ("case", "n_calls", "n_remembered", "moment")
START = (
    "Press “Next” and go through the trace step by step. Then take calls away, and see where the "
    "work ends."
)


class AgentTrace(Figure):
    """A card for the step, a line for each step before, and what is left of the budget.

    Attributes:
        labels: The cases to choose from.
        deciders: What decides in each.
        tasks: What is asked for in each.
        wanted: What is right in each.
        runs: All runs, each once.
        places: Of each case, number of calls and memory, which of `runs` it is.
        case: Index of the case shown.
        n_calls: How many calls may be made.
        n_remembered: How many of its last steps the policy sees.
        moment: 0 before anything, then one for each step; more than there are counts as the end.
    """

    labels = traitlets.List(traitlets.Unicode()).tag(sync=True)
    deciders = traitlets.List(traitlets.Unicode()).tag(sync=True)
    tasks = traitlets.List(traitlets.Unicode()).tag(sync=True)
    wanted = traitlets.List(traitlets.Unicode()).tag(sync=True)
    runs = traitlets.List(traitlets.Dict()).tag(sync=True)
    places = traitlets.List(traitlets.List(traitlets.List(traitlets.Int()))).tag(sync=True)
    case = traitlets.Int(0, min=0).tag(sync=True)
    n_calls = traitlets.Int(3, min=0, max=MOST_CALLS).tag(sync=True)
    n_remembered = traitlets.Int(MOST_CALLS, min=1, max=MOST_CALLS).tag(sync=True)
    moment = traitlets.Int(1, min=0, max=MOST_CALLS + 1).tag(sync=True)

    def __init__(
        self,
        cases: Sequence[Case],
        *,
        see: str = START,
        presets: Sequence[Preset] = (),
        title: str = "An agent’s trace, step by step",
        description: str = (
            "A card shows what the policy of an agent saw, thought and called at one step, and "
            "what came of it; below it stand the steps before, those that it still sees and those "
            "that it has forgotten. Buttons and sliders choose the step, the calls that may be "
            "made, and how many steps are remembered."
        ),
    ) -> None:
        """Run the cases and pack what happened for the page.

        Args:
            cases: What to choose from; the first is shown first.
            see: What there is to see and to try at the start.
            presets: Buttons for other states.
            title: One line above the figure.
            description: What there is to see, for a reader who does not see it.

        Raises:
            ValueError: There is no case.
        """
        if not cases:
            raise ValueError("the figure needs at least one case")
        runs: list[Run] = []
        super().__init__(
            labels=[case.label for case in cases],
            deciders=[case.decider for case in cases],
            tasks=[case.task for case in cases],
            wanted=[case.wanted for case in cases],
            places=[
                [[_place_of(run, runs) for run in row] for row in runs_of(case)] for case in cases
            ],
            runs=runs,
            title=title,
            description=description,
        )
        self.offer(see, presets, restored=STATE)

    @traitlets.validate("case")
    def _check_case(self, proposal: traitlets.Bunch) -> int:
        if proposal.value >= len(self.labels):
            raise traitlets.TraitError(
                f"there is no case {proposal.value}; the last is {len(self.labels) - 1}"
            )
        return proposal.value

    def now(self) -> Moment:
        """Return the moment that is shown, as the reader has it now."""
        place = self.places[self.case][self.n_calls][self.n_remembered - 1]
        return Moment(self.runs[place], self.n_calls, self.n_remembered, self.moment)

    def summary(self) -> str:
        """Say what the figure shows now."""
        return trace_in_words(self.now(), self.tasks[self.case], self.wanted[self.case])

    def text_alternative(self) -> str:
        """Say what the figure shows in words."""
        return f"{super().text_alternative()}\n{self.summary()}"


def _place_of(run: Run, runs: list[Run]) -> int:
    """Return where a run stands among others, behind which it is put if it is new."""
    if run not in runs:
        runs.append(run)
    return runs.index(run)
