"""Does the next order become likelier with every order? A gap-time hazard with a gamma frailty a customer.

Frequent customers reach high order numbers, so without the frailty the hazard rises with the number although nobody's
does. With it the rise is net of the customer's own constant rate, as far as that is gamma distributed; sudden loss
makes a fall of its own, which only a simulated log shows (`null_world`).
"""

from __future__ import annotations

import math

import numpy as np
from scipy import optimize

from helpers.errors import MethodError
from helpers.methods.columns import Array
from helpers.methods.estimate import Estimate
from helpers.methods.purchases.life_shapes import QUARTER, Codes, Lives, Log


def hazard_by_number(log: Log, end: float, *, most: int = 15) -> Estimate:
    """Ratio of the hazard of the next order per further order number, within customers.

    Parameters
    ----------
    log : DataFrame or Lives
        ``customer``, ``time`` (whole days from the begin of a calendar quarter).
    end : float
        End of observation; the last gap of a customer is censored there.
    most : int
        Gaps after a higher number than this are left out.

    Returns
    -------
    Estimate
        Measure ``hazard_ratio``, ``scale="log"``. Hazards are constant inside a gap, with a factor for the calendar
        quarter in which the gap begins; maximum likelihood, the frailty integrated out; variance by customer
        (sandwich).

    Raises
    ------
    MethodError
        No order after the second, or no maximum.

    References
    ----------
    Klein and Moeschberger (2003), Survival Analysis, section 13.3. Checked by simulation, and against the likelihood
    integrated numerically.
    """
    lives = Lives.of(log)
    following = np.append(lives.time[1:], 0.0)
    final = lives.number == lives.count[lives.owner]
    gap = np.where(final, end, following) - lives.time
    used = (lives.number <= most) & (gap > 0)
    owner, number, event = lives.owner[used], (lives.number[used] - 1).astype(np.float64), ~final[used]
    quarter = np.unique((lives.time[used] // QUARTER).astype(int), return_inverse=True)[1]
    quarter = _merged(quarter, event)
    if not event[number > 0].any():
        raise MethodError("nobody ordered three times, so the hazard by order number cannot be seen")
    gaps = _Gaps(gap[used], event, number, quarter, owner, len(lives.first))
    found = optimize.minimize(
        gaps.minus_likelihood,
        gaps.start(),
        jac=True,
        hess=lambda at: gaps.information(at) / gaps.n,
        method="trust-exact",  # the information need not be positive definite on the way
        options={"gtol": 1e-7},
    )
    at = np.asarray(found.x, dtype=float)
    scores = gaps.scores(at)
    if not np.abs(scores.mean(axis=0)).max() < 1e-4:
        raise MethodError("the likelihood of the hazard with frailty has no maximum that could be found")
    bread = np.linalg.inv(gaps.information(at))
    variance = bread @ (scores.T @ scores) @ bread
    return Estimate.from_se(
        math.exp(at[-2]),
        math.sqrt(variance[-2, -2]),
        scale="log",
        measure="hazard_ratio",
        unit="hazard of the next order per further order number",
        n=len(owner),
        n_dropped=int((~used).sum()),
        events=int(event.sum()),
        clusters=len(lives.first),
        variance="cluster-robust",
    )


def _merged(quarter: Codes, event: Array) -> Codes:
    """Quarters in which gaps begin, those with fewer than twenty ended gaps joined to the one before."""
    counts = np.bincount(quarter, weights=event)
    joined, current, held = np.zeros(len(counts), dtype=int), 0, 0.0
    for place, count in enumerate(counts):
        if held >= 20 and counts[place:].sum() >= 20:
            current, held = current + 1, 0.0
        joined[place] = current
        held += count
    return joined[quarter]


class _Gaps:
    """The likelihood; parameters are a log hazard a quarter, the slope, and the logarithm of the frailty's shape.

    Gamma functions of the shape are written out as sums over a customer's events, which stay exact where the shape is
    large, that is where customers hardly differ.
    """

    def __init__(self, gap: Array, event: Array, number: Array, quarter: Codes, owner: Codes, n: int) -> None:
        self.gap, self.event, self.number, self.quarter, self.owner = gap, event.astype(float), number, quarter, owner
        self.n, self.quarters = n, int(quarter.max()) + 1
        self.cell = quarter * n + owner
        self.ended = self._by_customer(self.event)
        self.count = self.ended[:-1].sum(axis=0).astype(int)
        self.before = np.arange(self.count.max())

    def start(self) -> Array:
        rate = math.log(self.event.sum() / self.gap.sum())
        return np.concatenate([np.full(self.quarters, rate), [0.0, 0.0]])

    def _linear(self, at: Array) -> Array:
        """Logarithm of each gap's hazard."""
        return at[self.quarter] + at[-2] * self.number

    def _by_customer(self, weight: Array) -> Array:
        """Weights of the gaps in each quarter, and of all times their numbers, summed by customer, shape (k, n)."""
        by_quarter = np.bincount(self.cell, weights=weight, minlength=self.quarters * self.n).reshape(-1, self.n)
        return np.vstack([by_quarter, np.bincount(self.owner, weights=self.number * weight, minlength=self.n)])

    def _over_events(self, term: Array) -> Array:
        """Sum over each customer's events of a term that depends on how many came before, shape (n,)."""
        return np.append(0.0, np.cumsum(term))[self.count]

    def _pulls(self, shape: float, total: Array) -> tuple[Array, Array]:
        """Each customer's expected frailty, and the derivative by the log shape, from the cumulated hazards."""
        pull = (shape + self.count) / (shape + total)
        of_events = self._over_events(self.before / (shape + self.before))
        return pull, pull * total - shape * np.log1p(total / shape) - of_events

    def minus_likelihood(self, at: Array) -> tuple[float, Array]:
        """Of the average customer, and its gradient."""
        linear, shape = self._linear(at), math.exp(at[-1])
        with np.errstate(over="ignore"):
            hazard = self.gap * np.exp(linear)
            total = np.bincount(self.owner, weights=hazard, minlength=self.n).astype(np.float64)
            of_frailty = self._over_events(np.log1p(self.before / shape))
            of_frailty -= (shape + self.count) * np.log1p(total / shape)
        pull, of_shape = self._pulls(shape, total)
        rest = self.event - pull[self.owner] * hazard
        slopes = [*np.bincount(self.quarter, weights=rest), self.number @ rest, of_shape.sum()]
        return -float(self.event @ linear + of_frailty.sum()) / self.n, -np.array(slopes) / self.n

    def scores(self, at: Array) -> Array:
        """Of each customer, shape (n, k + 1)."""
        slopes = self._by_customer(self.gap * np.exp(self._linear(at)))
        pull, of_shape = self._pulls(math.exp(at[-1]), slopes[:-1].sum(axis=0))
        return np.vstack([self.ended - pull * slopes, of_shape]).T

    def information(self, at: Array) -> Array:
        """Minus the second derivatives of the log-likelihood, shape (k + 1, k + 1)."""
        hazard, shape = self.gap * np.exp(self._linear(at)), math.exp(at[-1])
        slopes = self._by_customer(hazard)
        total = slopes[:-1].sum(axis=0)
        pull = (shape + self.count) / (shape + total)
        found = np.diag(np.append(slopes @ pull, 0.0))
        pulled = pull[self.owner] * hazard * self.number
        found[:-2, -2] = found[-2, :-2] = np.bincount(self.quarter, weights=pulled)
        found[-2, -2] = pulled @ self.number
        found[:-1, :-1] -= (slopes * pull / (shape + total)) @ slopes.T
        turn = shape * (total - self.count) / (shape + total) ** 2
        found[:-1, -1] = found[-1, :-1] = slopes @ turn
        of_shape = shape * np.log1p(total / shape) - shape * total / (shape + total) - total * turn
        found[-1, -1] = (of_shape - self._over_events(shape * self.before / (shape + self.before) ** 2)).sum()
        return found
