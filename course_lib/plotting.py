"""One look for the course's still figures: readable in both themes and by colour-blind readers."""

import math
from collections.abc import Sequence

import matplotlib.pyplot as plt
import matplotlib_inline.backend_inline
import numpy as np
from IPython.core.getipython import get_ipython
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.image import AxesImage
from matplotlib.rcsetup import cycler
from torch import Tensor

# Blue, orange, teal, plum, slate, olive, black, found by search. On white, and on the dark page,
# which exchanges light and dark and keeps hues (site.css), each has a contrast of at least 3 to 1,
# and neighbours are a CIEDE2000 distance of 20 apart for every common kind of colour vision.
PALETTE = ("#0261C8", "#E66900", "#249E87", "#64264A", "#8592B4", "#5E4D07", "#000000")

# Numbers are written into the squares of a heat map up to this many rows and columns.
MAX_ANNOTATED = 12


def use_course_style() -> None:
    """Set matplotlib's defaults for the course; figures of a notebook become SVG."""
    plt.rcParams.update(
        {
            "axes.grid": True,
            "axes.prop_cycle": cycler(color=PALETTE),
            "axes.spines.right": False,
            "axes.spines.top": False,
            "axes.titlesize": "medium",
            "figure.constrained_layout.use": True,
            "figure.figsize": (6.4, 3.4),
            "font.size": 10.5,
            "grid.alpha": 0.3,
            "image.cmap": "Blues",
            "legend.frameon": False,
            "svg.hashsalt": "course",  # the same figure gives the same bytes
        }
    )
    if get_ipython() is not None:
        # Without the date, so that the same figure gives the same bytes.
        matplotlib_inline.backend_inline.set_matplotlib_formats("svg", metadata={"Date": None})


def draw_weights(
    ax: Axes,
    weights: Float[Tensor, "Tq Tk"],
    queries: Sequence[str],
    keys: Sequence[str],
    title: str = "",
) -> AxesImage:
    """Draw attention weights as a heat map: one row a query, one column a key.

    Small maps carry their numbers, so that they can be read without seeing the colours.

    Args:
        ax: Where to draw.
        weights: Weights between 0 and 1.
        queries: The words that look, one a row.
        keys: The words looked at, one a column.
        title: Title of the map.

    Returns:
        The image, for a colour bar.

    Raises:
        ValueError: The numbers of words and of rows and columns differ.
    """
    if weights.shape != (len(queries), len(keys)):
        raise ValueError(
            f"weights of shape {tuple(weights.shape)} do not fit "
            f"{len(queries)} queries and {len(keys)} keys"
        )
    values = weights.detach().cpu().numpy()
    image = ax.imshow(values, vmin=0, vmax=1)
    ax.set_xticks(range(len(keys)), keys, rotation=45, ha="right", rotation_mode="anchor")
    ax.set_yticks(range(len(queries)), queries)
    ax.set(xlabel="looked at (key)", ylabel="looks (query)", title=title)
    ax.grid(visible=False)
    if max(values.shape) <= MAX_ANNOTATED:
        _write_numbers(ax, values)
    return image


def _write_numbers(ax: Axes, values: np.ndarray) -> None:
    decimals = 2 if values.shape[1] <= math.ceil(MAX_ANNOTATED / 2) else 1
    for (row, column), value in np.ndenumerate(values):
        colour = "white" if value > 0.7 else "black"  # noqa: PLR2004 - dark squares
        ax.text(
            column, row, f"{value:.{decimals}f}", ha="center", va="center", color=colour, size=8
        )
