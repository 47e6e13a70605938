"""Consistent PLS: path models between common factors rather than between composites, which measurement error blurs."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from helpers.methods.columns import Array
from helpers.methods.path_models.path_weights import Layout, Solution, regressions


def reliabilities(solution: Solution, correlation: Array, layout: Layout) -> Array:
    """Dijkstra and Henseler's rho_A of each composite.

    Parameters
    ----------
    solution : Solution
        Of d correlation matrices.
    correlation : ndarray, shape (d, p, p)
    layout : Layout

    Returns
    -------
    ndarray, shape (d, k)
        1 for single items and blocks of mode B, which are taken as they are; may pass 1 in small samples.

    References
    ----------
    Dijkstra and Henseler (2015), Computational Statistics & Data Analysis 81, 10-23, equation 3.
    """
    found = np.ones((len(correlation), len(layout.rows)))
    for composite, (rows, mode) in enumerate(zip(layout.rows, layout.modes, strict=True)):
        if mode == "B" or len(rows) == 1:
            continue
        weights = solution.weights[:, rows, composite]
        squared = np.sum(weights**2, axis=1)
        shared = np.einsum("di,dij,dj->d", weights, correlation[:, rows[:, None], rows], weights) - squared
        with np.errstate(invalid="ignore", divide="ignore"):
            found[:, composite] = squared**2 * shared / (squared**2 - np.sum(weights**4, axis=1))
    return found


def consistent(solution: Solution, correlation: Array, layout: Layout) -> Solution:
    """The solution with correlations, loadings, slopes and R squared corrected for unreliability.

    Parameters are those of `reliabilities`. NaN in each matrix whose corrected correlations are inadmissible: a
    reliability that is not positive, or correlations that are not positive definite.

    References
    ----------
    Dijkstra and Henseler (2015), MIS Quarterly 39, 297-316. Recovers the parameters of a factor model exactly from the
    correlations that it implies.
    """
    rho = reliabilities(solution, correlation, layout)
    root = np.sqrt(np.where(rho > 0, rho, np.nan))
    corrected = solution.correlations / (root[:, :, None] * root[:, None, :])
    diagonal = np.arange(corrected.shape[1])
    corrected[:, diagonal, diagonal] = 1.0
    usable = np.isfinite(corrected).all(axis=(1, 2))
    usable[usable] = np.linalg.eigvalsh(corrected[usable])[:, 0] > 1e-8
    slopes, r_squared = np.full_like(corrected, np.nan), np.full_like(rho, np.nan)
    slopes[usable], r_squared[usable] = regressions(corrected[usable], layout)
    corrected[~usable] = np.nan
    loadings = solution.loadings.copy()
    for composite, (rows, mode) in enumerate(zip(layout.rows, layout.modes, strict=True)):
        if mode == "A" and len(rows) > 1:
            weights = solution.weights[:, rows, composite]
            scale = root[:, composite] / np.sum(weights**2, axis=1)
            loadings[:, rows, composite] = weights * scale[:, None]
    return replace(solution, correlations=corrected, slopes=slopes, r_squared=r_squared, loadings=loadings)
