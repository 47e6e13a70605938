"""The BG/NBD model: customers buy at random until, after one of their orders, they never come back.

It takes everybody who never ordered again for alive; use the Pareto/NBD model for survival and value.
"""

from __future__ import annotations

from dataclasses import astuple, dataclass

import numpy as np
import numpy.typing as npt
from scipy import special

from helpers.errors import MethodError
from helpers.methods.purchases.positive_likelihood import PositiveFit, maximise
from helpers.methods.purchases.power_integrals import Array, beta_nodes
from helpers.methods.purchases.purchase_histories import Histories
from helpers.methods.result import Result


@dataclass(frozen=True)
class BGNBD(Result):
    """Parameters of the BG/NBD model.

    Attributes
    ----------
    r, alpha : float
        Purchase rates are gamma distributed with shape r and mean r / alpha a time unit.
    a, b : float
        The chance of leaving after a repeat purchase is beta distributed with mean a / (a + b).

    Raises
    ------
    MethodError
        A parameter is not positive.

    References
    ----------
    Fader, Hardie and Lee (2005), Marketing Science 24, 275-284.
    """

    r: float
    alpha: float
    a: float
    b: float

    def __post_init__(self) -> None:
        if not all(value > 0 and np.isfinite(value) for value in astuple(self)):
            raise MethodError(f"the parameters of a BG/NBD model are positive, not {astuple(self)}")

    def alive(self, histories: Histories) -> Array:
        """Chance that a customer has not left by the end of observation, shape (n,); 1 without a repeat purchase."""
        x, t_x, end = histories.frequency, histories.recency, histories.age
        with np.errstate(divide="ignore", invalid="ignore"):
            log_odds_left = np.log(self.a) - np.log(self.b + x - 1)
            log_odds_left += (self.r + x) * np.log((self.alpha + end) / (self.alpha + t_x))
        return np.where(x > 0, special.expit(-log_odds_left), 1.0)

    def expected(self, time: npt.ArrayLike) -> Array:
        """Expected repeat purchases of a new customer up to `time`, shape (m,)."""
        time = np.atleast_1d(np.asarray(time, dtype=float))
        nodes, weights = beta_nodes(self.a, self.b)
        return _until_leaving(self.r, time[:, None] / self.alpha, nodes) @ weights[0]

    def conditional(self, histories: Histories, time: float) -> Array:
        """Expected purchases in the next `time` units, given each history, shape (n,).

        The published closed form is a Gauss hypergeometric function; it is here an average over the beta distribution
        of the chance of leaving, which neither overflows for large frequencies nor breaks at a = 1.
        """
        x, which = np.unique(histories.frequency, return_inverse=True)
        nodes, weights = beta_nodes(self.a, self.b + x)
        reach = (time / (self.alpha + histories.age))[:, None]
        if_alive = np.empty(len(reach))
        for position, frequency in enumerate(x):
            rows = which == position
            orders = _until_leaving(self.r + frequency, reach[rows], nodes[position])
            if_alive[rows] = orders @ weights[position]
        return self.alive(histories) * if_alive


def fit_bgnbd(histories: Histories) -> tuple[BGNBD, PositiveFit]:
    """Fit the BG/NBD model by maximum likelihood.

    Parameters
    ----------
    histories : Histories
        Equal histories are merged; cost grows with the different ones. Weights count customers.

    Returns
    -------
    model : BGNBD
        In the time unit of the histories.
    fit : PositiveFit
        Standard errors and the log-likelihood, in the same unit.

    Raises
    ------
    MethodError
        Nobody ordered again, or the likelihood has no maximum inside.

    References
    ----------
    Fader, Hardie and Lee (2005), equation 6, in the form that does not overflow of Fader and Hardie (2013),
    "Overcoming the BG/NBD model's #NUM! error problem". Checked against their estimates for CDNOW.
    """
    rows, _ = histories.distinct()
    if not rows.frequency[rows.weight > 0].any():
        raise MethodError("nobody ordered again, so neither a purchase rate nor a chance of leaving can be estimated")
    length = float(np.average(rows.age, weights=rows.weight))
    scaled = rows.in_units_of(length)
    x_mean = float(np.average(rows.frequency, weights=rows.weight))
    starts = [[0.5, 0.5 / x_mean, 0.8, 2.4], [2.0, 2.0 / x_mean, 0.3, 3.0], [0.2, 0.1, 1.0, 1.0]]
    names = ("r", "alpha", "a", "b")
    found = maximise(
        lambda parameters: _log_likelihood(parameters, scaled), names, starts, n=rows.n, n_dropped=rows.n_dropped
    )
    fit = found.rescaled({"alpha": length}, -float(rows.weight @ rows.frequency) * np.log(length))
    return BGNBD(*map(float, fit.values)), fit


def _until_leaving(shape: float, reach: Array, leaving: Array) -> Array:
    """Expected purchases at a chance of leaving, for a gamma rate; `reach` is the time over the rate's scale.

    It is (1 - (1 + leaving reach)^-shape) / leaving, and shape reach where nobody leaves.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        orders = -np.expm1(-shape * np.log1p(leaving * reach)) / leaving
    return np.where(leaving * reach > 1e-300, orders, shape * reach)


def _log_likelihood(parameters: Array, rows: Histories) -> tuple[float, Array]:
    r, alpha, a, b = parameters
    x, t_x, end, weight = rows.frequency, rows.recency, rows.age, rows.weight
    repeats = x > 0
    beyond = np.where(repeats, b + x - 1, 1.0)
    log_end, log_last = np.log(alpha + end), np.log(alpha + t_x)
    alive = -(r + x) * log_end
    left = np.where(repeats, np.log(a / beyond) - (r + x) * log_last, -np.inf)
    either = np.logaddexp(alive, left)
    purchases = special.gammaln(r + x) - special.gammaln(r) + r * np.log(alpha)
    staying = special.betaln(a, b + x) - special.betaln(a, b)
    p_left = np.exp(left - either)
    p_alive = 1 - p_left
    both = special.digamma(a + b) - special.digamma(a + b + x)
    gradient = np.array(
        [
            special.digamma(r + x) - special.digamma(r) + np.log(alpha) - p_alive * log_end - p_left * log_last,
            r / alpha - (r + x) * (p_alive / (alpha + end) + p_left / (alpha + t_x)),
            both + p_left / a,
            both + special.digamma(b + x) - special.digamma(b) - np.where(repeats, p_left / beyond, 0.0),
        ]
    )
    return float(weight @ (purchases + staying + either)), gradient @ weight
