"""Satisfaction of bus passengers."""

import pandas as pd
import pytest
import rdata

from helpers.adapters import bus_delay_satisfaction


def test_answers_become_scores_in_their_order(tmp_path):
    path = tmp_path / "Customer.RData"
    answers = ["Very satisfied", "Neutral", "Very unsatisfied"]
    frame = pd.DataFrame({"y": pd.Categorical(answers), "delay": [0.0, 2.0, 7.0]})
    rdata.write_rda(path, {"Customer": frame})
    made = bus_delay_satisfaction.read({path.name: path})
    assert made.frame["score"].tolist() == [5, 3, 1]
    assert made.frame["wait"].tolist() == [0, 2, 7]
    assert made.frame["before"].isna().all()


@pytest.mark.real
@pytest.mark.reference
def test_the_published_counts_come_out(real_files):
    made = bus_delay_satisfaction.read(real_files("bus_delay_satisfaction"))
    assert made.frame["wait"].value_counts().to_dict() == {0: 10_329, 2: 1_125, 5: 533, 7: 244}
