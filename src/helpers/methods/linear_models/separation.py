"""Predictors that separate the outcomes of a regression, so that its coefficients have no finite estimate."""

from __future__ import annotations

import numpy as np
from scipy import optimize

from helpers.errors import MethodError
from helpers.methods.linear_models.design import Cells

#: Newton steps after which a fit is given up.
MOST_STEPS = 60


def why_not_converged(outcome: str, cells: Cells, link: str) -> MethodError:
    """Tell separation, naming the predictors, from another failure of a logistic or log-link fit.

    Predictors separate the outcomes if there is a direction along which outcomes at a bound (0; under the logit also 1)
    can only move towards it, and some do, while all others stay where they are. Linear programming finds the one of
    fewest predictors, if there is any.

    Parameters
    ----------
    outcome : str
    cells : Cells
    link : {"logit", "log"}

    References
    ----------
    Konis (2007), Linear programming algorithms for detecting separated data in binary logistic regression models,
    University of Oxford; Santos Silva and Tenreyro (2010), Economics Letters 107, 310-312.
    """
    standard = cells.design
    standard[:, 1:] = (standard[:, 1:] - standard[:, 1:].mean(axis=0)) / standard[:, 1:].std(axis=0)
    at_low = (cells.mean == 0) & (cells.within == 0)
    at_high = (cells.mean == 1) & (cells.within == 0) & (link == "logit")
    towards = np.unique(np.vstack([-standard[at_low], standard[at_high]]), axis=0)
    still = np.asarray(np.linalg.qr(standard[~(at_low | at_high)], mode="r"))  # the same directions, in at most k rows
    split = [np.hstack([block, -block]) for block in (towards, still)]
    size = np.tile([0.0, *np.ones(standard.shape[1] - 1)], 2)
    found = optimize.linprog(
        size,
        A_ub=-split[0],
        b_ub=np.zeros(len(towards)),
        A_eq=np.vstack([split[1], split[0].sum(axis=0)]),
        b_eq=np.concatenate([np.zeros(len(still)), [1.0]]),
        method="highs",
    )
    if found.status != 0:
        return MethodError(
            f"the {link} regression of {outcome!r} did not converge in {MOST_STEPS} steps; look for extreme values"
        )
    direction = np.subtract(*np.split(found.x, 2))[1:]
    moving = [
        name
        for name, step in zip(cells.terms.names[1:], direction, strict=True)
        if abs(step) > 1e-6 * np.abs(direction).max()
    ]
    return MethodError(
        f"{', '.join(moving)} separate the outcomes of {outcome!r}: some rows have an expected outcome at its bound, "
        "and the ratio is zero or infinite; merge categories, or leave the column out"
    )
