"""Means and slopes where rows share a household and a campaign."""

import numpy as np
import pandas as pd
import pytest

from helpers.errors import MethodError
from helpers.methods.linear_models.linear import linear_regression
from helpers.methods.linear_models.two_way import two_way_share, two_way_slope
from helpers.methods.linear_models.within import within_slope
from helpers.simulate import campaigns

CLUSTERS = ("household", "campaign")


def drawn(seed: int = 1, n: int = 200, **settings: int) -> pd.DataFrame:
    frame = campaigns.draw(seed, n=n, **settings)[0].frame
    return frame.assign(redeems=(frame["redeemed"] > 0).astype(float), picked=(frame["kind"] == "picked").astype(float))


@pytest.mark.filterwarnings("ignore:the interval rests on")
def test_each_way_is_the_cluster_jackknife_of_that_way_and_both_add_up_less_the_rows():
    frame = drawn()
    found = two_way_slope(frame, "redeems", "picked", clusters=CLUSTERS)
    se = [
        linear_regression(frame, "redeems", ["picked"], cluster=cluster).coefficients["picked"].se
        for cluster in (*CLUSTERS, None)
    ]
    assert [found.first.se, found.second.se] == pytest.approx(se[:2], rel=1e-12)
    assert found.both.se**2 == pytest.approx(max(se[0] ** 2 + se[1] ** 2 - se[2] ** 2, se[0] ** 2, se[1] ** 2))
    assert found.both.clusters == frame["campaign"].nunique()


def test_within_households_the_slope_is_that_beside_one_constant_each():
    frame = drawn()
    alone = within_slope(frame, "redeems", "picked", [], "household")
    found = two_way_slope(frame, "redeems", "picked", clusters=CLUSTERS, within=True)
    assert (found.first.value, found.first.se) == pytest.approx((alone.value, alone.se), rel=1e-9)
    assert found.both.n_dropped == alone.n_dropped


def test_the_jackknife_of_a_share_leaves_out_one_cluster_at_a_time():
    frame = drawn()
    found = two_way_share(frame, "redeems", CLUSTERS)
    left = np.array([frame.loc[frame["campaign"] != one, "redeems"].mean() for one in frame["campaign"].unique()])
    by_hand = np.sqrt((len(left) - 1) / len(left) * ((left - frame["redeems"].mean()) ** 2).sum())
    assert found.second.se == pytest.approx(by_hand, rel=1e-9)
    assert 0 < found.both.ci_low < found.both.value < found.both.ci_high < 1


@pytest.mark.simulation
def test_of_the_three_intervals_that_of_both_ways_covers_other_households_and_campaigns():
    covered = np.zeros(3)
    for seed in range(40):
        frame = drawn(seed, n=150, picking=6, same=12)
        found = two_way_slope(frame, "redeems", "picked", clusters=CLUSTERS, within=True)
        covered += [each.ci_low < 0.1 < each.ci_high for each in (found.first, found.second, found.both)]
    assert covered[2] >= 40 * 0.95 - 3.3 * np.sqrt(40 * 0.95 * 0.05)
    assert covered[2] >= max(covered[:2])


def test_what_leaves_no_interval_is_told():
    frame = drawn()
    with pytest.raises(MethodError, match="the share of 'redeems' is 0, which leaves it without an interval"):
        two_way_share(frame.assign(redeems=0.0), "redeems", CLUSTERS)
    with pytest.raises(MethodError, match="all rows share one of 'campaign'"):
        two_way_share(frame.assign(campaign=1), "redeems", CLUSTERS)
    with pytest.raises(MethodError, match="'picked' does not vary within any of 'household'"):
        two_way_slope(frame[frame["picked"] == 1], "redeems", "picked", clusters=CLUSTERS, within=True)
