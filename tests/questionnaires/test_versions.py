"""A code keeps its meaning for ever, everything else may grow; and what changed is said in words."""

from __future__ import annotations

import pytest

from questionnaires.expressions import parse
from questionnaires.formats.study_folder import study_from_files
from questionnaires.formats.yaml_form import read_questionnaire
from questionnaires.model import Questionnaire
from questionnaires.study import Study
from questionnaires.versions.changes import Changes, Comparable, changes
from questionnaires.versions.formulas import written
from questionnaires.versions.promises import broken_promises

RICH = """
name: rich
languages: [en]
sections:
  - name: start
    title: {en: Start}
    order: random
    questions:
      - {name: a, type: number, text: {en: How many?}, unit: {en: h}, maximum: 5}
      - {name: b, type: date, precision: year, text: {en: When?}}
      - name: k
        type: single
        text: {en: Kind}
        choices: [{code: 1, name: x, text: {en: X}}, {code: 2, name: y, text: {en: Y}}]
  - name: middle
    title: {en: Middle}
    questions:
      - name: r
        type: matrix
        order: random
        text: {en: Rate}
        items: [{name: phone, text: {en: Phone}}, {name: mail, text: {en: Mail}}]
        choices: [{code: 1, name: good, text: {en: Good}}, {code: 2, name: bad, text: {en: Bad}}]
      - name: w
        type: reply_time
        text: {en: How soon?}
        intervals: [{code: 1, upto: 30 min}, {code: 2, upto: 1 h}, {code: 3, upto: none}, {code: 4, apart: no_reply}]
      - {name: sc, type: scale, text: {en: How well?}, points: 0-10, low: {en: no}, high: {en: yes}}
      - name: v
        type: vignette
        text: {en: "It is {speed} and {tone}."}
        factors:
          speed: [{code: 1, name: fast, text: {en: fast}}, {code: 2, name: slow, text: {en: slow}}]
          tone: [{code: 1, name: nice, text: {en: nice}}, {code: 2, name: rude, text: {en: rude}}]
      - name: u
        type: several
        ask_if: a > 2
        text: {en: Used}
        choices:
          - {code: 1, name: p, groups: [g], text: {en: P}}
          - {code: 2, name: q, groups: [g], text: {en: Q}}
          - {code: 3, name: z, write: true, text: {en: Z}}
      - {name: c, type: computed, value: u in group("g")}
    checks:
      - {check: a < 5, at: u, text: {en: Too many}}
    screen_out:
      - {name: out, if: a == 0, title: {en: Thanks}, text: {en: Bye}}
  - name: last
    title: {en: Last}
    questions:
      - {name: o, type: text, text: {en: Anything else?}}
ends:
  - {name: done, if: a == 1, title: {en: Done}, text: {en: Thank you}}
"""


def rich(*replacements: tuple[str, str]) -> Questionnaire:
    text = RICH
    for old, new in replacements:
        assert old in text, old
        text = text.replace(old, new, 1)
    questionnaire, source = read_questionnaire("questionnaire.yaml", text.encode())
    assert questionnaire is not None, source.problems
    return questionnaire


def compared(*replacements: tuple[str, str]) -> Changes:
    return changes(rich(), rich(*replacements))


def states(found: Changes) -> dict[str, str]:
    return {column.name: column.state.value for column in found.columns}


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("code: 2, name: chat", "code: 2, name: fax", "code-reused"),
        ("code: 2, name: chat", "code: 3, name: chat", "choice-gone"),
        ("          - {code: 2, name: phone, text: {en: Phone, uk: Телефон}}\n", "", "choice-gone"),
        ("type: text", "type: consent\n        label: {en: Yes, uk: Так}", "type-changed"),
        ("code: 1, upto: 30 min", "code: 1, upto: 15 min", "limit-changed"),
    ],
)
def test_refused(files: dict[str, bytes], small: Study, old: str, new: str, code: str) -> None:
    text = files["questionnaire.yaml"].decode()
    assert old in text
    changed = text.replace(old, new, 1).replace(
        "        max_length: 50\n", "" if "consent" in new else "        max_length: 50\n"
    )
    newer = study_from_files({**files, "questionnaire.yaml": changed.encode()})
    found = [p.code for p in broken_promises(small.questionnaire, newer.questionnaire)]
    assert set(found) == {code}


def test_words_and_additions_are_free(files: dict[str, bytes], small: Study) -> None:
    text = files["questionnaire.yaml"].decode()
    changed = text.replace("en: Chat", "en: Live chat").replace(
        "          - {code: 8, name: phone, text",
        "          - {code: 9, name: fax, text: {en: Fax, uk: Факс}}\n          - {code: 8, name: phone, text",
    )
    newer = study_from_files({**files, "questionnaire.yaml": changed.encode()})
    assert len(newer.questionnaire.question("channel").choices) == 4
    assert broken_promises(small.questionnaire, newer.questionnaire) == []


BROKEN = {
    "decimals where whole numbers were": (("maximum: 5}", "maximum: 5, decimals: 1}"), "kind-changed", "a"),
    "days where years were": (("precision: year", "precision: day"), "kind-changed", "b"),
    "another scale": (("points: 0-10", "points: 0-7"), "points-changed", "sc"),
    "a code of a matrix": (("code: 2, name: bad", "code: 2, name: awful"), "code-reused", "r"),
    "a row before others in random order": (
        ("items: [{name: phone", "items: [{name: fax, text: {en: Fax}}, {name: phone"), "order-changed", "r.order"),
    "a question before others in random order": (
        ("- {name: a, type", "- {name: aa, type: text, text: {en: AA}}\n      - {name: a, type"),
        "order-changed", "start.order"),
    "a level of a factor": (("name: slow, text", "name: late, text"), "code-reused", "v.speed"),
    "a level before others": (
        ("tone: [{code: 1", "tone: [{code: 3, name: cold, text: {en: cold}}, {code: 1"), "cells-changed", "v"),
    "an interval between": (
        ("{code: 2, upto: 1 h}", "{code: 5, upto: 45 min}, {code: 2, upto: 1 h}"), "limit-changed", "w"),
    "an answer apart that was a step": (("{code: 3, upto: none}", "{code: 3, apart: no_limit}"), "limit-changed", "w"),
    "another formula": (('value: u in group("g")', 'value: count(u) > 1'), "value-changed", "c"),
}  # fmt: skip


@pytest.mark.parametrize(("change", "code", "question"), BROKEN.values(), ids=BROKEN)
def test_parts_and_values_keep_their_meaning(change: tuple[str, str], code: str, question: str) -> None:
    found = broken_promises(rich(), rich(change))
    assert (code, question) in {(p.code, p.place.question) for p in found}
    for problem in found:
        assert problem.place.file == "questionnaire.yaml"
        assert "; " in str(problem)


def test_a_message_says_code_meanings_and_what_to_do() -> None:
    (problem,) = broken_promises(rich(), rich(("{code: 1, upto: 30 min}, {code: 2, upto: 1 h}",
                                               "{code: 1, upto: 30 min}, {code: 2, upto: 90 min}")))[:1]  # fmt: skip
    assert str(problem) == (
        'questionnaire.yaml: question "w": the code 2 was published as "upto_60: more than 30, up to 60 min" and is '
        '"upto_90: more than 30, up to 90 min" now; keep the limits of this code and give the new interval a code '
        "of its own"
    )


def test_growing_keeps_every_promise() -> None:
    grown = rich(
        ("{name: mail, text: {en: Mail}}]", "{name: mail, text: {en: Mail}}, {name: fax, text: {en: Fax}}]"),
        (
            "name: slow, text: {en: slow}}]",
            "name: slow, text: {en: slow}}, {code: 3, name: never, text: {en: never}}]",
        ),
        (
            "- {code: 3, name: z",
            "- {code: 4, name: s, groups: [g], text: {en: S}}\n          - {code: 3, name: z",
        ),
        (
            "  - name: middle",
            "      - {name: n, type: text, text: {en: N}}\n  - name: middle",
        ),
    )
    assert broken_promises(rich(), grown) == []
    found = states(changes(rich(), grown))
    assert found["r.fax"] == found["u.s"] == found["n"] == "added"
    assert found["c"] == "worded"  # its group has a further choice now
    assert found["k"] == "same"


def test_one_choice_of_several_breaks_its_own_column_only() -> None:
    found = states(
        compared(("{code: 2, name: q, groups: [g], text: {en: Q}}", "{code: 2, name: s, text: {en: S}}"))
    )
    assert (found["u.p"], found["u.s"], found["u.q"]) == ("worded", "added", "gone")


def test_alike_is_said() -> None:
    assert compared().none
    assert not compared(("How many?", "How often?")).none


@pytest.mark.parametrize(
    ("change", "question", "words"),
    [
        (("How many?", "How often?"), "a", "text (en): “How many?” → “How often?”"),
        (("unit: {en: h}", "hint: {en: Guess}, unit: {en: h}"), "a", "hint added (en): “Guess”"),
        (("unit: {en: h}", "unit: {en: hours}"), "a", "unit (en): “h” → “hours”"),
        (("maximum: 5}", "maximum: 9}"), "a", "maximum 5 → 9"),
        (("maximum: 5}", "required: true}"), "a", "required now"),
        (("maximum: 5}", "special: [dont_know]}"), "a", "special answers none → dont_know"),
        (("ask_if: a > 2", "ask_if: a > 3 and not answered(b)"), "u", "asked if a > 2 → a > 3 and not answered(b)"),
        (("{en: X}", "{en: Ex}"), "k", "choice 1 \"x\": text (en): “X” → “Ex”"),
        (("type: text, text: {en: Any", "type: text, max_length: 9, text: {en: Any"), "o",
         "at most 1000 → 9 characters"),
        (("points: 0-10", "points: 0-7"), "sc", "points 0-10 → 0-7"),
        (("{code: 1, upto: 30 min}", "{code: 1, upto: 15 min}"), "w",
         'choice 1 "upto_15": up to 30 min → up to 15 min'),
        (("name: bad", "name: awful"), "r", 'choice 2: "bad" → "awful"'),
        (("text: {en: Kind}", "text: {en: Kind}\n        order: random"), "k",
         "order written → random"),
        (("{en: Phone}", "{en: Telephone}"), "r.phone", "text (en): “Phone” → “Telephone”"),
        (('value: u in group("g")', "value: a * 2"), "c", 'computed as u in group("g") → a * 2'),
        (("{code: 1, name: x, text", "{code: 1, name: x, offer_if: a > 1, text"), "k", "offered if always → a > 1"),
        (("{code: 3, name: z, write: true", "{code: 3, name: z, exclusive: true"), "u", "no longer write"),
    ],
)  # fmt: skip
def test_changes_in_words(change: tuple[str, str], question: str, words: str) -> None:
    if "offer_if" in change[1]:  # within a section in random order it would depend on its neighbour
        found = changes(rich(("    order: random\n", "")), rich(("    order: random\n", ""), change))
    else:
        found = compared(change)
    said = {c.words for q in found.questions if q.question == question for c in q.changes}
    assert any(words in each for each in said), said


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (("a == 0", "a == 3"), 'section "middle": screen-out "out": if a == 0 → if a == 3'),
        (("check: a < 5", "check: a < 4"), 'section "middle": check added: a < 4'),
        (("Too many", "Too much"), 'section "middle": check a < 5: message (en): “Too many” → “Too much”'),
        (("if: a == 1,", "if: a == 2,"), 'end "done": if a == 1 → if a == 2'),
        (("title: {en: Start}", "title: {en: Begin}"), 'section "start": title (en): “Start” → “Begin”'),
        (("    order: random\n", ""), 'section "start": order of questions random → written'),
        (("ends:\n", "check_answers: true\nends:\n"), "a page to check the answers: yes now"),
    ],
)
def test_changes_around_the_questions(change: tuple[str, str], words: str) -> None:
    assert words in [c.words for c in compared(change).frame]


def test_moved_added_and_removed_questions_in_the_order_of_the_new_version() -> None:
    line = "      - {name: o, type: text, text: {en: Anything else?}}\n"
    moved = rich(
        (line, "      - {name: e, type: text, text: {en: E}}\n"),
        ("      - name: w\n", line + "      - name: w\n"),
    )
    found = {q.question: q for q in changes(rich(), moved).questions}
    assert list(found) == ["o", "e"]
    assert found["e"].state == "added"
    assert 'stood after "c", stands after "r" now' in found["o"].changes[0].words
    gone = {q.question: q.state for q in changes(moved, rich()).questions}
    assert gone["e"] == "removed"


def test_where_other_people_answer_columns_need_care() -> None:
    found = compared(("a == 0", "a == 3"))
    assert states(found)["o"] == "worded"
    assert states(found)["u.p"] == "same"
    assert next(c for c in found.columns if c.name == "o").why == "others are screened out before it"


def test_every_state_of_a_column_occurs() -> None:
    found = compared(
        ("How many?", "How often?"),
        ("points: 0-10", "points: 0-7"),
        ("{name: o, type: text", "{name: oo, type: text"),
    )
    assert set(states(found).values()) == {state.value for state in Comparable}


def test_long_texts_are_shown_where_they_part() -> None:
    long = "When did you last complain to any company about anything at all "
    words = (
        changes(rich(("When?", long + "by phone?")), rich(("When?", long + "by mail?")))
        .questions[0]
        .changes[0]
        .words
    )
    assert words == "text (en): “…anything at all by phone?” → “…anything at all by mail?”"


@pytest.mark.parametrize(
    "text",
    [
        "a > 2",
        'u in group("g")',
        '"p" in u',
        'k == "x" or not (a > 1 and count(u) >= 2)',
        'k in ["y"]',
        'b < "2020"',
        "first(a, 3) * (a + 1) > 4",
        'answered(o) and k != "dont_know"',
        "not (a == 1)",
        "a - (a - 1) == 1",
    ],
)
def test_conditions_read_as_they_were_written(text: str) -> None:
    questionnaire = rich()
    tree = parse(text, {question.name: question for question in questionnaire})
    assert written(tree, questionnaire) == text
