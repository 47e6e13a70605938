"""The churn files: services that need the internet, answers of yes and no, states of 1 and 2, rows that stand twice."""

# ruff: noqa: E501  (headers as they are published)

import pandas as pd
import pytest
import rdata

from helpers.adapters import ibm_telco_churn, iranian_churn, mlc_churn
from helpers.errors import DataInvalid

TELCO = """customerID,gender,SeniorCitizen,Partner,Dependents,tenure,PhoneService,MultipleLines,InternetService,OnlineSecurity,OnlineBackup,DeviceProtection,TechSupport,StreamingTV,StreamingMovies,Contract,PaperlessBilling,PaymentMethod,MonthlyCharges,TotalCharges,Churn
0001-AAAAA,Male,0,No,Yes,0,Yes,No,No,No internet service,No internet service,No internet service,No internet service,No internet service,No internet service,Two year,No,Mailed check,20.05, ,No
0002-BBBBB,Female,1,No,No,2,Yes,No,DSL,Yes,Yes,No,No,No,No,Month-to-month,Yes,Mailed check,53.85,108.15,Yes
"""
IRAN = """Call  Failure,Complains,Subscription  Length,Charge  Amount,Seconds of Use,Frequency of use,Frequency of SMS,Distinct Called Numbers,Age Group,Tariff Plan,Status,Age,Customer Value,Churn
8,0,38,0,4370,71,5,17,3,1,1,30,197.64,0
0,1,39,0,318,5,7,4,2,2,2,25,46.035,1
8,0,38,0,4370,71,5,17,3,1,1,30,197.64,0
"""


@pytest.fixture
def telco_files(tmp_path):
    path = tmp_path / "Telco-Customer-Churn.csv"
    path.write_text(TELCO, encoding="utf-8")
    return {path.name: path}


@pytest.fixture
def iran_files(tmp_path):
    path = tmp_path / "Customer_Churn.csv"
    path.write_text(IRAN, encoding="utf-8")
    return {path.name: path}


@pytest.fixture
def mlc_files(tmp_path):
    path = tmp_path / "mlc_churn.RData"
    yes_no = pd.Categorical(["yes", "no", "no"])
    frame = pd.DataFrame(
        {
            "account_length": [117, 1, 243],
            "international_plan": yes_no,
            "voice_mail_plan": yes_no,
            "number_customer_service_calls": [1, 0, 9],
            "total_day_minutes": [184.5, 0.0, 351.5],
            "total_intl_minutes": [10.0, 0.0, 20.0],
            "churn": yes_no,
        }
    )
    rdata.write_rda(path, {"mlc_churn": frame})
    return {path.name: path}


def test_a_service_that_needs_the_internet_is_no_without_it_and_the_total_is_left_behind(telco_files):
    made = ibm_telco_churn.read(telco_files)
    assert made.frame["left"].tolist() == [0, 1]
    assert made.frame["duration"].tolist() == [0, 2]
    assert made.frame["tech_support"].tolist() == ["No", "No"]
    assert made.frame["online_backup"].tolist() == ["No", "Yes"]
    assert "AAAAA" not in made.frame.to_csv()
    assert made.clock.window == 1


def test_yes_and_no_become_1_and_0_and_the_account_length_is_called_no_tenure(mlc_files):
    made = mlc_churn.read(mlc_files)
    assert made.frame["left"].tolist() == [1, 0, 0]
    assert made.frame["duration"].tolist() == [117, 1, 243]
    assert not made.clock.is_tenure


def test_states_of_1_and_2_become_0_and_1_and_the_row_that_stands_twice_is_marked(iran_files):
    made = iranian_churn.read(iran_files)
    assert made.frame["inactive"].tolist() == [0, 1, 0]
    assert made.frame["contractual"].tolist() == [0, 1, 0]
    assert made.frame["repeated"].tolist() == [False, False, True]
    assert "customer_value" not in made.frame


@pytest.mark.parametrize("status", ["0", "3"])
def test_a_state_beside_1_and_2_is_told(iran_files, status):
    (path,) = iran_files.values()
    path.write_text(IRAN.replace(",2,2,25,", f",2,{status},25,"), encoding="utf-8")
    with pytest.raises(DataInvalid, match="column 'Status': 1 cell"):
        iranian_churn.read(iran_files)


@pytest.mark.parametrize(
    ("adapter", "files", "column"),
    [(ibm_telco_churn, "telco_files", "Churn"), (iranian_churn, "iran_files", "Status")],
)
def test_a_file_without_a_column_is_told(request, adapter, files, column):
    given = request.getfixturevalue(files)
    (path,) = given.values()
    pd.read_csv(path, dtype=str, keep_default_na=False).drop(columns=column).to_csv(path, index=False)
    with pytest.raises(DataInvalid, match=column):
        adapter.read(given)


@pytest.mark.real
@pytest.mark.reference
def test_the_published_counts_come_out(real_files):
    telco, mlc, iran = (
        adapter.read(real_files(slug))
        for adapter, slug in (
            (ibm_telco_churn, "ibm_telco_churn"),
            (mlc_churn, "mlc_churn"),
            (iranian_churn, "iranian_churn"),
        )
    )
    assert (telco.n, int(telco.frame["left"].sum()), int((telco.frame["duration"] == 0).sum())) == (7_043, 1_869, 11)
    assert (mlc.n, int(mlc.frame["left"].sum())) == (5_000, 707)
    assert (iran.n, int(iran.frame["left"].sum()), iran.without_repeats().n) == (3_150, 495, 2_850)
