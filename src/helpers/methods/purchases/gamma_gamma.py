"""The Gamma-Gamma model: what a customer spends an order, around a personal mean that differs between customers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import astuple, dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import special

from helpers.errors import MethodError
from helpers.methods.columns import numbers
from helpers.methods.purchases.positive_likelihood import PositiveFit, maximise
from helpers.methods.purchases.power_integrals import Array
from helpers.methods.purchases.reweighted_fits import ReweightedFits
from helpers.methods.result import Result


@dataclass(frozen=True)
class GammaGamma(Result):
    """Parameters of the Gamma-Gamma model of spend.

    Attributes
    ----------
    p : float
        Shape of the gamma distribution of one order's value around the customer's mean.
    q, gamma : float
        Shape and rate of the gamma distribution of that distribution's rate over customers; gamma is money.

    Raises
    ------
    MethodError
        A parameter is not positive.

    References
    ----------
    Fader, Hardie and Lee (2005), Journal of Marketing Research 42, 415-430; Fader and Hardie (2013), "The Gamma-Gamma
    model of monetary value", brucehardie.com/notes/025.
    """

    p: float
    q: float
    gamma: float

    def __post_init__(self) -> None:
        if not all(value > 0 and np.isfinite(value) for value in astuple(self)):
            raise MethodError(f"the parameters of a Gamma-Gamma model are positive, not {astuple(self)}")

    def mean(self) -> float:
        """Mean value of an order over all customers.

        Raises
        ------
        MethodError
            q is at most 1, where the distribution has no mean.
        """
        if self.q <= 1:
            raise MethodError(f"the mean spend is infinite at q = {self.q:.3g}; a few customers spend without bound")
        return self.p * self.gamma / (self.q - 1)

    def conditional(self, orders: npt.ArrayLike, spend: npt.ArrayLike) -> Array:
        """Expected value of an order, given what was seen, shape (n,).

        Parameters
        ----------
        orders : array-like, shape (n,)
            Orders that `spend` is the mean of, from 0 on.
        spend : array-like, shape (n,)
            Mean value of those orders; not read (and may be missing) where there are none.

        Raises
        ------
        MethodError
            The mean is missing where there are orders; or somebody has none and q is at most 1 (see `mean`).
        """
        orders, spend = np.asarray(orders, dtype=float), np.asarray(spend, dtype=float)
        total = np.where(orders > 0, orders * np.where(orders > 0, spend, 0.0), 0.0)
        if np.isnan(total).any():
            raise MethodError(f"{int(np.isnan(total).sum())} customers have orders and no mean spend")
        if (orders == 0).any():
            self.mean()
        return self.p * (self.gamma + total) / (self.p * orders + self.q - 1)


def fit_gamma_gamma(
    frame: pd.DataFrame,
    *,
    orders: str = "frequency",
    spend: str = "spend",
    weight: str | None = None,
) -> tuple[GammaGamma, PositiveFit]:
    """Fit the Gamma-Gamma model by maximum likelihood.

    Parameters
    ----------
    frame : DataFrame
        One row a customer. Rows without orders are not used, as they have no spend; of the others, those with a missing
        value are dropped and counted.
    orders : str
        Number of orders (the repeat purchases, where the first is left out).
    spend : str
        Their mean value, positive.
    weight : str, optional
        How many customers a row stands for.

    Returns
    -------
    model : GammaGamma
        In the unit of the spend.
    fit : PositiveFit

    Raises
    ------
    MethodError
        A mean that is not positive (orders that were sent back: leave them out and say so), nobody with two orders or
        more (the spread within a customer is then not seen), or no maximum inside.

    References
    ----------
    Fader and Hardie (2013), equation 1b. Assumes that spend and frequency are independent over customers. Checked
    against the published estimates for the 946 repeat customers of CDNOW.
    """
    columns = [orders, spend, *([] if weight is None else [weight])]
    values = np.column_stack([numbers(frame, name) for name in columns])
    buyers = values[~(values[:, 0] == 0)]
    kept = buyers[~np.isnan(buyers).any(axis=1)]
    n_dropped = len(buyers) - len(kept)
    x, m = kept[:, 0], kept[:, 1]
    weights = kept[:, 2] if weight is not None else np.ones(len(kept))
    if (m <= 0).any() or (x < 0).any():
        raise MethodError(
            f"{int(((m <= 0) | (x < 0)).sum())} of {len(kept)} customers with orders have a mean spend that is not "
            "positive; the model knows no gifts and no returns, so leave these orders out"
        )
    if not (x[weights > 0] >= 2).any():
        raise MethodError("nobody has two orders, so the spread of spend within a customer cannot be told")
    scale = float(np.average(m, weights=weights))
    counts, place = np.unique(x, return_inverse=True)
    starts = [[3.0, 3.0, 1.0], [1.0, 5.0, 5.0], [10.0, 10.0, 1.0]]
    found = maximise(
        lambda parameters: _log_likelihood(parameters, counts, place, m / scale, weights),
        ("p", "q", "gamma"),
        starts,
        n=round(float(weights.sum())),
        n_dropped=n_dropped,
    )
    fit = found.rescaled({"gamma": scale}, -float(weights.sum() * np.log(scale)))
    return GammaGamma(*map(float, fit.values)), fit


def gamma_gamma_refits(
    orders: npt.ArrayLike, spend: npt.ArrayLike, fit: PositiveFit
) -> Callable[[npt.ArrayLike], GammaGamma]:
    """The models of the same customers under other weights, as a bootstrap draws them.

    Parameters
    ----------
    orders, spend : array-like, shape (n,)
        Of customers with orders, positive and complete.
    fit : PositiveFit
        Of the model to these customers.

    Returns
    -------
    callable
        From how often each customer occurs, shape (n,), to the model, and with the errors, that `fit_gamma_gamma`
        finds for them. It takes less time, since it begins at `fit`.
    """
    m = np.asarray(spend, dtype=float)
    counts, place = np.unique(np.asarray(orders, dtype=float), return_inverse=True)
    near = ReweightedFits.near(
        lambda parameters, rows: _by_row(parameters, counts, place[rows], m[rows]), fit.values, len(m)
    )

    def refit(weight: npt.ArrayLike) -> GammaGamma:
        weight = np.asarray(weight, dtype=float)
        spread_seen = (counts[place[weight > 0]] >= 2).any()
        found = near.under(weight) if spread_seen else None
        if found is None:
            frame = pd.DataFrame({"frequency": counts[place], "spend": m, "weight": weight})
            return fit_gamma_gamma(frame[weight > 0], weight="weight")[0]
        return GammaGamma(*map(float, found))

    return refit


def _log_likelihood(
    parameters: Array, counts: Array, place: npt.NDArray[np.intp], m: Array, weight: Array
) -> tuple[float, Array]:
    values, slopes = _by_row(parameters, counts, place, m)
    return float(weight @ values), slopes @ weight


def _by_row(parameters: Array, counts: Array, place: npt.NDArray[np.intp], m: Array) -> tuple[Array, Array]:
    """Log-likelihood of customers with `counts[place]` orders, shape (n,), and its derivatives, shape (3, n).

    The slow functions are evaluated once a different number of orders.
    """
    p, q, gamma = parameters
    x = counts[place]
    log_sum = np.log(gamma + m * x)
    terms = special.gammaln(p * counts + q) - special.gammaln(p * counts) - special.gammaln(q) + q * np.log(gamma)
    terms = terms[place] + ((p * x - 1) * np.log(m) + (p * counts * np.log(counts))[place] - (p * x + q) * log_sum)
    psi = special.digamma(p * counts + q)
    slopes = np.array(
        [
            x * ((psi - special.digamma(p * counts))[place] + np.log(m * x) - log_sum),
            (psi - special.digamma(q) + np.log(gamma))[place] - log_sum,
            q / gamma - (p * x + q) / (gamma + m * x),
        ]
    )
    return terms, slopes
