"""How figures look, and what makes their bytes the same at every run."""

from __future__ import annotations

import matplotlib as mpl
import seaborn as sns

#: Okabe and Ito's colour-blind safe colours, by what they stand for here.
INK, ACCENT, CLAIM, SOFT = "#1a1a1a", "#0072B2", "#D55E00", "#9a9a9a"
CATEGORIES = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00")


def apply() -> None:
    """Set seaborn's and matplotlib's defaults, and SVG output in a notebook.

    Text stays text in the SVG; ids come from a fixed salt and no date is written, so equal figures are equal bytes.
    """
    sns.set_theme(
        context="notebook",
        style="ticks",
        palette=list(CATEGORIES),
        font="DejaVu Sans",  # shipped with matplotlib
        rc={
            "figure.figsize": (7.2, 3.8),
            "figure.constrained_layout.use": True,
            "axes.spines.top": False,
            "axes.spines.right": False,
            "axes.titlesize": 11,
            "axes.titlelocation": "left",
            "axes.labelsize": 10,
            "xtick.labelsize": 9,
            "ytick.labelsize": 9,
            "legend.frameon": False,
            "legend.fontsize": 9,
            "svg.fonttype": "none",
            "svg.hashsalt": "loyalty-claims",
        },
    )
    if "inline" in mpl.get_backend():
        from matplotlib_inline.backend_inline import set_matplotlib_formats  # noqa: PLC0415  only inside a kernel

        set_matplotlib_formats("svg", metadata={"Date": None, "Creator": None})
