"""The sentences of a report, each one function: estimates in, words of `texts/<language>.yaml` out.

A function is called like the key that it prints. The rules that ration words ("first", "more", "majority",
"about a third") stand here and in `ranking.py`; nothing else in the house decides what may be said.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from analysis.estimate import Estimate
from analysis.findings import Basis, CurvePoint, PublishedComparison, Verdict
from questionnaires.model import Question
from questionnaires.study import Study
from questionnaires.texts import in_language
from reports.disclosure import Showing, may_lead, printable, showing
from reports.naming import Voice, group_name, same_codes, within
from reports.numbers import (
    SPACE,
    count,
    interval,
    listed,
    local,
    n_equals,
    percent,
    period,
    points,
    span,
    whole,
)
from reports.ranking import ShareDifference, Standing

NEAR = 0.01
NARROW = 0.10
"""A share is "about half" within a point of it, with an interval that holds it and is at most 10 points wide."""


@dataclass(frozen=True)
class Printed:
    """An estimate as it is printed; `words` replace the number where there is none to print."""

    share: str
    interval: str
    words: str = ""

    @property
    def text(self) -> str:
        return self.words or f"{self.share} {self.interval}"


def printed(voice: Voice, estimate: Estimate) -> Printed:
    """Return an estimate in print: "34% (32–36)", "none of 120 (at most 3%)", or why there is no number."""
    how = showing(estimate)
    if how is Showing.HIDDEN:
        return Printed("", "", voice.say("hidden"))
    if how is Showing.TOO_FEW or estimate.share is None or estimate.low is None or estimate.high is None:
        return Printed("", "", voice.say("too_few"))
    if estimate.share == 0:
        people = count(estimate.base, voice.language)
        return Printed(
            "", "", voice.say("none_of", count=people, high=percent(max(NEAR, estimate.high), voice.language))
        )
    reach = interval(estimate.low, estimate.high)
    if how is Showing.LOW_RELIABILITY:
        reach += f" {voice.say('low_mark')}"
    return Printed(share_text(voice, estimate.share), reach)


def share_text(voice: Voice, share: float) -> str:
    """Return a share in whole per cent; one that rounds to 0 or 100 without being it says so."""
    if share > 0 and whole(share) == 0:
        return voice.say("share_under", share=percent(0.01, voice.language))
    if share < 1 and whole(share) == 100:
        return voice.say("share_over", share=percent(0.99, voice.language))
    return percent(share, voice.language)


def share_words(voice: Voice, estimate: Estimate) -> str:
    """Return an estimate's share in whole per cent, for a sentence about a number that may be printed."""
    return share_text(voice, estimate.share or 0.0)


def size_words(voice: Voice, estimate: Estimate) -> str:
    """Return "a majority", "about half", "about a third" or their like where the interval allows it; else ""."""
    share, low, high = estimate.share or 0.0, estimate.low or 0.0, estimate.high or 0.0

    def about(landmark: float) -> bool:
        return low <= landmark <= high and abs(share - landmark) <= NEAR and high - low <= NARROW

    if low > 0.5:
        return voice.say("size_majority", half=percent(0.5, voice.language))
    if about(0.5):
        return voice.say("size_half")
    if about(1 / 3):
        return voice.say("size_third")
    if high < 0.5 and share >= 0.4:
        return voice.say("size_under_half", half=percent(0.5, voice.language))
    return ""


def predicate(voice: Voice, study: Study, question: Question, codes: Sequence[int], group: str = "") -> str:
    """Return what a group of answers says as a predicate: "would complain online", "choose “E-mail”".

    A published figure on the same answers lends its text, which is written as a predicate.
    """
    for figure in study.published:
        if same_codes(figure, question, codes) and figure.condition is None and figure.value is not None:
            return lowered(in_language(figure.text, voice.language))
    return voice.say("choose", what=group_name(voice, question, group, codes))


def lowered(text: str) -> str:
    """Return a text to go on a sentence with: its first letter small, unless it begins an abbreviation.

    The particle of "would" stays on the line of its verb.
    """
    text = re.sub(r" (?=(?:б|би|бы)\b)", SPACE, text)
    return text[:1].lower() + text[1:] if text[1:2].islower() else text


def of_whom(voice: Voice, question: Question, phrase: str) -> str:
    """Return a predicate with its subject, worded by the kind of sample: "of those who answered …"."""
    filtered = "_asked" if question.ask_if else ""
    return voice.say(f"of_whom_{voice.sample}{filtered}", phrase=phrase)


def of_compared(voice: Voice, phrase: str) -> str:
    """Return a predicate whose subject is the part of the sample that a published figure is about."""
    return voice.say("of_compared_synthetic" if voice.sample == "synthetic" else "of_compared", phrase=phrase)


def headline(voice: Voice, estimate: Estimate, sentence: str) -> str:
    """Return a share and the sentence that it begins."""
    return voice.say("headline", share=share_words(voice, estimate), sentence=sentence)


def headline_segment(voice: Voice, estimate: Estimate, sentence: str, best: Estimate, people: str) -> str:
    """Return the headline with the segment that differs from every other one."""
    share, other = share_words(voice, estimate), share_words(voice, best)
    return voice.say("headline_segment", share=share, sentence=sentence, people=people, other=other)


def sure(voice: Voice, basis: Basis) -> str:
    """Return how sure the numbers are, worded by the kind of sample, with the dates of the answers."""
    line = voice.say(f"sure_{voice.sample}", n=basis.complete, count=count(basis.complete, voice.language))
    if basis.synthetic or basis.first_answer is None or basis.last_answer is None:
        return line
    first, last = (local(at, basis.zone).date() for at in (basis.first_answer, basis.last_answer))
    return f"{line} {voice.say('answers_came', period=period(first, last, voice.language))}"


def finding_segment(voice: Voice, people: str, phrase: str, everyone: Estimate) -> str:
    """Return what a segment says beside the share of everybody."""
    everybody = share_words(voice, everyone)
    return voice.say(f"finding_segment_{voice.whom}", people=people, phrase=phrase, all=everybody)


def held_segments(voice: Voice, where: Standing, next_label: str, left_out: Sequence[str] = ()) -> str:
    """Return how the highest segment stands to the next; "more than any other" only where it is clear.

    `left_out` are the segments with too few answers to be compared; the claim is not made of them.
    """
    after = printed(voice, where.next)
    if where.clear and left_out:
        sentence = voice.say("segment_first_compared", next=next_label, next_estimate=after.text)
        return f"{sentence} {not_compared(voice, left_out)}"
    # no single group is next: several have the share of the next, and all are reliable
    same = [e for e in where.others if whole(e.share or 0.0) == whole(where.next.share or 0.0)]
    if where.clear and len(same) > 1 and all(may_lead(e) and e.share for e in where.others):
        shares = sorted(e.share or 0.0 for e in where.others)
        least, most = whole(shares[0]), share_text(voice, shares[-1])
        return voice.say(
            "segment_first_tied", shares=most if least == whole(shares[-1]) else span(str(least), most)
        )
    if where.clear:
        return voice.say("segment_first", next=next_label, next_estimate=after.text)
    ends = _points(where.difference)
    return voice.say("segment_level", next=next_label, share=after.share, interval=after.interval, **ends)


def not_compared(voice: Voice, labels: Sequence[str]) -> str:
    """Return which groups have too few answers to be compared."""
    return voice.say("not_compared", groups=listed(list(labels), voice.language))


def held_answers(voice: Voice, where: Standing, next_name: str) -> str:
    """Return how the first answer stands to the next; only for a first place that is clear."""
    after = printed(voice, where.next)
    return voice.say("answer_first", next=next_name, next_estimate=after.text)


def _points(gap: ShareDifference) -> dict[str, str]:
    return {"low": points(gap.low), "high": points(gap.high)}


def held_published(voice: Voice, comparison: PublishedComparison) -> str:
    """Return the published figure that ours stands beside, with its verdict."""
    published = published_share(voice, comparison)
    return voice.say("held_published", published=published, verdict=verdict_of(voice, comparison))


def published_share(voice: Voice, comparison: PublishedComparison) -> str:
    """Return a published figure with what is known of its size: "34% (n = 2,030)", "60% (n unknown)"."""
    figure = comparison.figure
    size = voice.say("n_unknown") if figure.n is None else n_equals(figure.n, voice.language)
    number = voice.say("first_place") if figure.value is None else percent(figure.value, voice.language)
    return f"{number} ({size})"


def verdict_words(voice: Voice, verdict: Verdict) -> str:
    """Return a verdict in words (keys verdict_consistent, verdict_cumulative_source …)."""
    return voice.say(f"verdict_{verdict.name.lower()}")


def verdict_of(voice: Voice, comparison: PublishedComparison) -> str:
    """Return the verdict on a comparison; where our number is not shown, neither is what it says."""
    ours = comparison.estimate
    return verdict_words(voice, comparison.verdict) if printable(ours) else printed(voice, ours).text


def leader_title(voice: Voice, where: Standing, names: tuple[str, str], *, scale: bool = False) -> str:
    """Return the message of a chart of answers: a first place where the difference survives, else a tie.

    The answers of a scale have no places: its message is the most frequent one.
    """
    first, after = (share_words(voice, e) for e in (where.first, where.next))
    values: dict[str, object] = {"first": names[0], "share": first, "next": names[1], "other": after}
    if where.clear:
        alone = scale or not may_lead(where.next)
        return voice.say("leader_scale" if alone else "leader_first", **values)
    if len(where.level) == 1:
        return voice.say("leader_level", **values, **_points(where.difference))
    return voice.say("leader_level_many", n=len(where.level), **values)


def segment_title(voice: Voice, best: Estimate, people: str, phrase: str, everyone: Estimate) -> str:
    """Return the message of a chart in which one segment differs from all others."""
    rest = finding_segment(voice, people, phrase, everyone)
    return voice.say("segment_title", share=share_words(voice, best), rest=rest)


def segment_range(
    voice: Voice, low: tuple[str, Estimate], high: tuple[str, Estimate], *, open_: bool = False
) -> str:
    """Return the message of segments whose highest is level with another, but not with the lowest.

    `open_` says that groups with few answers may lie outside the range.
    """
    return voice.say(
        "segment_range_open" if open_ else "segment_range",
        low_people=low[0], low=share_words(voice, low[1]),
        high_people=high[0], high=share_words(voice, high[1]),
    )  # fmt: skip


def expect_within(voice: Voice, point: CurvePoint) -> str:
    return voice.say("expect_within", within=within(voice, point.interval))


def curve_title(voice: Voice, question: Question, early: CurvePoint, late: CurvePoint | None) -> str:
    """Return the message of a reply-time curve: who expects the reply early, and where most have theirs."""
    sentence = headline(voice, early.cumulative, of_whom(voice, question, expect_within(voice, early)))
    if late is None:
        return sentence
    share = share_words(voice, late.cumulative)
    return voice.say("curve_title", sentence=sentence, share=share, within=within(voice, late.interval))


def reading_cumulative(voice: Voice, inner: CurvePoint, outer: CurvePoint) -> str:
    """Return two limits of a curve, the earlier one within the later."""
    outer_share = share_words(voice, outer.cumulative)
    return voice.say("reading_cumulative", outer=outer_share, **_limits(voice, inner, outer))


def reading_exclusive(voice: Voice, inner: CurvePoint, outer: CurvePoint) -> str:
    """Return two limits of a curve, the later one beyond the earlier."""
    more = share_words(voice, outer.exclusive)
    return voice.say("reading_exclusive", more=more, **_limits(voice, inner, outer))


def _limits(voice: Voice, inner: CurvePoint, outer: CurvePoint) -> dict[str, str]:
    return {
        "inner": share_words(voice, inner.cumulative),
        "inner_within": within(voice, inner.interval),
        "outer_within": within(voice, outer.interval),
    }


def published_title(voice: Voice, comparisons: Sequence[PublishedComparison]) -> str:
    """Return how many checkable figures agree; made-up answers confirm none, and the title says so.

    A misreading of a cumulative source is no figure that was published, and counts on neither side; nor
    does a figure beside which ours is not shown.
    """
    if voice.sample == "synthetic":
        return voice.say("published_title_synthetic")
    misread = ("exclusive", "cumulative")
    verdicts = [
        comparison.verdict
        for comparison in comparisons
        if printable(comparison.estimate)
        and (comparison.figure.reading, comparison.figure.source_reading) != misread
    ]
    consistent = verdicts.count(Verdict.CONSISTENT)
    checkable = consistent + verdicts.count(Verdict.INCONSISTENT)
    if not checkable:
        return voice.say("published_title_none")
    return voice.say("published_title", n=checkable, consistent=consistent)
