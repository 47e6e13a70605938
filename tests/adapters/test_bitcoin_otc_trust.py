"""Ratings of traders by traders."""

import gzip

import pandas as pd
import pytest

from helpers.adapters import bitcoin_otc_trust


def test_seconds_become_moments_and_members_codes(tmp_path):
    path = tmp_path / "soc-sign-bitcoinotc.csv.gz"
    path.write_bytes(gzip.compress(b"6,2,4,1289241911.72836\n2,6,-5,1289241941.53378\n"))
    frame = bitcoin_otc_trust.read({path.name: path}).frame
    assert frame[["rater", "rated"]].to_numpy().tolist() == [[0, 1], [1, 0]]
    assert frame["time"].iloc[0] == pd.Timestamp("2010-11-08 18:45:11.728")
    assert frame["rating"].tolist() == [4, -5]


@pytest.mark.real
@pytest.mark.reference
def test_the_published_counts_come_out(real_files):
    made = bitcoin_otc_trust.read(real_files("bitcoin_otc_trust"))
    assert (made.n, made.n_members) == (35_592, 5_881)
    assert not (made.frame["rating"] == 0).any()
