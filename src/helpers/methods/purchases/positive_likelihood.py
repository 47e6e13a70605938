"""Maximum likelihood where every parameter is positive: on log scale, with an analytic gradient."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import linalg, optimize, stats

from helpers.errors import MethodError
from helpers.methods.estimate import Estimate
from helpers.methods.inference.logit_interval import logit_slopes, share_from_se
from helpers.methods.result import Result

Array = npt.NDArray[np.float64]
#: Sum over rows of the log-likelihood and its derivatives by the parameters, shape (k,).
LogLikelihood = Callable[[Array], tuple[float, Array]]

#: A parameter this far from its unit (e to the 12) has run away: the model has lost the part that it describes.
_FAR = 12.0
_STEPS_OF_NEWTON = 8
#: Log-likelihood units that the last step may be expected to gain. The curvature is that of the point before it, so
#: where the likelihood is nearly flat, more would show in the standard errors. Where rounding allows no better, the
#: second is enough.
_GAIN, _ENOUGH = 1e-14, 1e-10
#: The loss where the likelihood is not finite.
_NOWHERE = 1e10


@dataclass(frozen=True, kw_only=True, eq=False)
class PositiveFit(Result):
    """Parameters at the maximum of a likelihood.

    Attributes
    ----------
    names : tuple of str
    values : ndarray, shape (k,)
    log_covariance : ndarray, shape (k, k)
        Covariance matrix of the parameters' logarithms: the inverse of the observed information.
    log_likelihood : float
    n, n_dropped : int
        Customers used, and those left out for a missing value.
    evaluations : int
        Calls of the likelihood; the fit has converged, or there would be no result.
    """

    names: tuple[str, ...]
    values: Array
    log_covariance: Array
    log_likelihood: float
    n: int
    n_dropped: int
    evaluations: int

    @property
    def se(self) -> Array:
        """Standard errors of the parameters themselves (delta method), shape (k,)."""
        return self.values * np.sqrt(np.diag(self.log_covariance))

    def rescaled(self, factors: Mapping[str, float], log_density: float) -> PositiveFit:
        """The same fit with the named parameters multiplied and `log_density` added to the log-likelihood.

        For a model that was fitted to times or money in another unit.
        """
        by_name = np.array([factors.get(name, 1.0) for name in self.names])
        return replace(self, values=self.values * by_name, log_likelihood=self.log_likelihood + log_density)

    def to_frame(self) -> pd.DataFrame:
        """One row a parameter: estimate, standard error, and a 95 % interval symmetric around the logarithm."""
        width = np.exp(stats.norm.ppf(0.975) * np.sqrt(np.diag(self.log_covariance)))
        columns = {
            "estimate": self.values,
            "se": self.se,
            "ci_low": self.values / width,
            "ci_high": self.values * width,
        }
        return pd.DataFrame(columns, index=pd.Index(self.names, name="parameter"))

    def share(self, of: Callable[[Array], float], *, measure: str, unit: str) -> Estimate:
        """A share that the parameters determine, with its delta-method interval on the logit scale.

        Parameters
        ----------
        of : callable
            From the parameters, shape (k,), to a number strictly between 0 and 1.
        measure, unit : str
            Of the estimate.

        Raises
        ------
        MethodError
            The share is 0 or 1, or not finite.
        """
        value = float(of(self.values))
        if not 0 < value < 1:
            raise MethodError(f"{measure}: the fitted model puts the share at {value}, where it has no interval")
        slopes = logit_slopes(of, self.values)
        se = value * (1 - value) * float(np.sqrt(slopes @ self.log_covariance @ slopes))
        return share_from_se(
            value,
            se,
            measure=measure,
            unit=unit,
            n=self.n,
            n_dropped=self.n_dropped,
            variance="observed information, delta method on the logit",
        )


def maximise(
    log_likelihood: LogLikelihood,
    names: Sequence[str],
    starts: Sequence[Sequence[float]],
    *,
    n: int,
    n_dropped: int = 0,
) -> PositiveFit:
    """Maximise a likelihood over positive parameters.

    Parameters
    ----------
    log_likelihood : callable
        From parameters, shape (k,), to the log-likelihood of all rows and its gradient, shape (k,). Parameters should
        be of the order of 1: scale times first.
    names : sequence of str
        k names, for messages.
    starts : sequence of sequences of float
        Where to begin; the next is tried if one does not lead to a maximum.
    n, n_dropped : int
        For the result; n also scales the stopping rule.

    Returns
    -------
    PositiveFit
        Quasi-Newton, then Newton steps until the expected gain is below 1e-14 of a log-likelihood unit, or
        below 1e-10 after eight of them.

    Raises
    ------
    MethodError
        No start leads to a maximum inside: a parameter runs off to zero or infinity (the data hold no trace of
        what it describes), or the likelihood is flat there.
    """
    calls = 0

    def loss(logs: Array) -> tuple[float, Array]:
        nonlocal calls
        calls += 1
        with np.errstate(all="ignore"):
            parameters = np.exp(np.clip(logs, -30, 30))
            value, gradient = log_likelihood(parameters)
        if not (np.isfinite(value) and np.isfinite(gradient).all()):
            return _NOWHERE, np.zeros(len(logs))
        return -value / n, -gradient * parameters / n

    reason = ""
    for start in starts:
        rough = optimize.minimize(loss, np.log(start), jac=True, method="BFGS", options={"gtol": 1e-8, "maxiter": 500})
        logs, hessian, reason = _newton(loss, rough.x, rough.jac, names, n)
        if not reason:
            return PositiveFit(
                names=tuple(names),
                values=np.exp(logs),
                log_covariance=linalg.inv(hessian) / n,
                log_likelihood=-loss(logs)[0] * n,
                n=n,
                n_dropped=n_dropped,
                evaluations=calls,
            )
    raise MethodError(f"no maximum of the likelihood was found among {n} customers: {reason}")


def _newton(
    loss: Callable[[Array], tuple[float, Array]], logs: Array, gradient: Array, names: Sequence[str], n: int
) -> tuple[Array, Array, str]:
    """Newton's steps from near the minimum and its gradient; says why it is none, or an empty string."""
    hessian = np.eye(len(logs))
    for _ in range(_STEPS_OF_NEWTON):
        far = int(np.argmax(np.abs(logs)))
        if abs(logs[far]) > _FAR:
            where = "infinity" if logs[far] > 0 else "zero"
            return logs, hessian, f"{names[far]} runs off to {where}; fit a model without it, or more customers"
        hessian = _hessian(loss, logs)
        if np.linalg.eigvalsh(hessian).min() <= 1e-10:
            return logs, hessian, f"it is flat or bent the wrong way at {_listed(names, logs)}"
        step = linalg.solve(hessian, gradient, assume_a="pos")
        gain = gradient @ step * n
        if gain < _GAIN:
            return logs - step, hessian, ""
        logs = logs - step * min(1.0, 1.0 / np.abs(step).max())
        gradient = loss(logs)[1]
    if gain < _ENOUGH:
        return logs, hessian, ""
    return logs, hessian, f"the search still moves at {_listed(names, logs)} after {_STEPS_OF_NEWTON} steps of Newton"


def _hessian(loss: Callable[[Array], tuple[float, Array]], logs: Array) -> Array:
    """Central differences of the analytic gradient, shape (k, k)."""
    k = len(logs)
    rows = np.empty((k, k))
    for position in range(k):
        step = np.zeros(k)
        step[position] = 1e-4
        rows[position] = (loss(logs + step)[1] - loss(logs - step)[1]) / 2e-4
    return (rows + rows.T) / 2


def _listed(names: Sequence[str], logs: Array) -> str:
    return ", ".join(f"{name} = {value:.4g}" for name, value in zip(names, np.exp(logs), strict=True))
