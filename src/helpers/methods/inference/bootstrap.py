"""Bootstrap of everything that rests on a covariance matrix: reliability, correlations, regressions, path models.

Whole rows are drawn, but only their counts are kept, so that the covariance matrices of all draws come from one matrix
product.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from helpers.errors import MethodError

Array = npt.NDArray[np.float64]

#: Largest number of row counts held at once (32 MB of float64).
_CHUNK = 4_000_000


def covariances(values: Array, draws: int, seed: int, *, chunk: int = _CHUNK) -> Array:
    """Covariance matrices of bootstrap draws.

    Parameters
    ----------
    values : ndarray, shape (n, p)
        Complete rows; NaN is not allowed.
    draws : int
        At least 1.
    seed : int
        Of numpy's default generator. Rows are sorted first, so that one seed gives the same draws whatever their
        order.
    chunk : int
        Row counts held in memory at once; the draws do not depend on it.

    Returns
    -------
    ndarray, shape (draws, p, p)
        With n - 1 in the denominator. Time and memory grow with draws * (n + p^2).

    Raises
    ------
    MethodError
        Fewer than one draw, fewer than two rows, or a missing value.

    References
    ----------
    Efron (1979), Annals of Statistics 7, 1-26. Checked against numpy's ``cov`` of the rows drawn one by one.
    """
    n, p = values.shape
    if draws < 1 or n < 2:
        raise MethodError(f"a bootstrap needs at least one draw and two rows, not {draws} draws of {n} rows")
    if np.isnan(values).any():
        raise MethodError("a bootstrap of covariances needs complete rows; drop those with a missing value first")
    centred = values - values.mean(axis=0)
    centred = in_fixed_order(centred, values)
    above, right = np.triu_indices(p)
    terms = np.hstack([centred, centred[:, above] * centred[:, right]])
    found = np.empty((draws, p, p))
    first = 0
    for counts in row_counts(n, draws, seed, chunk=chunk):
        moments = counts @ terms / n
        mean = moments[:, :p]
        product = np.empty((len(counts), p, p))
        product[:, above, right] = product[:, right, above] = moments[:, p:]
        found[first : first + len(counts)] = (product - mean[:, :, None] * mean[:, None, :]) * n / (n - 1)
        first += len(counts)
    return found


def in_fixed_order(rows: Array, values: Array) -> Array:
    """The rows, sorted by `values`, so that one seed draws the same ones whatever order they came in."""
    return rows[np.lexsort(values.T[::-1])]


def row_counts(n: int, draws: int, seed: int, *, chunk: int = _CHUNK) -> Iterator[Array]:
    """How often each of n rows occurs in each draw, in pieces of shape (some draws, n).

    The same seed gives the same draws as in `covariances`, if the rows are in the same order (`in_fixed_order`).
    """
    generator = np.random.default_rng(seed)
    step = max(1, chunk // n)
    for first in range(0, draws, step):
        size = min(step, draws - first)
        rows = generator.integers(n, size=(size, n)) + n * np.arange(size)[:, None]
        yield np.bincount(rows.ravel(), minlength=size * n).reshape(size, n).astype(float)


def correlations(covariance: Array) -> Array:
    """Covariance matrices, shape (draws, p, p), as correlation matrices; NaN where a variance is zero."""
    sd = np.sqrt(np.diagonal(covariance, axis1=1, axis2=2))
    with np.errstate(invalid="ignore", divide="ignore"):
        return covariance / (sd[:, :, None] * sd[:, None, :])
