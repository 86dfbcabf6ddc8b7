"""How numbers and dates are written in each language."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from reports.numbers import (
    count,
    decimal,
    interval,
    listed,
    moment,
    n_equals,
    percent,
    period,
    points,
    share_of_sample,
    span,
    whole,
)


@pytest.mark.parametrize(("language", "text"), [("en", "34%"), ("uk", "34%"), ("ru", "34\u00a0%")])
def test_per_cent_as_the_language_writes_it(language: str, text: str) -> None:
    assert percent(0.34, language) == text


@pytest.mark.parametrize("share", [0.0, 0.005, 0.015, 0.145, 0.285, 0.345, 0.565, 0.575, 0.995, 1.0])
def test_interval_ends_are_rounded_like_shares(share: float) -> None:
    assert percent(share, "en") == f"{whole(share)}%"


def test_ranges_never_break() -> None:
    assert interval(0.32, 0.36) == "(32\u2060–\u206036)"
    assert span("24", "34") == "24\u2060–\u206034"


def test_minus_is_a_minus_and_not_a_hyphen() -> None:
    assert [points(p) for p in (-0.02, 0.04, 0.001)] == ["\u22122", "+4", "0"]


def test_thousands_in_tables_and_after_n() -> None:
    assert [count(2030, language) for language in ("en", "uk", "ru")] == ["2,030", "2\u00a0030", "2\u00a0030"]
    assert n_equals(2030, "en") == "n\u00a0=\u00a02,030"
    assert n_equals(2030, "uk") == "n\u00a0=\u00a02030"
    assert n_equals(12030, "ru") == "n\u00a0=\u00a012\u00a0030"


def test_decimals_and_small_shares() -> None:
    assert (decimal(1.17, "en"), decimal(1.17, "uk")) == ("1.17", "1,17")
    assert (share_of_sample(0.015, "en"), share_of_sample(0.015, "ru")) == ("1.5%", "1,5\u00a0%")


def test_periods_name_the_month_once_where_they_can() -> None:
    assert period(date(2026, 11, 2), date(2026, 11, 9), "uk") == "2\u2060–\u20609 листопада 2026\u202fр."
    assert period(date(2026, 11, 22), date(2026, 12, 6), "en") == "22 November\u00a0– 6 December 2026"
    assert period(date(2026, 11, 9), date(2026, 11, 9), "ru") == "9 ноября 2026\u202fг."


def test_a_moment_is_told_on_the_clock_of_its_zone() -> None:
    told = moment(datetime(2026, 12, 7, 6, 30, tzinfo=UTC), "Europe/Kyiv", "en")
    assert told == "7 December 2026, 08:30 (Europe/Kyiv)"


def test_lists() -> None:
    assert listed(["a", "b"], "en", "or") == "a or b"
    assert listed(["а", "б"], "uk") == "а і б"
