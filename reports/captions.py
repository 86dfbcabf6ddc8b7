"""What stands around a chart: its subtitle, its foot with the base and the wording, and its alternative text."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from math import isinf

from analysis.estimate import Estimate
from analysis.findings import ALL, Curve, Findings, Shares
from questionnaires.model import Question
from questionnaires.piping import question_words
from questionnaires.study import SegmentPlan
from questionnaires.texts import in_language
from reports.conditions import filter_line
from reports.disclosure import THRESHOLD, Showing, printable, showing
from reports.naming import Voice, members, quoted
from reports.numbers import count, listed, percent
from reports.wording import printed, share_words

LONGEST = 300
"""Characters of an alternative text that a listener still keeps in mind."""

UNCOUNTED = ("dont_know", "prefer_not", "not_applicable", "not_answered")
"""Kinds of missing answer of people who were asked, named in `texts` (uncounted_dont_know …)."""

MANY_UNCOUNTED = 0.05
"""The share of those asked above which uncounted answers are named in the subtitle too."""


def subtitle(voice: Voice, findings: Findings, key: str, question: Question) -> str:
    """Return the wording of a question, then what each mark of its chart means."""
    return f"{quoted(voice, question_words(question, voice.language))} {marks_line(voice, findings, key, question)}"


def marks_line(voice: Voice, findings: Findings, key: str, question: Question) -> str:
    """Return what each mark of a chart means, and how many are not in it where they are many."""
    people, uncounted = _uncounted(findings, question)
    left_out = sum(uncounted.values())
    if left_out <= MANY_UNCOUNTED * people:
        return voice.say(key)
    share = percent(left_out / people, voice.language)
    return f"{voice.say(key)} {voice.say('uncounted_many', share=share)}"


def uncounted_line(voice: Voice, findings: Findings, question: Question) -> tuple[str, ...]:
    """Return how many of those asked are not in the base, by the kind of their missing answer."""
    kinds = [
        voice.say(f"uncounted_{name}", n=n, count=count(n, voice.language))
        for name, n in _uncounted(findings, question)[1].items()
    ]
    return (voice.say("uncounted", kinds=", ".join(kinds)),) if kinds else ()


def _uncounted(findings: Findings, question: Question) -> tuple[int, dict[str, int]]:
    """Return the people asked, and how many gave each kind of missing answer; none where the question is hidden."""
    entry = next((entry for entry in findings.topline if entry.question.name == question.name), None)
    if entry is None or entry.people < THRESHOLD:
        return 0, {}
    rows = {row.choice: row.n for row in entry.rows if row.estimate is None}
    return entry.people, {name: rows[name] for name in UNCOUNTED if rows.get(name)}


def outside_line(voice: Voice, findings: Findings, shares: Shares) -> tuple[str, ...]:
    """Return how many are in no segment and so in All only; nothing where a hidden base could be worked out."""
    plan = shares.segment
    of_one = [e for e in shares.estimates if e.choice == shares.estimates[0].choice]
    everyone = next((e for e in of_one if e.segment == ALL), None)
    groups = [e for e in of_one if e.segment != ALL]
    if plan is None or everyone is None or not groups or any(showing(e) is Showing.HIDDEN for e in of_one):
        return ()
    outside = everyone.base - sum(e.base for e in groups)
    if outside <= 0:
        return ()
    by = findings.study.questionnaire.question(plan.question)
    key = "outside_no_answer" if _covered(plan, by) else "outside_groups"
    text = quoted(voice, question_words(by, voice.language))
    return (voice.say(key, n=outside, count=count(outside, voice.language), question=text),)


def _covered(plan: SegmentPlan, question: Question) -> bool:
    """Return whether every answer to the question lies in one of the segments."""
    if not plan.bands:
        return True
    bands = sorted(plan.bands, key=lambda band: band.low)
    gapless = all(upper.low <= lower.high + 1 for lower, upper in pairwise(bands))
    starts = question.minimum is not None and bands[0].low <= question.minimum
    ends = isinf(bands[-1].high) or (question.maximum is not None and bands[-1].high >= question.maximum)
    return gapless and starts and ends


def foot(
    voice: Voice,
    findings: Findings,
    question: Question,
    estimates: Sequence[Estimate],
    *,
    worded: bool = False,
) -> tuple[str, ...]:
    """Return the lines under a chart: base, question and filter, and the key of the marks that occur.

    `worded` gives the question's wording here, for a chart whose subtitle does not.
    """
    largest = max((estimate.base for estimate in estimates), default=0)
    key = "base_weighted" if findings.weighting else "base_unweighted"
    source = voice.say("question_code", name=question.name)
    if worded:
        text = quoted(voice, question_words(question, voice.language))
        source = voice.say("question_line", name=question.name, text=text)
    lines = [f"{voice.say(key, **_people(voice, largest))} {source}"]
    lines += uncounted_line(voice, findings, question)
    lines += filter_line(voice, findings.study.questionnaire, question)
    marks = {showing(estimate) for estimate in estimates}
    lines += [voice.say("low_note")] if Showing.LOW_RELIABILITY in marks else []
    lines += [voice.say("hidden_note")] if Showing.HIDDEN in marks else []
    return tuple(lines)


def _people(voice: Voice, base: int) -> dict[str, object]:
    """Return a base for a sentence; one that is hidden is "under 10"."""
    if 0 < base < THRESHOLD:
        return {"n": THRESHOLD, "count": voice.say("base_hidden")}
    return {"n": base, "count": count(base, voice.language)}


def group_line(voice: Voice, question: Question, name: str, codes: Sequence[int]) -> str:
    """Return which answers a group counts."""
    texts = [quoted(voice, text) for text in members(voice, question, codes)]
    return voice.say("group_line", name=name, answers=listed(texts, voice.language))


def without_limit_line(voice: Voice, curve: Curve) -> str:
    """Return the answers that are no point of the curve, with their shares."""
    parts = [
        f"{quoted(voice, in_language(interval.text, voice.language))} {printed(voice, estimate).text}"
        for interval, estimate in curve.without_limit
    ]
    return voice.say("without_limit", answers="; ".join(parts))


def alt_shares(
    voice: Voice, measure: str, named: Sequence[tuple[str, Estimate]], total: Estimate | None, people: int
) -> str:
    """Return a chart in words: what it is of, its highest and lowest printed, and everybody's share."""
    ranked = sorted((pair for pair in named if printable(pair[1])), key=lambda pair: -(pair[1].share or 0))
    values = {"measure": measure, **_people(voice, people)}
    if not ranked:
        return _fitted(voice, "alt_empty", values)
    for end, (label, estimate) in (("highest", ranked[0]), ("lowest", ranked[-1])):
        values[end] = f"{label}, {share_words(voice, estimate)}"
    if total is not None and printable(total):
        return _fitted(voice, "alt_segments", values | {"total": share_words(voice, total)})
    return _fitted(voice, "alt_answers", values)


def alt_curve(voice: Voice, measure: str, points: Sequence[tuple[str, Estimate]], people: int) -> str:
    """Return a reply-time curve in words: the share at each limit."""
    steps = "; ".join(f"{share_words(voice, e)} {when}" for when, e in points if printable(e))
    values = {"measure": measure, **_people(voice, people), "steps": steps}
    return _fitted(voice, "alt_curve" if steps else "alt_empty", values)


def _fitted(voice: Voice, key: str, values: dict[str, object]) -> str:
    """Return the text with the measure cut at a word so that the whole is not too long to listen to."""
    text = voice.say(key, **values)
    if len(text) <= LONGEST:
        return text
    measure = str(values["measure"])
    room = max(20, len(measure) - (len(text) - LONGEST) - 1)
    return voice.say(key, **{**values, "measure": measure[:room].rsplit(" ", 1)[0] + "…"})
