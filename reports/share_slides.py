"""A chart of a report's plan → its slide: answers by size, or one group of answers by segment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

from analysis.estimate import Estimate
from analysis.findings import ALL, Findings, Shares
from questionnaires.piping import question_words
from reports.captions import alt_shares, foot, group_line, marks_line, outside_line, subtitle
from reports.disclosure import may_lead, printable
from reports.naming import Voice, choice_name, group_name, quoted, segment_label, segment_people
from reports.numbers import percent
from reports.ranking import Standing, none_differ, spread, standing
from reports.report import Block, Mark, ShareChart, Slide, Tick
from reports.tables import base_cell, crossing_table, share_table
from reports.wording import leader_title, not_compared, predicate, printed, segment_range, segment_title

ORDERED_TYPES = ("scale", "reply_time")
"""Types of question whose answers keep their own order in a chart."""


@dataclass(frozen=True)
class Message:
    """The message of a chart and the estimate that it is about."""

    title: str
    estimate: Estimate | None = None


def share_slide(voice: Voice, findings: Findings, shares: Shares) -> Slide:
    """Return the slide of one chart of the plan."""
    if shares.part.codes:
        return _segment_slide(voice, findings, shares)
    return _answer_slide(voice, findings, shares)


def everybody(shares: Shares) -> Estimate | None:
    """Return the first estimate of everybody who answered."""
    return next((estimate for estimate in shares.estimates if estimate.segment == ALL), None)


def segments(shares: Shares) -> tuple[Estimate, ...]:
    """Return the estimates of the segments, in their own order."""
    return tuple(estimate for estimate in shares.estimates if estimate.segment != ALL)


def answer_standing(shares: Shares) -> Standing | None:
    """Compare the answers that are no "other" with each other."""
    apart = {choice.name for choice in shares.question.choices if choice.apart}
    own = [e for e in shares.estimates if e.segment == ALL and e.choice not in apart]
    return standing(own, same_people=True)


def slide_id(shares: Shares) -> str:
    """Return the place of a chart in the page, the same in every language."""
    parts = (shares.part.kind, shares.part.about, shares.part.group, shares.part.by)
    return "-".join(part for part in parts if part)


# --- answers -----------------------------------------------------------------------------------------------


def _answer_slide(voice: Voice, findings: Findings, shares: Shares) -> Slide:
    """Return the slide of answers: by value, those set apart last; a scale in its own order."""
    question = shares.question
    message, title = _answer_message(voice, shares), question_words(question, voice.language)
    own = [estimate for estimate in shares.estimates if estimate.segment == ALL]
    if question.type not in ORDERED_TYPES:
        apart = {choice.name for choice in question.choices if choice.apart}
        own.sort(key=lambda e: (e.choice in apart, -(e.share or 0.0) if printable(e) else 0.0))
    named = [(choice_name(voice, question, e.choice), e) for e in own]
    head = voice.say("head_answer")
    chart = ShareChart(
        id=slide_id(shares),
        subtitle=subtitle(voice, findings, "subtitle_answers", question),
        marks=tuple(mark(voice, name, estimate, message.estimate) for name, estimate in named),
        heads=(head, voice.say("head_base"), voice.say("head_share_interval")),
        axis=percent_axis(voice, own),
        alt=alt_shares(voice, title, named, None, max((e.base for e in own), default=0)),
        foot=(*foot(voice, findings, question, own), *outside_line(voice, findings, shares)),
        table=share_table(voice, title, head, named, message.estimate),
        watermark=watermark(voice, findings),
    )
    blocks: list[Block] = [chart]
    if shares.segment is not None and segments(shares):
        names = dict.fromkeys(estimate.segment for estimate in shares.estimates)
        heads = [(name, segment_label(voice, findings.study, shares.segment, name)) for name in names]
        answers = [(estimate.choice, name) for name, estimate in named]
        crossing = voice.say("crossing_title")
        blocks.append(crossing_table(voice, crossing, answers, heads, shares.estimates))
    return Slide(slide_id(shares), message.title, tuple(blocks))


def _answer_message(voice: Voice, shares: Shares) -> Message:
    where = answer_standing(shares)
    if where is None:
        return Message(question_words(shares.question, voice.language))
    first, after = (
        quoted(voice, choice_name(voice, shares.question, e.choice)) for e in (where.first, where.next)
    )
    title = leader_title(voice, where, (first, after), scale=shares.question.type in ORDERED_TYPES)
    return Message(title, where.first if where.clear else None)


# --- segments ----------------------------------------------------------------------------------------------


def _segment_slide(voice: Voice, findings: Findings, shares: Shares) -> Slide:
    plan, question = shares.segment, shares.question
    named = [(segment_label(voice, findings.study, plan, e.segment), e) for e in shares.estimates]
    message, name = _segment_message(voice, findings, shares), shares_name(voice, shares)
    head = voice.say("head_age" if plan and plan.question == "age" else "head_group")
    title, total = voice.say("share_of", name=name), everybody(shares)
    own = [pair for pair in named if pair[1] is not total] or named
    lines = [
        group_line(voice, question, name, shares.part.codes),
        *foot(voice, findings, question, shares.estimates, worded=True),
        *outside_line(voice, findings, shares),
    ]
    if few := not_compared_labels(voice, findings, shares):
        lines.append(not_compared(voice, few))
    chart = ShareChart(
        id=slide_id(shares),
        subtitle=marks_line(voice, findings, "subtitle_segments", question),
        marks=tuple(mark(voice, label, e, message.estimate, total=e is total) for label, e in named),
        heads=(head, voice.say("head_base"), voice.say("head_share_interval")),
        axis=percent_axis(voice, shares.estimates),
        alt=alt_shares(voice, title, own, total, max((e.base for e in shares.estimates), default=0)),
        foot=tuple(lines),
        table=share_table(voice, title, head, named, message.estimate),
        watermark=watermark(voice, findings),
    )
    return Slide(slide_id(shares), message.title, (chart,))


def _segment_message(voice: Voice, findings: Findings, shares: Shares) -> Message:
    """Return the segment that differs from all others, else a range, else that none can be told apart."""
    where, total, plan = standing(segments(shares), same_people=False), everybody(shares), shares.segment
    if where is None or plan is None:
        if total is None or not printable(total):
            return Message(voice.say("too_few"))
        name = voice.say("share_of", name=shares_name(voice, shares))
        return Message(f"{name}: {printed(voice, total).text}")
    if not where.clear or total is None or not may_lead(total):
        return Message(no_first_segment(voice, findings, shares))
    phrase = predicate(voice, findings.study, shares.question, shares.part.codes, shares.part.group)
    people = segment_people(voice, findings.study, plan, where.first.segment)
    return Message(segment_title(voice, where.first, people, phrase, total), where.first)


def no_first_segment(voice: Voice, findings: Findings, shares: Shares) -> str:
    """Return the message of segments of which none is first: their range, or that none differ."""
    own, plan = segments(shares), shares.segment
    ends = spread(own, same_people=False)
    if ends is not None and plan is not None:
        low, high = ((segment_people(voice, findings.study, plan, e.segment), e) for e in ends)
        return segment_range(voice, low, high, open_=not all(may_lead(e) for e in own))
    return voice.say("segment_none" if none_differ(own, same_people=False) else "segment_none_others")


def shares_name(voice: Voice, shares: Shares) -> str:
    """Return what the one group of answers of a part is called."""
    return group_name(voice, shares.question, shares.part.group, shares.part.codes)


def not_compared_labels(voice: Voice, findings: Findings, shares: Shares) -> list[str]:
    """Return the segments whose answers are too few to be tested against any other."""
    return [
        segment_label(voice, findings.study, shares.segment, estimate.segment)
        for estimate in segments(shares)
        if not printable(estimate)
    ]


# --- parts of every chart ----------------------------------------------------------------------------------


def mark(
    voice: Voice, label: str, estimate: Estimate, highlighted: Estimate | None = None, *, total: bool = False
) -> Mark:
    """Return one estimate as a chart shows it; a hidden one keeps its row and loses its number."""
    words = printed(voice, estimate)
    open_ = printable(estimate)
    return Mark(
        label=label,
        share=estimate.share if open_ else None,
        low=estimate.low if open_ else None,
        high=estimate.high if open_ else None,
        base_text=base_cell(voice, estimate).text,
        share_text=words.share,
        interval_text=words.interval,
        words=words.words,
        highlighted=estimate is highlighted,
        total=total,
    )


def percent_axis(voice: Voice, estimates: Sequence[Estimate], step: float = 0.2) -> tuple[Tick, ...]:
    """Return the ticks of an axis of shares: from 0 to the next 20 %, every 20 (10 on a short axis)."""
    top = max((e.high for e in estimates if printable(e) and e.high is not None), default=step)
    end = min(1.0, max(step, ceil(round(top / step, 6)) * step))
    pace = 0.1 if end < 0.5 else step
    shares = [round(n * pace, 2) for n in range(round(end / pace) + 1)]
    return tuple(Tick(share, percent(share, voice.language)) for share in shares)


def watermark(voice: Voice, findings: Findings) -> str:
    """Return the mark that a chart of made-up answers carries wherever it is copied to."""
    return voice.say("synthetic_mark") if findings.basis.synthetic else ""
