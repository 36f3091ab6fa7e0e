"""What figures share that begin with a public model and let the reader change its sizes."""

from collections.abc import Mapping
from typing import Any, TypeVar

import traitlets

Shape = TypeVar("Shape")


def bounded(limits: Mapping[str, list[int]], name: str, default: int) -> Any:  # noqa: ANN401 - traitlets are untyped
    """Make a whole number that the page knows too.

    Args:
        limits: The smallest and the largest value that each number may have.
        name: Which number it is.
        default: What it is at first.
    """
    low, high = limits[name]
    return traitlets.Int(default, min=low, max=high).tag(sync=True)


def shape_named(shapes: Mapping[str, Shape], name: str) -> Shape:
    """Find the shape of a public model.

    Raises:
        ValueError: There is no such model. The error names those that there are.
    """
    if name not in shapes:
        raise ValueError(f"there is no shape of {name!r}; there are: {', '.join(shapes)}")
    return shapes[name]


def set_together(figure: traitlets.HasTraits, values: Mapping[str, Any]) -> None:
    """Change several choices at once; they are checked when all of them are set.

    Args:
        figure: The figure.
        values: The new value of each choice, by its name.

    Raises:
        traitlets.TraitError: A value lies outside its limits.
    """
    with figure.hold_trait_notifications():
        for name, value in values.items():
            setattr(figure, name, value)
