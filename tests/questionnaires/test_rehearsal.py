"""A rehearsal names what was planted: what nobody gets past, what nobody is asked, what is too long."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path

import pytest

from questionnaires.formats.study_folder import read_study, study_from_files
from questionnaires.rehearsal import NOTES, Outcome, Severity, rehearse
from questionnaires.rehearsal.bases import HIDDEN, MARKED, category_of
from questionnaires.rehearsal.picture import page
from questionnaires.rehearsal.proposals import Dice
from questionnaires.rehearsal.routes import quantile, question_effort
from questionnaires.rehearsal.summary import as_data, as_text
from questionnaires.study import Study
from reports.disclosure import RELIABLE, THRESHOLD

STUDY = b"""
title: {en: "Try <out>"}
mode: web
frame: People
sample: nonprobability
zone: Europe/Kyiv
retention: 2027-12-31
"""
HEAD = """
name: tried
languages: [en]
sections:
  - name: first
    title: {en: First}
    questions:
      - {name: n, type: number, required: true, minimum: 0, maximum: 1000, text: {en: How many}}
      - {name: m, type: number, required: true, minimum: 0, maximum: 1000, text: {en: How many more}}
      - name: c
        type: single
        required: true
        text: {en: Which}
        choices: [{code: 1, name: a, text: {en: A}}, {code: 2, name: b, text: {en: B}}]
"""
LAST = """
  - name: last
    title: {en: Last}
    questions: [{name: comment, type: text, text: {en: More}}]
"""


def study(sections: str = "", report: str = "", head: str = HEAD) -> Study:
    files = {"study.yaml": STUDY, "questionnaire.yaml": (head + sections).encode()}
    if report:
        files["report.yaml"] = report.encode()
    return study_from_files(files)


def rehearsed(sections: str = "", report: str = "", head: str = HEAD, people: int = 120) -> Outcome:
    return rehearse(study(sections, report, head), people=people)


def codes(outcome: Outcome) -> Counter[str]:
    return Counter(note.code for note in outcome.notes)


def section(*lines: str, name: str = "second") -> str:
    body = "\n".join("      " + line for line in lines)
    return f"  - name: {name}\n    title: {{en: Second}}\n    questions:\n{body}\n"


CHOICES = "choices: [{code: 1, name: x, text: {en: X}}, {code: 2, name: y, text: {en: Y}}]"
NARROW = "{name: q, type: single, text: {en: Q}, ask_if: '%s', " + CHOICES + "}"

PLANTED = {
    "limits that exclude each other": (
        section("- {name: q, type: number, required: true, minimum: n + 500, maximum: 400, text: {en: Q}}"),
        {"stuck": "q"},
    ),
    "a filter that leaves no choice": (
        section(
            "- {name: q, type: single, required: true, text: {en: Q}, "
            "choices: [{code: 1, name: x, offer_if: c == 2, text: {en: X}}]}"
        ),
        {"stuck": "q"},
    ),
    "an optional question without an answer": (
        section("- {name: q, type: number, minimum: n + 500, maximum: 400, text: {en: Q}}"),
        {"unanswerable": "q"},
    ),
    "a condition that cannot be true": (
        section("- " + NARROW % "n > 10 and n < 5"),
        {"never-asked": "q"},
    ),
    "a condition of a question never asked": (
        section("- " + NARROW % "n < 0", "- {name: r, type: text, ask_if: q == 1, text: {en: R}}"),
        {"never-asked": "r"},
    ),
    "a condition always true": (section("- " + NARROW % "n >= 0"), {"always-asked": "q"}),
    "a choice never offered": (
        section(
            "- {name: q, type: single, text: {en: Q}, choices: [{code: 1, name: x, text: {en: X}}, "
            "{code: 2, name: y, offer_if: n > 2000, text: {en: Y}}, "
            "{code: 3, name: z, offer_if: n < 2000, text: {en: Z}}]}"
        ),
        {"choice-never-offered": "q", "choice-always-offered": "q"},
    ),
    "an item never asked": (
        section(
            "- {name: q, type: matrix, text: {en: Q}, items: [{name: i, text: {en: I}}, "
            "{name: j, ask_if: n > 2000, text: {en: J}}, {name: k, ask_if: n < 2000, text: {en: K}}], " + CHOICES + "}"
        ),
        {"item-never-asked": "q", "item-always-asked": "q"},
    ),
    "a check that always fails": (
        LAST + "    checks: [{check: n + m > 5000, at: comment, text: {en: No}}]\n",
        {"check-always-fails": ""},
    ),
    "a check that cannot be passed on its page": (
        LAST + "    checks: [{check: n > 300, at: comment, text: {en: No}}]\n",
        {"check-blocks": "comment"},
    ),
    "a check that never fails": (
        LAST + "    checks: [{check: n < 5000, at: comment, text: {en: No}}]\n",
        {"check-never-fails": ""},
    ),
    "a screen-out for nobody": (
        LAST + "    screen_out: [{name: out, if: n > 5000, title: {en: T}, text: {en: T}}]\n",
        {"screen-out-never": ""},
    ),
    "a screen-out for everyone": (
        "    screen_out: [{name: out, if: n < 5000, title: {en: T}, text: {en: T}}]\n" + LAST,
        {"screen-out-always": "", "never-reached": "comment"},
    ),
    "an end that nobody sees": (
        LAST + "ends: [{name: e, if: n > 5000, title: {en: T}, text: {en: T}}, "
        "{name: f, title: {en: T}, text: {en: T}}, "
        "{name: g, if: n > 5, title: {en: T}, text: {en: T}}]\n",
        {"end-never": ""},
    ),
    "an end for everyone": (
        LAST + "ends: [{name: e, if: n < 5000, title: {en: T}, text: {en: T}}]\n",
        {"end-always": ""},
    ),
    "a rare question": (section("- " + NARROW % "n == 77"), {"question-rare": "q"}),
    "a grid too large": (
        section(
            "- {name: q, type: matrix, text: {en: Q}, items: ["
            + ", ".join(f"{{name: i{n}, text: {{en: I}}}}" for n in range(6))
            + "], " + CHOICES + "}"
        ),
        {"grid-large": "q"},
    ),
    "a list, a ranking and a choice too long": (
        section(
            "- {name: q, type: single, text: {en: Q}, choices: ["
            + ", ".join(f"{{code: {n}, text: {{en: 'a b c d e f g h i {n}'}}}}" for n in range(13))
            + "]}",
            "- {name: r, type: ranking, text: {en: R}, choices: ["
            + ", ".join(f"{{code: {n}, text: {{en: C{n}}}}}" for n in range(8)) + "]}",
        ),
        {"list-long": "q", "choice-long": "q", "ranking-long": "r"},
    ),
    "a page too long": (
        section("- {name: q, type: information, text: {en: '" + "word " * 301 + "'}}"),
        {"page-long": ""},
    ),
    "a questionnaire too long": (
        section("- {name: q, type: information, text: {en: '" + "word " * 2500 + "'}}"),
        {"minutes-long": ""},
    ),
}  # fmt: skip


@pytest.mark.parametrize(("sections", "expected"), PLANTED.values(), ids=PLANTED)
def test_what_is_planted_is_named(sections: str, expected: dict[str, str]) -> None:
    outcome = rehearsed(sections, people=60)
    found = {note.code: note for note in reversed(outcome.notes)}
    for code, question in expected.items():
        assert code in found, [str(note) for note in outcome.notes]
        assert not question or question in {n.place.question for n in outcome.notes if n.code == code}
        assert found[code].place.line, "a note says its line"


def test_a_sound_questionnaire_has_nothing_to_mend(small: Study) -> None:
    outcome = rehearse(small, people=60)
    assert outcome.notes == ()
    assert [row.asked for row in outcome.pages] == [1.0, 1.0]
    assert outcome.routes.stuck == 0


def test_every_code_is_raised_by_a_test() -> None:
    planted = {code for _, expected in PLANTED.values() for code in expected}
    elsewhere = {"base-small", "base-hidden", "text-same", "text-unfilled"}
    assert planted | elsewhere == set(NOTES)


@pytest.mark.parametrize(
    "condition",
    [
        "n == 617",
        "n == 617 and m == 618 and c == 2",
        "n + m == 1500",
        "n > 100 and n < 103",
        "n - m == 999",
        "n * 3 + 20 == 1001",
    ],
)
def test_narrow_conditions_are_found_by_search(condition: str) -> None:
    """None of these comes true among sixty people who answer at random, all of them can."""
    outcome = rehearsed(section("- " + NARROW % condition), people=60)
    assert "never-asked" not in codes(outcome)


def test_a_search_goes_through_earlier_questions_and_computed_values() -> None:
    sections = section(
        "- {name: q, type: single, text: {en: Q}, ask_if: n == 617, " + CHOICES + "}"
    ) + section(
        "- {name: double, type: computed, value: m * 2 + 1}",
        "- {name: r, type: text, text: {en: R}, ask_if: q == 2 and double == 801}",
        name="third",
    )
    assert "never-asked" not in codes(rehearsed(sections, people=60))


def test_a_sum_can_be_met_on_its_page() -> None:
    """Random numbers almost never add up to 1000: the candidates of the page do."""
    outcome = rehearsed("    checks: [{check: n + m == 1000, text: {en: No}}]\n" + LAST, people=30)
    assert not {"check-blocks", "check-always-fails"} & set(codes(outcome))
    assert outcome.routes.stuck == 0


def test_a_choice_behind_a_narrow_condition_is_searched_with_it() -> None:
    choices = (
        "choices: [{code: 1, name: x, text: {en: X}}, {code: 2, name: y, offer_if: m == 404, text: {en: Y}}]"
    )
    line = f"- {{name: q, type: single, text: {{en: Q}}, ask_if: n == 617, {choices}}}"
    assert not {"choice-never-offered", "never-asked"} & set(codes(rehearsed(section(line), people=40)))


def test_a_check_of_a_computed_value_can_be_met() -> None:
    sections = (
        "      - {name: total, type: computed, value: n + m}\n"
        "    checks: [{check: total == 1000, at: m, text: {en: No}}]\n"
    )
    outcome = rehearsed(sections + LAST, people=20)
    assert outcome.routes.stuck == 0
    assert outcome.notes == ()


def test_soft_checks_stop_nobody() -> None:
    sections = LAST + "    checks: [{check: n + m > 5000, at: comment, text: {en: No}, soft: true}]\n"
    outcome = rehearsed(sections, people=30)
    assert outcome.routes.stuck == 0
    assert [length.median > 0 for length in outcome.lengths] == [True]


def test_the_form_says_why_people_are_stuck() -> None:
    sections, _ = PLANTED["a filter that leaves no choice"]
    note = next(n for n in rehearsed(sections, people=40).notes if n.code == "stuck")
    assert "people had no valid answer to give (no choice is offered)" in str(note)
    assert note.place.line == 18
    assert note.severity is Severity.FAULT


def test_a_rule_of_the_form_is_said_in_its_own_words() -> None:
    line = "- {name: q, type: several, required: true, maximum: n - 2000, text: {en: Q}, " + CHOICES + "}"
    note = next(n for n in rehearsed(section(line), people=20).notes if n.code == "stuck")
    assert "(the form says “Choose at most -" in str(note)


def test_the_same_seed_gives_the_same_outcome() -> None:
    sections = section("- " + NARROW % "n > 500")
    one, two, other = (rehearse(study(sections), people=40, seed=seed) for seed in (1, 1, 2))
    assert one == two
    assert one.pages != other.pages


def test_shares_of_pages_ends_and_steps() -> None:
    sections = (
        "    screen_out: [{name: out, if: c == 1, title: {en: Not you}, text: {en: T}}]\n"
        + section("- " + NARROW % "c == 3 or n > 500")
        + LAST
    )
    sections = sections.replace("c == 3 or ", "")
    outcome = rehearsed(sections, people=400)
    asked = {row.name: row.asked for row in outcome.pages}
    assert asked["first"] == 1
    assert asked["last"] == pytest.approx(0.5, abs=0.08)
    assert asked["second"] == pytest.approx(0.25, abs=0.08)
    ends = {end.name: end.share for end in outcome.routes.ends}
    assert ends["out"] + ends[""] == pytest.approx(1)
    steps = {(step.start, step.to): step.share for step in outcome.routes.steps}
    assert steps["first", "second"] + steps["first", "last"] + steps["first", "end:out"] == pytest.approx(1)


REPORT = """
segments: {c: {from: c}, n: {from: n, bands: [0-9, 10+]}}
parts:
  - {chart: q, by: c}
  - {chart: q, by: n}
  - {chart: c}
"""


def test_the_smallest_base_of_each_segment() -> None:
    outcome = rehearsed(section("- " + NARROW % "n > 500"), REPORT, people=400)
    found = {(b.question, b.segment, b.category): b for b in outcome.bases}
    assert found["c", "", ""].people == 1000
    assert found["q", "c", "a"].people == pytest.approx(250, abs=60)
    assert found["q", "n", "0-9"].people < 10
    assert "base-hidden" in codes(outcome)
    planned = rehearse(study(section("- " + NARROW % "n > 500"), REPORT), people=400, planned=80)
    assert codes(planned)["base-small"] == 1
    assert "of 80 planned people" in as_text(planned)


@pytest.mark.parametrize(
    ("answer", "category"), [(0, "0-9"), (9, "0-9"), (9.5, ""), (10, "10+"), (500, "10+")]
)
def test_the_ends_of_a_band_lie_in_it(answer: float, category: str) -> None:
    planned = study(section("- " + NARROW % "n > 500"), REPORT)
    assert planned.report is not None
    assert category_of(planned.questionnaire, planned.report.segments["n"], {"n": answer}) == category


def test_shares_of_the_population_count_before_simulated_ones() -> None:
    files = {
        **study("", REPORT.replace("chart: q", "chart: c")).files,
        "population.yaml": b"population: P\nsource: S\nmargins: {c: {a: 0.9, b: 0.1}}\n",
    }
    found = {b.category: b for b in rehearse(study_from_files(files), people=40).bases if b.segment == "c"}
    assert (found["b"].share, found["b"].people, found["b"].known) == (0.1, 100, True)


def test_the_limits_of_bases_are_those_of_the_reports() -> None:
    assert (MARKED, HIDDEN) == (RELIABLE, THRESHOLD)


def test_people_answer_as_the_study_foresees(complaint_channels: Study) -> None:
    outcome = rehearse(complaint_channels, people=300)
    assert outcome.foreseen
    platform = next(b for b in outcome.bases if b.question == "platform")
    assert platform.asked == pytest.approx(0.34, abs=0.08)
    assert not outcome.at(Severity.FAULT)
    assert 2.5 < outcome.lengths[0].median < 4.5  # three minutes, says its consent


def test_forgotten_translations() -> None:
    head = HEAD.replace("[en]", "[en, uk]")
    head = re.sub(r"\{en: ([^}]*)\}", r"{en: \1, uk: Щось}", head).replace(
        "{en: Which, uk: Щось}", "{en: Which one of these, uk: Which one of these}"
    )
    files = {
        "study.yaml": STUDY.replace(b'"}', '", uk: Спроба}'.encode()),
        "questionnaire.yaml": head.encode(),
    }
    outcome = rehearse(study_from_files(files), people=20)
    assert [(n.code, n.place.question) for n in outcome.notes if n.code == "text-same"] == [
        ("text-same", "c")
    ]


def test_words_and_seconds_of_a_question() -> None:
    question = study(
        section("- {name: q, type: single, text: {en: 'One two three {n} five'}, " + CHOICES + "}")
    )
    effort = question_effort(question.questionnaire.question("q"), "en")
    assert effort.words == 5 + 2
    assert effort.seconds == pytest.approx(5 * 60 / 238 + 2 * 0.5 + 2)


def test_quantiles() -> None:
    assert quantile([3, 1, 2], 0.5) == 2
    assert quantile([1, 2, 3, 4], 0.5) == 2
    assert quantile(list(range(1, 11)), 0.9) == 9
    assert quantile([], 0.5) == 0


def test_dice_are_even_and_the_same_for_ever() -> None:
    dice = Dice(1, "test")
    counts = Counter(dice.between(1, 6) for _ in range(6000))
    assert set(counts) == {1, 2, 3, 4, 5, 6}
    assert max(counts.values()) < 1150
    assert sum(Dice(n, "x").chance(0.3) for n in range(2000)) == pytest.approx(600, abs=70)
    assert dice.some([1, 2, 3], 5) != dice.some([1, 2, 3], 0)
    assert Dice(7).throw() == Dice(7).throw() != Dice(8).throw()


EVERY_TYPE = HEAD + section(
    "- {name: k, type: consent, required: true, text: {en: K}, label: {en: Yes}}",
    "- {name: i, type: information, text: {en: I}}",
    "- {name: s, type: several, required: true, minimum: 2, maximum: 3, order: random, text: {en: S}, "
    "choices: [{code: 1, text: {en: A}}, {code: 2, text: {en: B}}, {code: 3, write: true, text: {en: C}}, "
    "{code: 9, exclusive: true, text: {en: None}}]}",
    "- {name: g, type: matrix, required: true, order: random, special: [dont_know], text: {en: G}, "
    "items: [{name: a, text: {en: A}}, {name: b, ask_if: n > 400, text: {en: B}}], " + CHOICES + "}",
    "- {name: t, type: reply_time, text: {en: T}, intervals: [{code: 1, upto: 15 min}, {code: 2, upto: none}]}",
    "- {name: r, type: ranking, required: true, maximum: 2, text: {en: R}, "
    "choices: [{code: 1, text: {en: A}}, {code: 2, text: {en: B}}, {code: 3, text: {en: C}}]}",
    "- {name: p, type: pair, required: true, text: {en: P}, " + CHOICES + "}",
    "- {name: d, type: number, decimals: 2, required: true, minimum: 0.5, maximum: 0.75, text: {en: D}}",
    "- {name: day, type: date, required: true, minimum: 2020-02-28, maximum: 2020-03-01, text: {en: Day}}",
    "- {name: month, type: date, precision: month, required: true, text: {en: Month}}",
    "- {name: w, type: text, required: true, max_length: 3, text: {en: W}}",
    "- {name: l, type: list, required: true, choices: countries, text: {en: L}}",
    "- {name: z, type: scale, required: true, points: 0-10, low: {en: no}, high: {en: yes}, "
    "order: flipped, text: {en: Z}}",
    "- {name: v, type: vignette, text: {en: It is {f}.}, factors: {f: [{code: 1, name: a, text: {en: A}}, "
    "{code: 2, name: b, text: {en: B}}]}}",
    "- {name: u, type: text, required: true, ask_if: v.f == 2 and day == '2020-02-29', text: {en: U}}",
    "- {name: e, type: computed, value: n * 2}",
)  # fmt: skip


def test_every_type_can_be_answered() -> None:
    sections = EVERY_TYPE.replace("It is {f}.", '"It is {f}."').replace("{en: None}", '{en: "None"}')
    outcome = rehearsed("", head=sections, people=60)
    assert {note.code for note in outcome.notes} <= {"question-rare"}, [str(n) for n in outcome.notes]
    assert outcome.routes.stuck == 0


def test_sections_in_random_order_are_one_box() -> None:
    blocks = "".join(
        section("- " + NARROW.replace("name: q", f"name: q{n}") % "n > 500", name=f"s{n}").replace(
            "    questions", "    block: both\n    questions"
        )
        for n in range(2)
    )
    shown = page(study(blocks + LAST), rehearsed(blocks + LAST, people=40))
    assert "2 in random order" in shown


def test_the_picture_is_one_escaped_file_without_script() -> None:
    sections = (
        "    screen_out: [{name: out, if: n > 5000, title: {en: '<b>Out</b>'}, text: {en: T}}]\n"
        + section("- " + NARROW % "n > 500")
        + LAST
    )
    tried = study(sections)
    shown = page(tried, rehearse(tried, people=40))
    assert "Try &lt;out&gt;" in shown
    assert "&lt;b&gt;Out" in shown
    assert "<b>" not in shown
    assert not re.search(r"<script|https?://|\son\w+=|<link|<img", shown)
    assert 'class="way never"' in shown  # the screen-out that ends nothing
    assert 'class="way jump"' in shown  # those who pass the second page by


def test_text_and_data_say_the_same() -> None:
    outcome = rehearsed(PLANTED["a condition that cannot be true"][0], REPORT.replace("chart: q", "chart: c"))
    text, data = as_text(outcome), json.loads(json.dumps(as_data(outcome)))
    for note in (*data["faults"], *data["warnings"], *data["notes"]):
        assert note["text"] in text
    for head in ("Warnings", "People's way", "Smallest bases"):
        assert head in text
    assert all(row["name"] in text for row in data["pages"])


def test_progress_is_told() -> None:
    told: list[tuple[int, int]] = []
    rehearse(study(), people=8, tell=lambda done, of: told.append((done, of)))
    assert told == [(n, 10) for n in range(1, 11)]


def test_a_gap_that_a_template_left_is_named(library: Path) -> None:
    """The starter is full of them, so that nobody fields it as it is."""
    outcome = rehearse(read_study(library / "starter"), people=20)
    gaps = {(note.place.file, note.place.question) for note in outcome.notes if note.code == "text-unfilled"}
    assert gaps >= {("study.yaml", ""), ("questionnaire.yaml", "consent")}
