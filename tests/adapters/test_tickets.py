"""Support tickets of a shop, and incidents of a service desk."""

import zipfile

import pytest

from helpers.adapters import incident_event_log, support_csat_shopzilla
from helpers.errors import DataInvalid

SHOP = """,Unique id,channel_name,category,Sub-category,Customer Remarks,Issue_reported at,issue_responded,Agent_name,Agent Shift,CSAT Score
7,u1,Inbound,Returns,Damaged,"came broken
twice",02/08/2023 10:00,02/08/2023 10:30,Pat Doe,Morning,4
3,u2,Email,Returns,Late,,01/08/2023 23:50,01/08/2023 00:00,Ann Roe,Night,1
"""  # noqa: E501
EVENTS = """number,ident_state,reassignment_count,reopen_count,sys_mod_count,opened_at,sys_updated_at,contact_type,category,category,priority,resolved_by
45,New,0,0,0,29/2/2016 01:00,29/2/2016 01:10,Phone,55,170,3,149
45,Resolved,1,0,2,29/2/2016 01:00,29/2/2016 03:00,Phone,55,170,3,149
45,Active,1,1,3,29/2/2016 01:00,29/2/2016 09:00,Phone,55,170,3,149
45,Closed,1,1,5,29/2/2016 01:00,5/3/2016 12:00,Phone,55,170,3,149
46,New,0,0,0,28/2/2016 01:00,28/2/2016 02:00,Email,?,1,2,?
"""  # noqa: E501


@pytest.fixture
def shop_files(tmp_path):
    path = tmp_path / "test.csv"
    path.write_text(SHOP, encoding="utf-8")
    return {path.name: path}


@pytest.fixture
def desk_files(tmp_path):
    path = tmp_path / "incident_event_log.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("incident_event_log.csv", EVENTS)
    return {path.name: path}


def test_remarks_and_names_are_left_behind_and_negative_times_stay(shop_files):
    made = support_csat_shopzilla.read(shop_files)
    assert made.frame["score"].tolist() == [1, 4]
    assert (made.hours < 0).tolist() == [True, False]
    assert "Doe" not in made.frame.to_csv()
    assert "broken" not in made.frame.to_csv()


def test_an_incident_is_one_row_solved_when_it_first_stood_as_resolved(desk_files):
    made = incident_event_log.read(desk_files)
    assert made.frame["reopened"].tolist() == [0, 1]
    assert made.hours.tolist()[1] == 2
    assert made.frame["answered"].isna().tolist() == [True, False]
    assert made.frame["category"].isna().tolist() == [True, False]
    assert made.flow.steps[0].n_dropped == 3


def test_a_damaged_archive_is_told(tmp_path):
    path = tmp_path / "incident_event_log.zip"
    path.write_bytes(b"PK and then nothing")
    with pytest.raises(DataInvalid, match="cannot be read as a zipped CSV file"):
        incident_event_log.read({path.name: path})


@pytest.mark.real
@pytest.mark.reference
def test_the_published_counts_come_out(real_files):
    shop = support_csat_shopzilla.read(real_files("support_csat_shopzilla"))
    assert (shop.n, int((shop.hours < 0).sum())) == (17_182, 635)
    desk = incident_event_log.read(real_files("incident_event_log"))
    assert (desk.flow.n_start, desk.n) == (141_712, 24_918)
