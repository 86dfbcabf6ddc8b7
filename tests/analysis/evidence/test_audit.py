"""The audit of published figures: the worked example "34 %, 60 % of ages 24-34, n = 2,030", and its parts."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm, t

from analysis.estimate import Estimate
from analysis.evidence.auditing import Audit, Audited, AuditRequest, Audits, audit, audit_claim
from analysis.evidence.claim import (
    CONSISTENT,
    FACTS,
    INCONSISTENT,
    NOT_CHECKABLE,
    Claim,
    checklist,
    hold_against,
    own_data_check,
)
from analysis.evidence.sample_size import part_for_margin, smallest_part
from analysis.evidence.stated import (
    Stated,
    counts,
    counts_fit,
    impossible_bases,
    printed_share,
    ranges,
    remainder_range,
    stated,
)
from analysis.problems import DataProblem

ALL, YOUNG = Stated(0.34), Stated(0.60)
LIBRARY = Path(__file__).parents[3] / "questionnaires" / "library" / "complaint_channels"


@pytest.fixture(scope="module")
def example() -> Audit:
    return audit_claim(Claim("online", ALL, 2030, "24-34", YOUNG, segments=6))


# --- the worked example ------------------------------------------------------------------------------------


def test_thirty_four_per_cent_of_2030_is_681_to_700() -> None:
    assert counts(ALL, 2030) == (681, 700)


def test_sixty_per_cent_refutes_only_numbers_below_eighty() -> None:
    found = impossible_bases(YOUNG)
    assert max(found) == 79
    assert {11, 12, 13, 14, 16, 19, 21, 24, 76, 79} <= set(found)
    assert not {5, 10, 15, 20, 25, 75, 77, 78} & set(found)


@pytest.mark.parametrize(("n", "lost"), [(20, 80), (30, 70), (50, 50), (75, 25), (99, 1), (100, 0), (101, 0)])
def test_how_many_whole_per_cents_a_number_of_people_cannot_give(n: int, lost: int) -> None:
    assert sum(counts(Stated(place / 100), n) is None for place in range(101)) == lost


def test_intervals_by_design_effect(example: Audit) -> None:
    shown = [(round(100 * row["low"], 1), round(100 * row["high"], 1)) for row in example.intervals]
    assert shown == [(32.0, 36.1), (31.5, 36.6), (31.2, 37.0)]


def test_what_plausible_sizes_of_the_part_imply(example: Audit) -> None:
    rows = {round(row["share_of_sample"], 2): row for row in example.part_rows}
    shown = {
        size: (row["n"], *(round(100 * row[key], 1) for key in ("low", "high", "remainder")))
        for size, row in rows.items()
    }
    assert shown[0.14] == (284, 54.2, 65.5, 29.8)
    assert shown[0.17] == (345, 54.7, 65.0, 28.7)
    assert shown[0.25] == (508, 55.7, 64.2, 25.3)
    assert shown[0.3][3] == 22.9
    assert rows[0.14]["remainder_low"] < rows[0.14]["remainder"] < rows[0.14]["remainder_high"]
    assert example.part_for_5_points == 369
    beyond = audit_claim(Claim("all", ALL, 2030, "young", YOUNG, part_shares=(0.57, 0.58, 0.7))).part_rows
    assert [row["possible"] for row in beyond] == [True, False, False]
    assert beyond[2]["remainder_low"] is None


def test_the_part_is_at_most_58_per_cent(example: Audit) -> None:
    (said,) = [check.text for check in example.checks if check.check == "part"]
    assert "at most 58% of the people" in said


def test_fewest_people_for_significance(example: Audit) -> None:
    found = {
        (r["design_effect"], r["comparisons"]): (r["significant"], r["power_80"]) for r in example.smallest
    }
    assert found[1.0, 1] == (14, 28)
    assert found[2.0, 1] == (27, 55)
    assert found[2.0, 15] == (60, 97)
    assert part_for_margin(0.6, 0.05) == 369


@pytest.mark.parametrize(
    ("share", "n", "low", "high"), [(0.83, 170, 77, 88), (0.80, 362, 76, 84), (0.34, 2030, 32, 36)]
)
def test_intervals_of_other_published_figures(share: float, n: int, low: int, high: int) -> None:
    row = audit_claim(Claim("x", Stated(share), n)).intervals[0]
    assert (round(100 * row["low"]), round(100 * row["high"])) == (low, high)


def test_the_verdict_is_not_checkable(example: Audit) -> None:
    assert example.verdict == NOT_CHECKABLE
    assert any("unknown" in reason for reason in example.reasons)


# --- granularity -------------------------------------------------------------------------------------------


@given(st.integers(1, 400), st.data())
def test_a_share_that_people_gave_is_never_refused(n: int, data: st.DataObject) -> None:
    hits, digits = data.draw(st.integers(0, n)), data.draw(st.integers(0, 2))
    printed = f"{100 * hits / n:.{digits}f}%"
    share = stated("--share", printed)
    found = counts(share, n)
    assert found is not None
    assert found[0] <= hits <= found[1]
    assert audit_claim(Claim("x", share, n)).verdict != INCONSISTENT


@pytest.mark.parametrize(
    ("text", "value", "digits"),
    [
        ("34%", 0.34, 0),
        ("34.0 %", 0.34, 1),
        ("34,25%", 0.3425, 2),
        ("0.34", 0.34, 0),
        ("0.345", 0.345, 1),
        ("1", 1.0, 0),
    ],
)
def test_digits_count(text: str, value: float, digits: int) -> None:
    assert stated("--share", text) == Stated(pytest.approx(value), digits)  # type: ignore[arg-type]


def test_a_fraction_has_the_digits_of_its_per_cent() -> None:
    assert [printed_share(value).digits for value in (0.6, 0.34, 0.237, 0.0005, 1.0)] == [0, 0, 1, 2, 0]


@pytest.mark.parametrize("text", ["34", "134%", "a third", "-3%", ""])
def test_what_is_no_share_is_said(text: str) -> None:
    with pytest.raises(DataProblem, match="--share"):
        stated("--share", text)


def test_a_share_that_no_count_gives_is_inconsistent() -> None:
    found = audit_claim(Claim("all", Stated(0.55), 17))
    assert found.verdict == INCONSISTENT
    assert "no count of 17 people is 55%" in found.reasons[0]
    assert audit_claim(Claim("all", Stated(0.53), 17)).verdict == CONSISTENT  # 9 of 17
    assert (
        audit_claim(Claim("all", Stated(0.0), 17)).verdict == NOT_CHECKABLE
    )  # nobody is a count of any number
    assert "no count of 1 person is 50%" in audit_claim(Claim("all", Stated(0.5), 1)).reasons[0]
    assert audit_claim(Claim("all", Stated(0.55), 17, weighted=True)).verdict == NOT_CHECKABLE


def test_numbers_are_written_as_ranges() -> None:
    assert ranges([1, 2, 3, 5, 7, 8]) == "1-3, 5, 7-8"
    assert ranges([]) == "none"
    assert ranges([1, 3, 5], most=2) == "1, 3, 5"
    assert ranges([1, 3, 5, 6, 8], most=2) == "1, 3 and 3 more"


def test_the_list_of_refuted_numbers_is_short() -> None:
    (text,) = audit_claim(Claim("all", Stated(0.343, 1), None)).reasons
    assert len(text) < 200
    told = text.rpartition(": ")[2]
    named, left = told.removesuffix(".").split(" and ")
    ends = [one.split("-") for one in named.split(", ")]
    count = sum(int(end[-1]) - int(end[0]) + 1 for end in ends)
    assert count + int(left.removesuffix(" more")) == len(impossible_bases(Stated(0.343, 1)))
    (finer,) = audit_claim(Claim("all", Stated(0.3425, 2), None)).reasons
    assert finer.endswith(" more, others from 1,000 on.")


# --- a part beside the whole -------------------------------------------------------------------------------


def test_a_part_that_is_too_large_is_inconsistent() -> None:
    # 60 % of 1,300 are 774 people at least, more than the 700 of all who can be 34 %
    found = audit_claim(Claim("all", ALL, 2030, "young", YOUNG, part_n=1300))
    assert found.verdict == INCONSISTENT
    assert "at most 58%" in found.reasons[0]
    assert (
        audit_claim(Claim("all", ALL, 2030, "young", YOUNG, part_n=1300, weighted=True)).verdict
        == NOT_CHECKABLE
    )


def test_a_part_that_could_have_contradicted_and_did_not_is_consistent() -> None:
    assert audit_claim(Claim("all", ALL, 2030, "young", YOUNG, part_n=800)).verdict == CONSISTENT
    # no share of 345 people could contradict 34 % of 2,030
    assert audit_claim(Claim("all", ALL, 2030, "young", YOUNG, part_n=345)).verdict == NOT_CHECKABLE


@given(st.integers(2, 12), st.data())
def test_whole_people_fit_exactly_where_some_table_does(n: int, data: st.DataObject) -> None:
    part_n = data.draw(st.integers(1, n))
    whole, part = (Stated(data.draw(st.integers(0, 100)) / 100) for _ in range(2))
    by_hand = any(
        whole.low - 1e-9 <= (a + b) / n <= whole.high + 1e-9
        and part.low - 1e-9 <= a / part_n <= part.high + 1e-9
        for a, b in itertools.product(range(part_n + 1), range(n - part_n + 1))
    )
    assert counts_fit(whole, n, part, part_n) == by_hand


def test_people_outside_the_part_are_not_enough() -> None:
    # all ten of ten, but none of five: the other five cannot be ten
    assert not counts_fit(Stated(1.0), 10, Stated(0.0), 5)
    assert counts_fit(Stated(0.5), 10, Stated(0.0), 5)


def test_the_others_with_rounding() -> None:
    low, high = remainder_range(ALL, YOUNG, 0.17)
    assert low == pytest.approx((0.335 - 0.17 * 0.605) / 0.83)
    assert high == pytest.approx((0.345 - 0.17 * 0.595) / 0.83)


def test_no_number_is_enough_where_the_shares_are_equal() -> None:
    assert smallest_part(0.34, 0.34, 2030) is None


@pytest.mark.parametrize(("n", "effect", "comparisons"), [(90, 1.0, 1), (2030, 1.5, 6), (50_000, 2.0, 15)])
def test_the_fewest_people_are_the_first_that_are_enough(n: int, effect: float, comparisons: int) -> None:
    def z(people: int) -> float:
        rest = (0.34 - people / n * 0.6) / (1 - people / n)
        return (0.6 - rest) / (effect * (0.24 / people + rest * (1 - rest) / (n - people))) ** 0.5

    found = smallest_part(0.34, 0.6, n, effect, comparisons)
    assert found is not None
    need = norm.ppf(1 - 0.025 / comparisons)
    assert z(found) >= need > z(found - 1)
    # of a thousand million people it is the number of a sample without end
    assert smallest_part(0.34, 0.6, 10**9) == 14


def test_shares_that_must_add_up() -> None:
    fits = [Stated(0.34), Stated(0.33), Stated(0.32)]
    assert audit_claim(Claim("q", None, addends=tuple(fits))).verdict == CONSISTENT
    found = audit_claim(Claim("q", None, addends=(*fits, Stated(0.1))))
    assert found.verdict == INCONSISTENT
    assert "109%; rounding allows 107% to 111%, not 100%" in found.reasons[0]


# --- facts -------------------------------------------------------------------------------------------------


def test_the_checklist_says_what_is_known_unknown_and_not_said() -> None:
    states = {fact.fact: fact.state for fact in checklist(["country", "year"], ["mode", "language"])}
    assert list(states) == [*FACTS, "language"]
    assert states["country"] == states["dates"] == "known"
    assert states["mode"] == states["language"] == "unknown"
    assert states["wording"] == "not said"


# --- our own data ------------------------------------------------------------------------------------------


def ours(share: float | None, se: float = 0.01, df: int = 2000) -> Estimate:
    return Estimate("q", "yes", "all", share, se, None, None, "logit", 2000, 2000.0, 1.0, df)


def test_both_variances_count() -> None:
    first, second = hold_against(ALL, 2030, ours(0.35), 0.05, (1.0, 2.0))
    assert first.se == pytest.approx((0.01**2 + 0.34 * 0.66 / 2030) ** 0.5)
    assert second.se == pytest.approx((0.01**2 + 2 * 0.34 * 0.66 / 2030) ** 0.5)
    # t = (0.01 - 0.005)/se, two-sided; TOST: t = (0.05 - 0.01 - 0.005)/se
    assert first.p == pytest.approx(0.7309, abs=1e-3)
    assert first.p_equivalent == pytest.approx(t.sf(0.035 / first.se, 2000))
    assert first.verdict == second.verdict == CONSISTENT


@pytest.mark.parametrize(
    ("share", "margin", "verdict"),
    [
        (0.50, None, INCONSISTENT),
        (0.50, 0.05, INCONSISTENT),
        (0.35, None, NOT_CHECKABLE),
        (0.35, 0.01, NOT_CHECKABLE),
        (0.35, 0.05, CONSISTENT),
        (0.40, 0.15, CONSISTENT),
    ],
)
def test_not_different_is_not_the_same(share: float, margin: float | None, verdict: str) -> None:
    held = hold_against(ALL, 2030, ours(share), margin)
    assert own_data_check(held, ALL, ours(share), margin).verdict == verdict


@given(st.floats(0.2, 0.5), st.floats(0.005, 0.2), st.floats(0.001, 0.05))
def test_the_same_is_an_inner_interval_within_the_margin(share: float, margin: float, se: float) -> None:
    for row in hold_against(ALL, 2030, ours(share, se), margin):
        within = -margin < row.inner_low and row.inner_high < margin
        assert within == (row.verdict == CONSISTENT)


def test_what_depends_on_the_design_effect_is_not_checkable() -> None:
    held = hold_against(ALL, 200, ours(0.43), None, (1.0, 4.0))
    assert [one.verdict for one in held] == [INCONSISTENT, NOT_CHECKABLE]
    said = own_data_check(held, ALL, ours(0.43), None)
    assert said.verdict == NOT_CHECKABLE
    assert "depends on the published design effect" in said.text


def test_the_table_writes_differences_and_p_as_compare_does() -> None:
    held = hold_against(ALL, 20_300, ours(0.55), 0.05, (1.0,))
    text = str(Audited(audit_claim(Claim("all", ALL, 20_300)), ours(0.55), held))
    (line,) = [one for one in text.splitlines() if one.endswith(INCONSISTENT) and one.startswith("1 ")]
    assert " <.0001 " in line and " to +" in line and " - " not in line
    assert "0.000" not in line.replace("<.0001", "")


def test_without_a_number_of_people_nothing_is_tested() -> None:
    assert hold_against(ALL, None, ours(0.5)) == ()
    assert "is unknown" in own_data_check((), ALL, ours(0.5), None).text
    assert "nobody answered" in own_data_check((), ALL, ours(None), None).text


# --- files -------------------------------------------------------------------------------------------------


def audit_file(path: Path, *ids: str) -> Audits:
    return audit(AuditRequest(Claim("all", None), path, ids))


FIGURES = """
- {id: all, question: channel, choices: [online], value: 0.34, n: 2030, source: "Paper A: table 1"}
- {id: young, question: channel, choices: [online], value: 0.6, n: 1300, where: age < 35, source: "Paper A: table 2"}
- {id: elsewhere, question: channel, choices: [online], value: 0.9, n: 1300, where: age > 60, source: "Paper B"}
- {id: first, question: channel, choices: [online], rank: first, source: "Paper A"}
"""


def test_a_file_holds_its_figures_against_each_other(tmp_path: Path) -> None:
    (tmp_path / "published.yaml").write_text(FIGURES, encoding="utf-8")
    found = {one.audit.claim.name: one.audit for one in audit_file(tmp_path / "published.yaml").audits}
    assert found["all"].verdict == found["young"].verdict == INCONSISTENT
    assert found["all"].claim.part_name == "young"
    assert [check.check for check in found["elsewhere"].checks] == ["granularity"]
    assert found["first"].reasons == ("first: no share was printed.",)


def test_the_library_study() -> None:
    found = {one.audit.claim.name: one.audit for one in audit_file(LIBRARY).audits}
    assert found["complain_online"].verdict == NOT_CHECKABLE
    assert found["complain_online"].claim.part_name == "complain_online_24_34"
    assert found["reply_within_60m_exclusive"].verdict == INCONSISTENT
    nested = [check for check in found["reply_within_30m"].checks if check.check == "nested"]
    assert [check.verdict for check in nested] == [CONSISTENT]
    assert found["reply_within_30m"].verdict == NOT_CHECKABLE  # of an unknown number of people
    states = {fact.fact: fact.state for fact in found["complain_online"].facts}
    assert states["weighting"] == "unknown"
    assert states["country"] == "known"


def test_an_inner_share_that_is_larger_is_inconsistent(tmp_path: Path) -> None:
    for file in LIBRARY.glob("*.yaml"):
        text = file.read_text(encoding="utf-8")
        if file.name == "published.yaml":
            text = text.replace("value: 0.32", "value: 0.52")
        (tmp_path / file.name).write_text(text, encoding="utf-8")
    found = audit_file(tmp_path, "reply_within_30m").audits[0].audit
    assert found.verdict == INCONSISTENT
    assert "it cannot be larger" in found.reasons[0]


@pytest.mark.parametrize(
    ("text", "code", "words"),
    [
        ("a: 1", "published_unreadable", "a list of figures"),
        ("- {id: x, value: 2}", "published_unreadable", "published.yaml:1"),
        (
            "- {id: x, value: 2, question: q, choices: [a], source: s}",
            "published_unreadable",
            "from 0 to 1",
        ),
        (": : :", "published_unreadable", "published.yaml"),
        (FIGURES, "figure_unknown", "no figure 'z' in the file: it has 'all', 'young'"),
    ],
)
def test_a_file_that_cannot_be_read_is_said(text: str, code: str, words: str, tmp_path: Path) -> None:
    (tmp_path / "published.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(DataProblem) as caught:
        audit_file(tmp_path, "z")
    assert caught.value.code == code
    assert words in caught.value.message
    assert "\n" not in caught.value.message


@pytest.mark.parametrize(
    ("claim", "words"),
    [
        (Claim("x", ALL, 0), "--n 0"),
        (Claim("x", ALL, 100, part=YOUNG, part_n=200), "--part-n 200"),
        (Claim("x", ALL, 100, segments=1), "--segments 1"),
        (Claim("x", ALL, 100, level=1.0), "--level 1"),
        (Claim("x", None, addends=(ALL,)), "--adds-up 34% is out of range: give two shares"),
        (Claim("x", ALL, 100, effects=(0.0,)), "--deff 0"),
        (Claim("x", ALL, 100, part=YOUNG, part_shares=(1.0,)), "--part-share 1"),
    ],
)
def test_what_is_out_of_range_is_named(claim: Claim, words: str) -> None:
    with pytest.raises(DataProblem) as caught:
        audit_claim(claim)
    assert caught.value.code == "plan_range"
    assert words in caught.value.message
