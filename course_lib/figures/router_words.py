"""What the figure of experts says; `router/words.js` says the same in the page."""

from collections.abc import Sequence

from course_lib.figures.formats import counted, fixed
from course_lib.figures.router_numbers import RouterNumbers, Visit


def visits_in_words(visits: Sequence[Visit]) -> str:
    """Say which experts a word goes to, and how much each counts."""
    return " and ".join(
        f"expert {visit.expert + 1} ({fixed(visit.weight)}{'' if visit.granted else ', no room'})"
        for visit in visits
    )


def router_in_words(words: Sequence[str], numbers: RouterNumbers, word: int) -> str:
    """Say where a word goes, and how the work is spread in each layer.

    Args:
        words: The text.
        numbers: What is computed of it.
        word: Place of the word that is spoken of.
    """
    said = [f"“{words[word]}”, word {word + 1} of {numbers.n_words}:"]
    for layer in range(numbers.n_layers):
        end = "." if layer == numbers.n_layers - 1 else ";"
        said.append(f"layer {layer + 1} asks {visits_in_words(numbers.visits[layer][word])}{end}")
    said.append(f"An expert has room for {counted(numbers.capacity, 'word')}.")
    said += [_layer_in_words(numbers, layer) for layer in range(numbers.n_layers)]
    return " ".join(said)


def _layer_in_words(numbers: RouterNumbers, layer: int) -> str:
    loads = numbers.loads(layer)
    busiest = max(loads)
    idle = sum(load == 0 for load in loads)
    return (
        f"Layer {layer + 1}: the busiest expert, {loads.index(busiest) + 1}, is asked by "
        f"{counted(busiest, 'word')}, and {counted(idle, 'expert')} by none; "
        f"{numbers.refused(layer)} of {numbers.n_choices} choices find no room: "
        f"{counted(numbers.passed_by(layer), 'word')} without any expert."
    )
