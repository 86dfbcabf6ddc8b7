"""Published and computed figures of public surveys, to the digits given with the data."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from analysis.estimate import Estimate
from analysis.files.formats import open_file
from analysis.table.design import Design
from analysis.tabulate import Tabulation
from tests.analysis.by_path import Words, tabulate

WEATHER = "How do you typically check the weather?"
RUDE = "Is itrude to recline your seat on a plane?"


def one(file: Path, question: str, **asked: Any) -> Tabulation:
    (table,) = tabulate(file, Words((question,), **asked))
    return table


def percent(rows: list[Estimate], digits: int) -> list[float]:
    return [round(100 * row.share, digits) for row in rows if row.share is not None]


def of(table: Tabulation, choice: str) -> dict[str, Estimate]:
    return {row.segment: row for row in table.estimates if row.choice.startswith(choice)}


@pytest.fixture
def weather(data_folder: Path) -> Path:
    return data_folder / "weather-check" / "weather-check.csv"


@pytest.fixture
def flying(data_folder: Path) -> Path:
    return data_folder / "flying-etiquette" / "flying-etiquette.csv"


@pytest.fixture
def comma(data_folder: Path) -> Path:
    return data_folder / "comma-survey" / "comma-survey.csv"


def test_eight_weather_channels_on_the_base_of_those_who_answered(weather: Path) -> None:
    table = one(weather, WEATHER, missing=("-",))
    found = sorted(percent(list(table.estimates), 2), reverse=True)
    assert found == [23.23, 20.61, 19.08, 15.16, 14.18, 3.49, 3.38, 0.87]
    assert {row.base for row in table.estimates} == {917}


def test_weather_channels_by_age(weather: Path) -> None:
    table = one(weather, WEATHER, by=("Age",), missing=("-",))
    ages = ("18 - 29", "30 - 44", "45 - 59", "60+")
    published = {
        "The default": [36.36, 30.88, 18.35, 13.57],
        "Local TV": [7.95, 16.67, 24.10, 28.68],
        "A specific": [15.91, 22.06, 20.50, 17.44],
        "Internet": [19.89, 12.75, 11.87, 13.95],
    }
    for channel, shares in published.items():
        assert percent([of(table, channel)[age] for age in ages], 2) == shares
    assert [of(table, "Local TV")[age].base for age in ages] == [176, 204, 278, 258]


@pytest.mark.parametrize(("daily", "shares"), [("Yes", [21, 16, 12]), ("No", [10, 10, 23])])
def test_weather_channels_of_daily_checkers(weather: Path, daily: str, shares: list[int]) -> None:
    table = one(
        weather, WEATHER, where=(f"Do you typically check a daily weather report?={daily}",), missing=("-",)
    )
    rows = [of(table, name)["all"] for name in ("A specific", "The Weather", "Internet")]
    assert percent(rows, 0) == shares


def test_have_flown(flying: Path) -> None:
    travel = "How often do you travel by plane?"
    table = tabulate(flying, Words((travel,)))[0]
    flown = [row.choice for row in table.estimates if row.choice != "Never"]
    net = one(flying, travel, nets=(f"{travel}:flown={'|'.join(flown)}",))
    row = of(net, "flown")["all"]
    assert row.base == 1040
    assert row.share == pytest.approx(874 / 1040)


def test_reclining_habits(flying: Path) -> None:
    table = one(flying, "Do you ever recline your seat when you fly?")
    names = ("Always", "Usually", "About half", "Once in a while", "Never")
    assert percent([of(table, name)["all"] for name in names], 2) == [15.97, 20.40, 13.75, 29.95, 19.93]
    assert {row.base for row in table.estimates} == {858}


def test_rude_to_recline_is_a_net_on_its_own_base(flying: Path) -> None:
    net = f"{RUDE}:rude=Yes, very rude|Yes, somewhat rude"
    table = one(flying, RUDE, by=("Age",), nets=(net,), total=True)
    rude = of(table, "rude")
    assert percent([rude[age] for age in ("all", "18-29", "30-44", "45-60", "> 60")], 2)[0] == 41.22
    assert percent([rude[age] for age in ("18-29", "30-44", "45-60", "> 60")], 1) == [54.7, 35.6, 40.2, 38.1]
    assert [rude[age].base for age in ("all", "18-29", "30-44", "45-60", "> 60")] == [854, 172, 222, 234, 215]
    counts = {note.code: note.count for note in table.notes}
    assert counts == {"missing_by": 33, "missing_question": 186, "no_segment": 11}


@pytest.mark.parametrize(
    ("beginning", "choice", "share"), [("Given the opportunity", "No", 69.67), ("Under normal", "Yes", 63.58)]
)
def test_other_reclining_questions(flying: Path, beginning: str, choice: str, share: float) -> None:
    question = next(name for name in open_file(flying).names if name.startswith(beginning))
    rows = [row for row in one(flying, question).estimates if row.choice.startswith(choice)]
    assert percent(rows, 2) == [share]
    assert rows[0].base == 854


def test_the_serial_comma(comma: Path) -> None:
    question = "In your opinion, which sentence is more gramatically correct?"
    table = one(comma, question, by=("Age",), total=True)
    serial = "It's important for a person to be honest, kind, and loyal."
    rows = of(table, serial)
    assert percent([rows["all"]], 2) == [56.78]
    ages = ("18-29", "30-44", "45-60", "> 60")
    assert percent([rows[age] for age in ages], 2) == [78.73, 61.02, 48.97, 45.22]
    assert [rows[age].base for age in ages] == [221, 254, 290, 272]


def test_data_is_or_are(comma: Path) -> None:
    table = one(comma, "How would you write the following sentence?")
    assert sorted(percent(list(table.estimates), 2)) == [20.86, 79.14]
    assert {row.base for row in table.estimates} == {1093}


CES = Design(weight="weight", strata="province", fpc="population")


def test_the_canadian_election_study_with_finite_provinces(data_folder: Path) -> None:
    table = one(data_folder / "ces11" / "ces11.csv", "abortion", by=("gender",), design=CES, total=True)
    yes = of(table, "Yes")
    assert yes["all"].share == pytest.approx(0.184979, abs=5e-7)
    assert yes["all"].se == pytest.approx(0.0098514, abs=5e-8)
    assert yes["all"].design_effect == pytest.approx(1.4355, abs=2e-4)
    assert [yes[g].share for g in ("Female", "Male")] == pytest.approx([0.1902468, 0.1784164], abs=5e-8)
    assert [yes[g].se for g in ("Female", "Male")] == pytest.approx([0.01386253, 0.01396245], abs=5e-9)


def test_the_canadian_election_study_with_weights_only(data_folder: Path) -> None:
    table = one(data_folder / "ces11" / "ces11.csv", "abortion", design=Design(weight="weight"))
    row = of(table, "Yes")["all"]
    assert row.se == pytest.approx(0.0099315, abs=5e-8)
    assert row.design_effect == pytest.approx(1.4589, abs=2e-4)


def test_abortion_by_importance_of_religion(data_folder: Path) -> None:
    table = one(data_folder / "ces11" / "ces11.csv", "abortion", by=("importance",), design=CES)
    rows = [of(table, "Yes")[name] for name in ("not", "notvery", "somewhat", "very")]
    shares = [0.03679591, 0.05738382, 0.13006183, 0.45941419]
    errors = [0.008543965, 0.013739699, 0.014550615, 0.024858104]
    assert [row.share for row in rows] == pytest.approx(shares, abs=5e-9)
    assert [row.se for row in rows] == pytest.approx(errors, abs=5e-10)
    assert [row.base for row in rows] == [607, 315, 714, 595]


def test_nhanes_cholesterol(data_folder: Path) -> None:
    design = Design(weight="WTMEC2YR", strata="SDMVSTRA", cluster="SDMVPSU")
    file = data_folder / "nhanes-hichol" / "nhanes.csv"
    table = one(file, "HI_CHOL", by=("agecat",), design=design, total=True)
    rows = of(table, "1")
    everyone = rows["all"]
    assert everyone.share == pytest.approx(0.112143, abs=5e-7)
    assert everyone.se == pytest.approx(0.00544584, abs=5e-9)
    assert everyone.design_effect == pytest.approx(2.336725, abs=5e-7)
    assert (everyone.low, everyone.high) == pytest.approx((0.1011070, 0.1242171), abs=5e-8)
    assert (everyone.base, everyone.df) == (7846, 16)
    ages = ("(0,19]", "(19,39]", "(39,59]", "(59,Inf]")
    shares = [0.008660267, 0.078891392, 0.178493821, 0.155297283]
    errors = [0.002666899, 0.009069233, 0.010984693, 0.012568105]
    assert [rows[age].share for age in ages] == pytest.approx(shares, abs=5e-10)
    assert [rows[age].se for age in ages] == pytest.approx(errors, abs=5e-10)


def test_pisa_items_by_country(data_folder: Path) -> None:
    table = one(data_folder / "pisa-items" / "pisaitems.parquet", "ST24Q01", by=("CNT",))
    names = ("Strongly disagree", "Disagree", "Agree", "Strongly agree")
    published = {
        "Canada": [25.698, 35.129, 24.884, 14.290],
        "Mexico": [21.875, 36.768, 33.455, 7.901],
        "United States": [17.170, 33.004, 33.972, 15.854],
    }
    for country, shares in published.items():
        found = {row.choice: 100 * (row.share or 0) for row in table.estimates if row.segment == country}
        assert [found[name] for name in names] == pytest.approx(shares, abs=6e-4)
    assert next(note.count for note in table.notes if note.code == "missing_question") == 1199


@pytest.mark.parametrize("name", ["sample.dta", "sample.zsav", "sample.por"])
def test_value_labels_name_the_choices_in_code_order(data_folder: Path, name: str) -> None:
    pytest.importorskip("pyreadstat", reason="the extra 'formats' is not installed")
    opened = open_file(data_folder / "spss-stata" / name)
    label, order = (one for one in opened.names if one.lower() in ("mylabl", "myord"))
    table = opened.read([label, order])
    assert table.columns[label].choices == ("Male", "Female")
    assert table.columns[label].codes.tolist() == [0, 1, 0, 1, 0]
    assert table.columns[order].choices == ("low", "medium", "high")


def test_user_missing_values_are_missing(data_folder: Path) -> None:
    pytest.importorskip("pyreadstat", reason="the extra 'formats' is not installed")
    table = one(data_folder / "spss-stata" / "missing_test.sav", "var1")
    assert [(row.choice, row.base) for row in table.estimates] == [("2", 1)]
