"""Running a plan, wave by wave, with what each step needs filled in."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from course_lib.agents.calls import Call, Result, run_call
from course_lib.agents.plan import SIGN, Plan, PlanStep
from course_lib.agents.tools import Tool


@dataclass(frozen=True)
class Outcome:
    """What became of a plan.

    Attributes:
        results: What each step gave, of those that ran.
        left_out: Steps that did not run because something that they need went wrong.
        n_calls: How many calls were made, repeated ones too.
        n_waves: How long it took if all steps of a wave run side by side.
        answer: What the goal gave; None if it did not come to that.
    """

    results: Mapping[str, Result]
    left_out: tuple[str, ...]
    n_calls: int
    n_waves: int
    answer: str | None


def run_plan(
    plan: Plan,
    tools: Mapping[str, Tool],
    *,
    n_tries: int = 1,
    on_result: Callable[[PlanStep, Result], object] | None = None,
) -> Outcome:
    """Run a plan, wave by wave; whatever needs something that failed is left out.

    Args:
        plan: What to do.
        tools: What may be called.
        n_tries: How often a step is tried.
        on_result: Is told of each step that ran.

    Raises:
        ValueError: No step would be tried.
    """
    if n_tries < 1:
        raise ValueError(f"a step is tried at least once, not {n_tries} times")
    record = _Record()
    waves = plan.waves
    for step in (step for wave in waves for step in wave):
        if any(name not in record.good for name in step.needs):
            record.left_out.append(step.name)
            continue
        result = _try(step, record, tools, n_tries)
        record.results[step.name] = result
        if on_result is not None:
            on_result(step, result)
    good = record.good.get(plan.goal)
    return Outcome(
        record.results,
        tuple(record.left_out),
        record.n_calls,
        len(waves),
        None if good is None else good.text,
    )


class _Record:
    """What has happened so far."""

    def __init__(self) -> None:
        self.results: dict[str, Result] = {}
        self.left_out: list[str] = []
        self.n_calls = 0

    @property
    def good(self) -> dict[str, Result]:
        return {name: result for name, result in self.results.items() if not result.is_error}


def _try(step: PlanStep, record: _Record, tools: Mapping[str, Tool], n_tries: int) -> Result:
    call = _filled(step.call, record.good, tools)
    result = Result("", is_error=True)
    for _ in range(n_tries):
        record.n_calls += 1
        result = run_call(call, tools)
        if not result.is_error:
            break
    return result


def _filled(call: Call, good: Mapping[str, Result], tools: Mapping[str, Tool]) -> Call:
    """Put results where `$name` stands, as numbers where the tool wants a number."""
    properties = tools[call.name].parameters["properties"] if call.name in tools else {}

    def value_of(name: str, value: object) -> object:
        if not (isinstance(value, str) and value.startswith(SIGN)):
            return value
        return _as_wanted(good[value.removeprefix(SIGN)].text, properties.get(name, {}))

    return Call(call.name, {name: value_of(name, value) for name, value in call.arguments.items()})


def _as_wanted(text: str, schema: Mapping[str, object]) -> object:
    converters: dict[object, Callable[[str], object]] = {"integer": int, "number": float}
    convert = converters.get(schema.get("type"), str)
    try:
        return convert(text)
    except ValueError:
        return text  # the check of the arguments then says in a sentence what is wrong
