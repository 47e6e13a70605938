"""The flow of exclusions adds up."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers.errors import DataInvalid
from helpers.schemas.flow import Flow, Step


def test_each_step_says_how_many_are_left():
    flow = Flow.start(100).then("no answer", 7).then("under age", 0)
    assert (flow.n_start, flow.n_end, flow.n_dropped) == (100, 93, 7)
    assert flow.to_frame().to_dict("list") == {
        "step": ["all rows", "no answer", "under age"],
        "n_dropped": [0, 7, 0],
        "n_left": [100, 93, 93],
    }


def test_a_flow_that_does_not_add_up_is_refused():
    with pytest.raises(DataInvalid, match="100 rows less 7 dropped is not 95"):
        Flow(100, 95, (Step("no answer", 7),))


@pytest.mark.parametrize("n_dropped", [-1, 101])
def test_a_step_cannot_drop_what_is_not_there(n_dropped):
    with pytest.raises(DataInvalid):
        Flow.start(100).then("impossible", n_dropped)


@pytest.mark.property
@given(st.lists(st.integers(0, 50), max_size=8), st.integers(0, 1000))
def test_the_last_line_of_the_table_is_the_end_of_the_flow(drops, rest):
    flow = Flow.start(sum(drops) + rest)
    for number, dropped in enumerate(drops):
        flow = flow.then(f"reason {number}", dropped)
    table = flow.to_frame()
    assert table["n_left"].iloc[-1] == flow.n_end == rest
    assert table["n_dropped"].sum() == flow.n_dropped
