"""The shifted beta-geometric model: contracts that are renewed or not, with a chance that differs between customers.

It needs contracts, where leaving is seen; a log of orders shows no leaving (see `pareto_nbd`).
"""

from __future__ import annotations

from dataclasses import astuple, dataclass

import numpy as np
import numpy.typing as npt
from scipy import special

from helpers.errors import MethodError
from helpers.methods.purchases.positive_likelihood import PositiveFit, maximise
from helpers.methods.purchases.power_integrals import Array
from helpers.methods.result import Result


@dataclass(frozen=True)
class ShiftedBetaGeometric(Result):
    """Parameters of the shifted beta-geometric model.

    Attributes
    ----------
    alpha, beta : float
        The chance of leaving at a renewal is beta distributed with mean alpha / (alpha + beta).

    Raises
    ------
    MethodError
        A parameter is not positive.

    References
    ----------
    Fader and Hardie (2007), Journal of Interactive Marketing 21, 76-90.
    """

    alpha: float
    beta: float

    def __post_init__(self) -> None:
        if not all(value > 0 and np.isfinite(value) for value in astuple(self)):
            raise MethodError(f"the parameters of a shifted beta-geometric model are positive, not {astuple(self)}")

    def survival(self, renewals: npt.ArrayLike) -> Array:
        """Share of a cohort that is left after so many renewals, shape (m,)."""
        renewals = np.atleast_1d(np.asarray(renewals, dtype=float))
        return np.exp(special.betaln(self.alpha, self.beta + renewals) - special.betaln(self.alpha, self.beta))

    def retention(self, renewal: npt.ArrayLike) -> Array:
        """Share of those still there who renew at the first, second, ... occasion, shape (m,); it rises with time."""
        renewal = np.atleast_1d(np.asarray(renewal, dtype=float))
        return (self.beta + renewal - 1) / (self.alpha + self.beta + renewal - 1)

    def discounted_tenure(self, discount: float, *, renewals: int = 0) -> float:
        """Expected discounted number of payments of a customer who has renewed so often, the one just made included.

        Parameters
        ----------
        discount : float
            Rate a period, at least 0.
        renewals : int
            0 for a new customer.

        Raises
        ------
        MethodError
            A negative discount; or none, and alpha at most 1, where the sum is infinite.

        References
        ----------
        Fader and Hardie (2010), Marketing Science 29, 85-93, equations 3 and 6. Checked against the sum over
        survival.
        """
        if discount < 0:
            raise MethodError(f"the discount rate is at least 0, not {discount}")
        beta = self.beta + renewals
        if discount == 0:
            if self.alpha <= 1:
                raise MethodError(f"without discount the expected tenure is infinite at alpha = {self.alpha:.3g}")
            return (self.alpha + beta - 1) / (self.alpha - 1)
        return float(special.hyp2f1(1, beta, self.alpha + beta, 1 / (1 + discount)))


def fit_sbg(lost: npt.ArrayLike, active: npt.ArrayLike) -> tuple[ShiftedBetaGeometric, PositiveFit]:
    """Fit the shifted beta-geometric model by maximum likelihood, from counts.

    Parameters
    ----------
    lost : array-like, shape (k,)
        Customers who left at their first, second, ... k-th renewal.
    active : array-like, shape (k,)
        Customers who were last seen active with one, two, ... k renewals. One cohort followed for k renewals has
        zeros and then its survivors; cohorts of different age are added up.

    Returns
    -------
    model : ShiftedBetaGeometric
    fit : PositiveFit

    Raises
    ------
    MethodError
        Different lengths, a count that is negative, missing or not whole, fewer than two renewals with customers, or
        no maximum inside: nobody left, or the share lost does not fall, so that all customers seem alike.

    References
    ----------
    Fader and Hardie (2007), equations 5 to 7. Checked against their estimates for two segments.
    """
    gone, here = np.atleast_1d(np.asarray(lost, dtype=float)), np.atleast_1d(np.asarray(active, dtype=float))
    if gone.shape != here.shape or gone.ndim != 1:
        raise MethodError(f"lost and active need one count a renewal each, not shapes {gone.shape} and {here.shape}")
    counts = np.concatenate([gone, here])
    if not (np.isfinite(counts).all() and (counts >= 0).all() and (counts == np.round(counts)).all()):
        raise MethodError("counts of lost and active customers must be whole numbers from 0 on")
    reached = np.flatnonzero(gone + here)
    if len(reached) == 0 or reached[-1] < 1:
        raise MethodError("the model needs at least two renewals: one share lost cannot tell how customers differ")
    found = maximise(
        lambda parameters: _log_likelihood(parameters, gone, here),
        ("alpha", "beta"),
        [[1.0, 2.0], [0.5, 5.0], [5.0, 20.0]],
        n=round(float(counts.sum())),
    )
    return ShiftedBetaGeometric(*map(float, found.values)), found


def _log_likelihood(parameters: Array, lost: Array, active: Array) -> tuple[float, Array]:
    alpha, beta = parameters
    renewal = np.arange(1, len(lost) + 1)
    start = special.betaln(alpha, beta)
    leaving = special.betaln(alpha + 1, beta + renewal - 1) - start
    staying = special.betaln(alpha, beta + renewal) - start
    psi_alpha, psi_beta = special.digamma(alpha), special.digamma(beta)
    both = special.digamma(alpha + beta) - special.digamma(alpha + beta + renewal)
    by_alpha = lost @ (both + special.digamma(alpha + 1) - psi_alpha) + active @ both
    by_beta = lost @ (both + special.digamma(beta + renewal - 1) - psi_beta)
    by_beta += active @ (both + special.digamma(beta + renewal) - psi_beta)
    return float(lost @ leaving + active @ staying), np.array([by_alpha, by_beta])
