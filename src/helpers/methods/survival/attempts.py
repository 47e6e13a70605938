"""Attempts that go on until they succeed or somebody gives up: success at each attempt, and attempts a success.

The number of attempts of a case follows from its outcome, so that the share of successes by total number says little:
it mixes the chance at an attempt with how readily one gives up after a refusal.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd

from helpers.errors import MethodError
from helpers.methods.columns import Array, complete_rows
from helpers.methods.estimate import Estimate
from helpers.methods.inference import proportions
from helpers.methods.inference.proportions import Counts
from helpers.methods.purchases.sbg import ShiftedBetaGeometric, fit_sbg


@dataclass(frozen=True)
class Attempts:
    """Cases by their attempts.

    Attributes
    ----------
    made : ndarray of float, shape (n,)
        Attempts of each case, whole numbers from 1, the last included.
    success : ndarray of float, shape (n,)
        1 where the last attempt succeeded, 0 where one gave up after it.
    n_dropped : int
        Rows left out because one of both is missing.
    """

    made: Array
    success: Array
    n_dropped: int

    @classmethod
    def of(cls, frame: pd.DataFrame, made: str, success: str) -> Attempts:
        """The attempts in two columns of a frame; rows with a missing value are dropped and counted.

        Raises
        ------
        MethodError
            An unknown column, no complete row, a number of attempts that is not whole or below 1, or a success that is
            not 0 or 1.
        """
        values, n_dropped = complete_rows(frame, [made, success], at_least=1)
        if (values[:, 0] < 1).any() or (values[:, 0] != np.floor(values[:, 0])).any():
            raise MethodError(f"column {made!r} must hold whole numbers from 1, the last attempt included")
        if not np.isin(values[:, 1], (0.0, 1.0)).all():
            raise MethodError(f"column {success!r} must hold 1 (the last attempt succeeded) or 0")
        return cls(values[:, 0], values[:, 1], n_dropped)

    def by_attempt(self, most: int) -> pd.DataFrame:
        """What came of the first, second, ... attempt.

        Parameters
        ----------
        most : int
            The last attempt to show, from 1.

        Returns
        -------
        DataFrame
            One row an attempt up to `most` that anybody made: ``attempt``; ``at_risk`` (cases with such an attempt);
            ``successes`` at it; ``share`` of them among those at risk with Wilson's 95 % limits ``low`` and ``high``
            (the hazard of success); ``gave_up``, the share of the refused after which no attempt followed;
            ``share_of_total``, successes among the cases with exactly so many attempts (NaN where there is none).
        """
        rows = []
        for attempt in range(1, min(most, int(self.made.max())) + 1):
            at_risk, last = int((self.made >= attempt).sum()), self.made == attempt
            successes = int((last & (self.success == 1)).sum())
            found = proportions.share(Counts(successes, at_risk))
            refused, ended = at_risk - successes, int(last.sum())
            rows.append(
                {
                    "attempt": attempt,
                    "at_risk": at_risk,
                    "successes": successes,
                    "share": found.value,
                    "low": found.ci_low,
                    "high": found.ci_high,
                    "gave_up": (ended - successes) / refused if refused else math.nan,
                    "share_of_total": successes / ended if ended else math.nan,
                }
            )
        return pd.DataFrame(rows)

    def per_success(self, stop: int | None = None) -> Estimate:
        """Attempts for each success, had one stopped everywhere after so many attempts.

        The first attempts of a case do not depend on whether later ones follow, so that stopping earlier needs no
        assumption; going on longer would, and is not offered.

        Parameters
        ----------
        stop : int, optional
            Attempts after which one gives up, from 1; by default as long as one really went on.

        Returns
        -------
        Estimate
            Measure ``attempts_per_success``, a ratio of two sums over cases, with an interval symmetric on the
            logarithm (delta method; cases are independent). ``events`` are the successes.

        Raises
        ------
        MethodError
            `stop` is below 1, or there is no success by then.

        References
        ----------
        Cochran (1977), Sampling Techniques, section 2.11. Checked against the bootstrap.
        """
        if stop is not None and stop < 1:
            raise MethodError(f"one cannot stop after {stop} attempts; the first one is made")
        made = self.made if stop is None else np.minimum(self.made, stop)
        success = self.success if stop is None else self.success * (self.made <= stop)
        if not success.sum() > 0:
            raise MethodError(f"{len(made)} cases have no success, so attempts for each cannot be told")
        deviations = made / made.mean() - success / success.mean()
        return Estimate.from_se(
            float(made.sum() / success.sum()),
            float(deviations.std(ddof=1)) / math.sqrt(len(made)),
            scale="log",
            measure="attempts_per_success",
            unit="attempts",
            n=len(made),
            n_dropped=self.n_dropped,
            events=int(success.sum()),
            variance="delta method on the logarithm",
        )

    def unequal_chances(self) -> ShiftedBetaGeometric:
        """Cases with chances of their own that no attempt changes, as near as they come to these successes.

        `ShiftedBetaGeometric.retention` is then the share refused at each attempt. It assumes that giving up does not
        depend on the chance. Where it fits, a share of successes that falls says nothing of what attempts do.

        Raises
        ------
        MethodError
            As `fit_sbg`: the share of successes does not fall from attempt to attempt.
        """
        size = int(self.made.max()) + 1
        gained = np.bincount(self.made.astype(int), self.success, size)[1:]
        ended = np.bincount(self.made.astype(int), minlength=size)[1:]
        return fit_sbg(gained, ended - gained)[0]


def one_row_an_attempt(frame: pd.DataFrame, made: str, success: str, most: int) -> pd.DataFrame:
    """Each case once for every attempt up to `most`, for models of success at an attempt.

    Parameters
    ----------
    frame : DataFrame
    made, success : str
        Columns as `Attempts.of` takes them, without missing values.
    most : int

    Returns
    -------
    DataFrame
        The columns of the frame, ``attempt`` (from 1) and ``succeeded`` (1.0 at the attempt that succeeded, else 0.0);
        index 0 to the number of attempts - 1.

    Raises
    ------
    MethodError
        As `Attempts.of`.
    """
    given = Attempts.of(frame, made, success)
    if given.n_dropped:
        raise MethodError(f"{given.n_dropped} rows lack {made!r} or {success!r}; leave them out first")
    times = np.minimum(given.made, most).astype(int)
    rows = frame.iloc[np.repeat(np.arange(len(frame)), times)].reset_index(drop=True)
    attempt = np.arange(len(rows)) - np.repeat(np.cumsum(times) - times, times) + 1
    ended = attempt == rows[made].to_numpy()
    return rows.assign(attempt=attempt, succeeded=(ended & (rows[success].to_numpy() == 1)).astype(float))
