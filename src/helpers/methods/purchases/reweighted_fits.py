"""Fits of the same rows under other weights, as a bootstrap asks for them, near a fit of all.

What each row adds to the likelihood's first and second derivatives at that fit is computed once. For other weights the
first step is then a weighted sum, and it leads so near to the maximum that some four more are enough.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import linalg

Array = npt.NDArray[np.float64]
Places = npt.NDArray[np.intp]
#: From parameters, shape (k,), and the places of m rows to the rows' log-likelihoods, shape (m,), and their derivatives
#: by the parameters, shape (k, m).
RowLikelihood = Callable[[Array, Places], tuple[Array, Array]]

_STEPS = 20
#: Log-likelihood units that the last step may be expected to gain: a hundred-thousandth of a standard error is left
#: before it, and far less after it.
_GAIN = 1e-10


@dataclass(frozen=True, eq=False)
class ReweightedFits:
    """What is known of n rows at a fit of theirs; parameters are positive, derivatives by their logarithms.

    Attributes
    ----------
    likelihood : callable
    logs : ndarray, shape (k,)
        Logarithms of the fitted parameters.
    values, scores, bends : ndarray, shape (n,), (k, n) and (k, k, n)
        Each row's log-likelihood there, its gradient, and its second derivatives.
    """

    likelihood: RowLikelihood
    logs: Array
    values: Array
    scores: Array
    bends: Array

    @classmethod
    def near(cls, likelihood: RowLikelihood, parameters: Array, n: int) -> ReweightedFits:
        """From the parameters at the maximum for n rows; second derivatives are central differences."""
        logs, rows = np.log(parameters), np.arange(n)
        values, scores = _by_logs(likelihood, logs, rows)
        step = 1e-4
        bends = np.array(
            [
                (_by_logs(likelihood, logs + move, rows)[1] - _by_logs(likelihood, logs - move, rows)[1]) / (2 * step)
                for move in step * np.eye(len(logs))
            ]
        )
        return cls(likelihood, logs, values, scores, (bends + bends.transpose(1, 0, 2)) / 2)

    def under(self, weight: Array) -> Array | None:
        """The parameters, shape (k,), at the maximum under other weights of the rows, shape (n,).

        Quasi-Newton steps until the expected gain is below 1e-10 of a log-likelihood unit; None if they do not lead to
        a maximum.
        """
        hessian = -self.bends @ weight
        if np.linalg.eigvalsh(hessian).min() <= 0:
            return None
        rows = np.flatnonzero(weight)
        logs, inverse = self.logs, linalg.inv(hessian)
        value = begun = float(self.values @ weight)
        gradient = self.scores @ weight
        for _ in range(_STEPS):
            step = inverse @ gradient
            if gradient @ step < _GAIN:
                return np.exp(logs + step) if value >= begun else None
            step *= min(1.0, 1.0 / np.abs(step).max())
            logs = logs + step
            values, scores = _by_logs(self.likelihood, logs, rows)
            value, before, gradient = float(values @ weight[rows]), gradient, scores @ weight[rows]
            fall = before - gradient
            bend = float(fall @ step)
            if not (np.isfinite(value) and bend > 0):
                return None
            moved = np.eye(len(logs)) - np.outer(step, fall) / bend
            inverse = moved @ inverse @ moved.T + np.outer(step, step) / bend
        return None


def _by_logs(likelihood: RowLikelihood, logs: Array, rows: Places) -> tuple[Array, Array]:
    """Log-likelihoods and their derivatives by the parameters' logarithms; not finite far outside."""
    with np.errstate(all="ignore"):
        parameters = np.exp(logs)
        values, slopes = likelihood(parameters, rows)
    return values, slopes * parameters[:, None]
