"""Typical mistakes in the drills of `evaluation_frameworks`."""

# Drill → what is replaced in the answer, what stands there instead, and words of the fault.
MISTAKES: dict[str, list[tuple[str, str, str]]] = {
    "questions_needed": [
        ("math.ceil", "math.floor", "it was rounded down"),
        (
            "1.96**2 * p * (1 - p) / half_width**2",
            "1.96 * (p * (1 - p)) ** 0.5 / half_width",
            "square",
        ),
        ("/ half_width**2", "/ (half_width / 2) ** 2", "the width was halved once more"),
        ("1.96**2 * ", "", "1.96 is missing"),
    ],
    "pick_per_byte": [
        (" / len(text.encode())", "", "the most probable text, whatever its length"),
        ("scores.index(max(scores))", "scores.index(min(scores))", "the least probable one"),
        ("len(text.encode())", "len(text)", "characters were counted"),
        ("len(text.encode())", "len(text.split())", "words were counted"),
    ],
    "share_seen": [
        (
            "len(covered) / len(question)",
            "sum(tuple(question[i:i+n]) in known for i in range(len(question) - n + 1))"
            " / (len(question) - n + 1)",
            "this is the share of the runs",
        ),
        (
            "covered.update(range(start, start + n))",
            "covered.add(start)",
            "only the first word",
        ),
        ("len(covered) / len(question)", "float(bool(covered))", "whether there is a common"),
        (
            "len(covered) / len(question)",
            "len(set(question) & set(text)) / len(question)",
            "in no run of two",
        ),
        (
            "tuple(question[start : start + n]) in known",
            '" ".join(question[start : start + n]) in " ".join(text)',
            "letters were compared",
        ),
        (
            "tuple(question[start : start + n]) in known",
            '"".join(question[start : start + n]) in map("".join, known)',
            "written without spaces",
        ),
    ],
    "judged_wins": [
        (
            '("second", "first"): 0.0}',
            '("second", "first"): 0.0, ("first", "first"): 1.0}',
            "only",
        ),
        (
            '{("first", "second"): 1.0, ("second", "first"): 0.0}',
            '{("first", "first"): 1.0, ("second", "second"): 0.0}',
            "was taken for A in both",
        ),
        (
            '("second", "first"): 0.0}',
            '("second", "first"): 0.0, ("first", "tie"): 0.75}',
            "a win and a tie make ½ here",
        ),
    ],
}
