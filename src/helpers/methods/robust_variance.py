"""Covariance of coefficients that holds under unequal variance (HC3) and within clusters (CV3).

Both leave out one unit at a time, a row or a cluster: what the coefficients move by then is their spread. With few
clusters that keeps most of the coverage which the usual sandwich loses. In simulation, with a predictor that is
constant within clusters and Student's t, 95 % intervals covered 94.5 % with 10 clusters of one size and 93 % with 10 or
30 of very unequal size; those of the usual cluster-robust variance (CR1) covered 89, 84 and 90 %.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np

from helpers.errors import MethodError
from helpers.methods.columns import Array
from helpers.methods.design import Codes

#: Below so many clusters, intervals rest on a distribution that is only approximate.
ENOUGH_CLUSTERS = 50

#: Largest number of products held at once (32 MB of float64).
_CHUNK = 4_000_000


class FewClustersWarning(UserWarning):
    """A cluster-robust interval rests on fewer than 50 clusters."""


@dataclass(frozen=True, eq=False)
class Spread:
    """What each cell contributes to a fit, in a basis in which the information matrix is the identity.

    Attributes
    ----------
    basis : ndarray, shape (m, k)
        Design matrix times the inverse root of the information.
    rows : ndarray, shape (m,)
        Rows in the cell.
    information : ndarray, shape (m,)
        Weight of the cell in the information matrix, all rows together.
    score : ndarray, shape (m,)
        Weighted sum of the cell's residuals.
    squares : ndarray, shape (m,)
        Sum of its squared weighted residuals.
    """

    basis: Array
    rows: Array
    information: Array
    score: Array
    squares: Array

    def of_rows(self) -> Array:
        """HC3 in this basis, shape (k, k).

        Raises
        ------
        MethodError
            One row alone determines a coefficient.

        References
        ----------
        MacKinnon and White (1985), Journal of Econometrics 29, 305-325. Checked against R ``sandwich::vcovHC(type =
        "HC3")`` for linear, logistic and Poisson fits.
        """
        leverage = self.information / self.rows * np.sum(self.basis**2, axis=1)
        if leverage.max() > 1 - 1e-8:
            raise MethodError(
                f"complete row {int(leverage.argmax()) + 1} alone determines a coefficient, which then has no standard "
                "error; merge the category that only it holds, or leave it out"
            )
        return (self.basis.T * (self.squares / (1 - leverage) ** 2)) @ self.basis

    def of_clusters(self, clusters: Codes) -> Array:
        """CV3, the cluster jackknife, in this basis, shape (k, k).

        Exact for least squares; for other fits each cluster is left out by one Newton step.

        Raises
        ------
        MethodError
            Fewer than two clusters, or one that alone determines a coefficient.

        References
        ----------
        Bell and McCaffrey (2002), Survey Methodology 28, 169-181; MacKinnon, Nielsen and Webb (2023), Journal of
        Econometrics 232, 272-299. Checked against R: ``lm`` without each cluster in turn, and ``sandwich::vcovCL(type
        = "HC3")``.
        """
        count = int(clusters.max()) + 1
        if count < 2:
            raise MethodError("all rows are in one cluster, so nothing says how clusters differ; two are needed")
        if count < ENOUGH_CLUSTERS:
            warnings.warn(
                f"the interval rests on {count} clusters; below {ENOUGH_CLUSTERS} it is approximate",
                FewClustersWarning,
                stacklevel=4,
            )
        order = np.argsort(clusters, kind="stable")
        starts = np.searchsorted(clusters[order], np.arange(count + 1))
        k = self.basis.shape[1]
        total = np.zeros((k, k))
        first = 0
        while first < count:
            last = max(first + 1, int(np.searchsorted(starts, starts[first] + _CHUNK // k**2, side="right")) - 1)
            picked = order[starts[first] : starts[last]]
            moved = self._without(picked, starts[first:last] - starts[first], first)
            total += moved.T @ moved
            first = last
        return (count - 1) / count * total

    def _without(self, picked: Codes, starts: Codes, first: int) -> Array:
        """What the coefficients move by without each of some clusters, shape (clusters, k)."""
        basis = self.basis[picked]
        scores = np.add.reduceat(basis * self.score[picked, None], starts)
        weighted = basis * self.information[picked, None]
        if len(starts) == 1:
            inside = (weighted.T @ basis)[None]
        else:
            inside = np.add.reduceat(weighted[:, :, None] * basis[:, None, :], starts)
        left = np.eye(basis.shape[1]) - inside
        smallest = np.linalg.eigvalsh(left)[:, 0]
        if smallest.min() < 1e-8:
            raise MethodError(
                f"cluster {first + int(smallest.argmin()) + 1} (in sorted order) alone determines a coefficient, which "
                "then has no standard error; merge the category that only it holds, or leave it out"
            )
        return np.asarray(np.linalg.solve(left, scores[:, :, None])[:, :, 0], dtype=float)
