"""The share of latent variance between groups: its likelihood, and its interval in simulation."""

import numpy as np
import pandas as pd
import pytest
from scipy import integrate, optimize, special
from scipy.special import expit

from helpers.errors import MethodError
from helpers.methods.linear_models import group_variance
from helpers.methods.linear_models.group_variance import latent_group_variance


def drawn(seed: int, sd: float, groups: int = 40, sellers: int = 8, rows: int = 40) -> pd.DataFrame:
    """`sellers` of each group with `rows` rows each; one event in twenty."""
    rng = np.random.default_rng(seed)
    group = np.repeat(np.arange(groups), sellers * rows)
    # The groups are those of the data: their log odds have the planted spread exactly.
    log_odds = rng.normal(size=groups)
    log_odds = -3 + sd * (log_odds - log_odds.mean()) / log_odds.std()
    y = (rng.random(len(group)) < expit(log_odds[group])).astype(float)
    return pd.DataFrame({"y": y, "group": group, "seller": np.repeat(np.arange(groups * sellers), rows)})


@pytest.mark.reference
def test_the_maximum_is_that_of_the_integrated_likelihood():
    frame = drawn(4, 0.6, groups=12)
    found = latent_group_variance(frame, "y", "group", "seller", draws=20, seed=1)
    counts = frame.groupby("group")["y"].agg(["sum", "size"]).to_numpy()

    def cost(mean: float, sd: float) -> float:
        def joint(at: float, events: float, rows: float) -> float:
            scaled = events * at - rows * np.log1p(np.exp(at)) - events * np.log(0.05) - (rows - events) * np.log(0.95)
            return np.exp(scaled - 0.5 * ((at - mean) / sd) ** 2) / sd

        parts = [integrate.quad(joint, -7, 1, args=tuple(pair), points=[mean], epsabs=0)[0] for pair in counts]
        return -float(np.log(parts).sum())

    best = optimize.minimize(lambda at: cost(at[0], np.exp(at[1])), [-3.0, -0.5], method="BFGS")
    assert found.mean_log_odds == pytest.approx(best.x[0], abs=1e-3)
    assert found.sd == pytest.approx(np.exp(best.x[1]), rel=2e-3)
    assert found.share.value == pytest.approx(found.sd**2 / (found.sd**2 + np.pi**2 / 3))


def test_each_draw_ends_at_the_maximum_that_a_general_search_finds():
    """With spread, without any, with groups that a draw misses, with one far group, and without an event."""
    rng = np.random.default_rng(6)
    rows = np.vstack([rng.integers(20, 200, (4, 15)), np.full(15, 50)]).astype(float)
    rows[2, :5] = 0
    rates = expit(-2 + np.array([1.0, 0.0, 0.6, 0.2, 0.0])[:, None] * rng.standard_normal((5, 15)))
    events = np.round(rows * rates)
    events[1], events[3, 0], events[4] = np.round(rows[1] * 0.1), rows[3, 0], 0
    grid = group_variance._grid(rows.sum(axis=0) * 0.1, rows.sum(axis=0))

    def cost(at: np.ndarray, some: np.ndarray, of: np.ndarray) -> float:
        likelihood = some[:, None] * grid - of[:, None] * np.logaddexp(0, grid)
        among = -0.5 * ((grid - at[0]) / np.exp(at[1])) ** 2 - at[1]
        return -special.logsumexp((likelihood + among)[of > 0], axis=1).sum()

    low = np.log(grid[1] - grid[0])
    for (mean, sd), some, of in zip(group_variance._maxima(grid, events, rows), events, rows, strict=True):
        middle = special.logit((some.sum() + 0.5) / (of.sum() + 1))
        ends = [(middle - 5, middle + 5), (low, np.log(4))]
        starts = [[middle + shift, np.log(start)] for shift in (-1, 0) for start in (0.1, 0.3, 1)]
        best = min(
            (optimize.minimize(cost, start, args=(some, of), bounds=ends, method="L-BFGS-B") for start in starts),
            key=lambda found: found.fun,
        )
        assert cost([mean, np.log(sd)], some, of) <= best.fun + 1e-9 * abs(best.fun)
        assert sd == pytest.approx(np.exp(best.x[1]), rel=1e-3)
    assert group_variance._maxima(grid, events, rows)[1, 1] == pytest.approx(np.exp(low))


@pytest.mark.simulation
@pytest.mark.slow
@pytest.mark.parametrize("sd", [0.0, 0.42, 0.8])
def test_the_interval_holds_the_planted_share(sd):
    truth = sd**2 / (sd**2 + np.pi**2 / 3)
    found = [
        latent_group_variance(drawn(seed, sd), "y", "group", "seller", draws=40, seed=seed).share for seed in range(40)
    ]
    held = sum(item.ci_low <= truth <= item.ci_high for item in found)
    # .95 less three standard errors of a share of 40; limits from 40 draws lie a little further in than from many.
    assert held >= 34


def test_without_a_spread_the_share_is_near_none():
    found = latent_group_variance(drawn(9, 0.0), "y", "group", "seller", draws=40, seed=2)
    assert found.share.value < 0.01
    assert found.share.ci_low == 0


def test_the_order_of_rows_does_not_matter_and_missing_ones_are_counted():
    frame = drawn(5, 0.5, groups=10)
    first = latent_group_variance(frame, "y", "group", "seller", draws=20, seed=3)
    holed = pd.concat([frame[::-1], frame[:3].assign(y=np.nan)])
    again = latent_group_variance(holed, "y", "group", "seller", draws=20, seed=3)
    assert again.share.value == first.share.value
    assert again.share.ci_high == first.share.ci_high
    assert again.n_dropped == 3


@pytest.mark.parametrize(
    "changes",
    [{"y": 1.0}, {"y": 2.0}, {"group": 1}, {"seller": 1}],
    ids=["one value", "not 0 and 1", "one group", "one seller"],
)
def test_what_has_no_variance_is_refused(changes):
    with pytest.raises(MethodError):
        latent_group_variance(drawn(5, 0.5, groups=5).assign(**changes), "y", "group", "seller", draws=5, seed=1)


def test_a_search_that_has_not_ended_is_no_estimate(monkeypatch):
    monkeypatch.setattr(group_variance, "_MOST_STEPS", 2)
    with pytest.raises(MethodError, match="in 2 steps"):
        latent_group_variance(drawn(5, 0.5, groups=5), "y", "group", "seller", draws=5, seed=1)
