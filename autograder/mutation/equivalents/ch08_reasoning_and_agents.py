"""Mutants of chapter 8's solutions that behave as the solutions do."""

from autograder.mutation.equivalents.equivalent import ONE_AXIS, WORDS_OF_AN_ERROR, Equivalent

CHAPTER = "ch08_reasoning_and_agents"
WORDS_OF_A_TOOL_ERROR = "That a ToolError comes back is asked for; its words are free."
ONE_ROW_A_TASK = "The dictionary of parents has a row for each task, in the order of the list."
POSSIBLE = (
    "possible = [task for task in tasks if task not in order and "
    "set(parents[task]).issubset(order)]"
)
ALL_ALIKE = "What is added to the value of every memory alike changes no ranking."
NORMALISED = "return [(value - low) / width if width else 0.0 for value in values]"
LOWEST = "low, width = (min(values), max(values) - min(values))"
COSINES = "relevance = [F.cosine_similarity(one[1], vector, dim=0).item() for one in self.kept]"

MUTANTS = (
    *(
        Equivalent(f"{CHAPTER}/Memory", before=NORMALISED, after=after, reason=ALL_ALIKE)
        for after in (
            NORMALISED.replace("value - low", "value + low"),
            NORMALISED.replace("(value - low)", "value"),
            NORMALISED.replace("value - low", "value - width"),
            NORMALISED.replace("0.0", "-1.0"),
            NORMALISED.replace("0.0", "1.0"),
        )
    ),
    *(
        Equivalent(
            f"{CHAPTER}/Memory",
            before=LOWEST,
            after=LOWEST.replace("(min(values)", f"({other}"),
            reason=ALL_ALIKE,
        )
        for other in ("max(values)", "min(importance)", "min(recency)", "min(relevance)")
    ),
    *(
        Equivalent(
            f"{CHAPTER}/Memory", before=COSINES, after=COSINES.replace(part, other), reason=reason
        )
        for part, other, reason in (
            ("dim=0", "dim=-1", ONE_AXIS),
            ("one[1], vector", "vector, one[1]", "The cosine of two vectors has no order."),
            (".item()", "", "Tensors of one number are sorted like the numbers in them."),
        )
    ),
    *(
        Equivalent(
            f"{CHAPTER}/parse_tool_call",
            before=f"return ToolError(f'{before}')",
            after=f"return ToolError(f'{after}')",
            reason=WORDS_OF_A_TOOL_ERROR,
        )
        for before, after in (
            ("there is no tool {name!r}", "{name!r}"),
            ("there is no tool {name!r}", "there is no tool {arguments!r}"),
            ("{name} takes other arguments", "{name}"),
            ("{name} takes other arguments", "{arguments} takes other arguments"),
            ("{argument} has another type", "{argument}"),
            ("{argument} has another type", "{kind} has another type"),
        )
    ),
    *(
        Equivalent(
            f"{CHAPTER}/safe_calculate",
            before="refused = ValueError(f'{expression!r} is nothing that can be computed here')",
            after=f"refused = ValueError({words})",
            reason=WORDS_OF_AN_ERROR,
        )
        for words in ("f'{expression!r}'", "")
    ),
    *(
        Equivalent(
            f"{CHAPTER}/execute_plan",
            before="raise ValueError('tasks wait for each other')",
            after=f"raise ValueError({words})",
            reason=WORDS_OF_AN_ERROR,
        )
        for words in ("''", "")
    ),
    Equivalent(
        f"{CHAPTER}/execute_plan",
        before="while len(order) < len(tasks):",
        after="while len(order) < len(parents):",
        reason=ONE_ROW_A_TASK,
    ),
    Equivalent(
        f"{CHAPTER}/execute_plan",
        before=POSSIBLE,
        after=POSSIBLE.replace("in tasks", "in parents"),
        reason=ONE_ROW_A_TASK,
    ),
)
