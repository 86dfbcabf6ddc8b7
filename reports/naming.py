"""What things are called in a report: answers, groups of answers, segments, limits of time.

Names come from the study's own texts; only what no study writes down comes from `texts/<language>.yaml`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import isinf

from analysis.findings import ALL
from questionnaires.expressions import evaluate
from questionnaires.model import Interval, Question
from questionnaires.piping import plain
from questionnaires.study import Figure, SegmentPlan, Study
from questionnaires.texts import catalogue, in_language
from reports.numbers import SPACE, listed, span

KNOWN_GROUPS = ("online", "online_wide", "social")
"""Groups of answers that have a name in `texts` (group_online …), for any study that declares them."""

MISSING_ANSWERS = ("not_asked", "not_answered", "dont_know", "prefer_not", "not_applicable", "not_given")
"""Kinds of missing answer, named in `texts` (answer_not_asked …)."""

ANSWERED = "answered"
"""The row of a topline that only counts who answered, for numbers, texts and consent."""

SPEAKS_OF_PEOPLE = ("probability", "census")
"""Kinds of sample whose numbers may be said of people; those of all others are said of respondents."""

AGE = "age"
"""The question whose bands are years of age."""

DAY = 1440
SAME_DAY = 840
"""Minutes from 10 in the morning, which the question fixes, to midnight: "the same day"."""


@dataclass(frozen=True)
class Voice:
    """The language of a report, and the kind of sample, which decides what its sentences may claim."""

    language: str
    sample: str

    def say(self, key: str, **values: object) -> str:
        """Return the text `key` of `texts/<language>.yaml` with its placeholders filled."""
        return catalogue("reports").text(self.language, key, **values)

    @property
    def whom(self) -> str:
        """Return whom the numbers speak of, as keys of `texts` end: "people" or "respondents"."""
        return "people" if self.sample in SPEAKS_OF_PEOPLE else "respondents"


def choice_name(voice: Voice, question: Question, name: str) -> str:
    """Return what an answer is called: the choice's own text, or the name of a kind of missing answer."""
    if name in MISSING_ANSWERS:
        return voice.say(f"answer_{name}")
    choice = next((c for c in question.choices if c.name == name), None)
    if choice is None and name == ANSWERED:
        return voice.say("answer_answered")
    return plain(in_language(choice.text, voice.language)) if choice else name


def quoted(voice: Voice, text: str) -> str:
    """Return a respondent's or a study's words in the language's quotation marks."""
    return voice.say("quoted", text=text)


def group_name(voice: Voice, question: Question, group: str, codes: Sequence[int]) -> str:
    """Return what a group of answers is called: a known word, its few answers, or its name in the study."""
    if group in KNOWN_GROUPS:
        return voice.say(f"group_{group}")
    texts = [quoted(voice, text) for text in members(voice, question, codes)]
    if len(texts) <= 3:
        return listed(texts, voice.language, "or")
    return voice.say("group_named", name=quoted(voice, group or "…"))


def members(voice: Voice, question: Question, codes: Sequence[int]) -> list[str]:
    """Return the texts of the answers with these codes, in the order asked."""
    return [plain(in_language(c.text, voice.language)) for c in question.choices if c.code in codes]


def group_of(question: Question, codes: Sequence[int]) -> str:
    """Return the name of the declared group that has exactly these codes; "" where there is none."""
    return next((name for name, own in question.groups.items() if sorted(own) == sorted(codes)), "")


def segment_label(voice: Voice, study: Study, plan: SegmentPlan | None, segment: str) -> str:
    """Return a segment's short name for charts and tables: 24–34, 65+, an answer's text, or "all"."""
    if segment == ALL or plan is None:
        return voice.say("all_people")
    if plan.bands:
        return band_label(segment)
    return choice_name(voice, study.questionnaire.question(plan.question), segment)


def band_label(label: str) -> str:
    """Return a band with a dash that never breaks: 24–34."""
    low, dash, high = label.partition("-")
    return span(low, high) if dash else label


def segment_people(voice: Voice, study: Study, plan: SegmentPlan, segment: str) -> str:
    """Return the people of a segment as a sentence needs them, in the genitive where there is one."""
    label = segment_label(voice, study, plan, segment)
    band = next((band for band in plan.bands if band.label == segment), None)
    if band is None:
        return voice.say("people_answer", label=quoted(voice, label))
    if plan.question != AGE:
        return voice.say("people_band", label=label)
    if isinf(band.high):
        return voice.say(f"age_from_{voice.whom}", n=int(band.low))
    return voice.say(f"aged_{voice.whom}", n=int(band.high), label=label)


def describes(figure: Figure, plan: SegmentPlan, segment: str) -> bool:
    """Return whether a published figure is about exactly the people of a segment."""
    band = next((band for band in plan.bands if band.label == segment), None)
    if band is None or figure.condition is None:
        return False
    top = band.low + 1000 if isinf(band.high) else band.high
    beyond = [band.low - 1] if isinf(band.high) else [band.low - 1, band.high + 1]
    inside = [evaluate(figure.condition, {plan.question: age}) for age in (band.low, top)]
    outside = [evaluate(figure.condition, {plan.question: age}) for age in beyond]
    return inside == [True, True] and True not in outside


def same_codes(figure: Figure, question: Question, codes: Sequence[int]) -> bool:
    """Return whether a published figure is about these answers to this question."""
    return figure.question == question.name and bool(codes) and set(figure.codes) == set(codes)


def within(voice: Voice, interval: Interval) -> str:
    """Return a limit in a sentence: "within 1 hour", "by the end of the same day"."""
    return _limit(voice, "within", interval)


def limit_label(voice: Voice, interval: Interval) -> str:
    """Return a limit as the text of an axis: 1 h, same day. Its own words break, a number and unit do not."""
    return _limit(voice, "limit", interval)


def _limit(voice: Voice, kind: str, interval: Interval) -> str:
    upto = interval.upto
    after_midnight = (upto - SAME_DAY) / DAY
    if after_midnight >= 0 and after_midnight == int(after_midnight):
        days = int(after_midnight)
        if days <= 1:
            return voice.say(f"{kind}_same_day" if days == 0 else f"{kind}_next_day")
        return voice.say(f"{kind}_days", n=days, space=SPACE)
    for unit, size in (("days", DAY), ("hours", 60)):
        if upto % size == 0:
            return voice.say(f"{kind}_{unit}", n=int(upto // size), space=SPACE)
    return voice.say(f"{kind}_minutes", n=int(upto), space=SPACE)
