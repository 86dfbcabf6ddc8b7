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
from reports.naming import Voice, choice_name, quoted, segment_label, segment_people, shares_name
from reports.numbers import percent
from reports.ranking import Standing, none_differ, spread, standing
from reports.report import Block, Mark, ShareChart, Slide, Tick
from reports.tables import base_cell, crossing_table, share_table
from reports.wording import leader_title, not_compared, predicate, printed, segment_range, segment_title

ORDERED_TYPES = ("scale", "reply_time")
"""Types of question whose answers keep their own order in a chart."""


@dataclass(frozen=True)
class Told:
    """The message of a chart and the estimate that it is about."""

    title: str
    meant: Estimate | None = None


def share_slide(voice: Voice, findings: Findings, shares: Shares) -> Slide:
    """Return the slide of one chart of the plan."""
    if shares.part.codes:
        return _segment_slide(voice, findings, shares)
    return _answer_slide(voice, findings, shares)


def everyone(shares: Shares) -> tuple[Estimate, ...]:
    """Return the estimates of everybody who answered."""
    return tuple(estimate for estimate in shares.estimates if estimate.segment == ALL)


def segments(shares: Shares) -> tuple[Estimate, ...]:
    """Return the estimates of the segments, in their own order."""
    return tuple(estimate for estimate in shares.estimates if estimate.segment != ALL)


def named_answers(voice: Voice, shares: Shares) -> list[tuple[str, Estimate]]:
    """Return answers with their names: by value, those set apart last; a scale in its own order."""
    apart = {choice.name for choice in shares.question.choices if choice.apart}
    own = list(everyone(shares))
    if shares.question.type not in ORDERED_TYPES:
        own.sort(key=lambda e: (e.choice in apart, -(e.share or 0.0) if printable(e) else 0.0))
    return [(choice_name(voice, shares.question, e.choice), e) for e in own]


def answer_standing(shares: Shares) -> Standing | None:
    """Compare the answers that are no "other" with each other."""
    apart = {choice.name for choice in shares.question.choices if choice.apart}
    return standing([e for e in everyone(shares) if e.choice not in apart], same_people=True)


def _answer_slide(voice: Voice, findings: Findings, shares: Shares) -> Slide:
    told = _answer_message(voice, shares)
    named = named_answers(voice, shares)
    title = question_words(shares.question, voice.language)
    everybody = everyone(shares)
    chart = ShareChart(
        id=slide_id(shares),
        subtitle=subtitle(voice, findings, "subtitle_answers", shares.question),
        marks=tuple(mark(voice, name, estimate, told.meant) for name, estimate in named),
        heads=(voice.say("head_answer"), voice.say("head_base"), voice.say("head_share_interval")),
        axis=percent_axis(voice, everybody),
        alt=alt_shares(voice, title, named, None, max((e.base for e in everybody), default=0)),
        foot=(
            *foot(voice, findings, shares.question, everybody),
            *outside_line(voice, findings, shares),
        ),
        table=share_table(voice, title, voice.say("head_answer"), named, told.meant),
        watermark=watermark(voice, findings),
    )
    blocks: list[Block] = [chart]
    if shares.segment is not None and segments(shares):
        blocks.append(_crossing(voice, findings, shares, named))
    return Slide(slide_id(shares), told.title, tuple(blocks))


def _crossing(
    voice: Voice, findings: Findings, shares: Shares, named: Sequence[tuple[str, Estimate]]
) -> Block:
    names = dict.fromkeys(estimate.segment for estimate in shares.estimates)
    heads = [(s, segment_label(voice, findings.study, shares.segment, s)) for s in names]
    answers = [(estimate.choice, name) for name, estimate in named]
    return crossing_table(voice, voice.say("crossing_title"), answers, heads, shares.estimates)


def _answer_message(voice: Voice, shares: Shares) -> Told:
    where = answer_standing(shares)
    if where is not None:
        first, after = (choice_name(voice, shares.question, e.choice) for e in (where.first, where.next))
        names = (quoted(voice, first), quoted(voice, after))
        title = leader_title(voice, where, names, scale=shares.question.type in ORDERED_TYPES)
        return Told(title, where.first if where.clear else None)
    return Told(question_words(shares.question, voice.language))


def _segment_slide(voice: Voice, findings: Findings, shares: Shares) -> Slide:
    named = [
        (segment_label(voice, findings.study, shares.segment, estimate.segment), estimate)
        for estimate in shares.estimates
    ]
    told = _segment_message(voice, findings, shares)
    name = shares_name(voice, shares)
    head = voice.say("head_age" if shares.segment and shares.segment.question == "age" else "head_group")
    table_title = voice.say("share_of", name=name)
    largest = max((estimate.base for estimate in shares.estimates), default=0)
    total = next(iter(everyone(shares)), None)
    own = [pair for pair in named if pair[1] is not total] or named
    lines = (
        group_line(voice, shares.question, name, shares.part.codes),
        *foot(voice, findings, shares.question, shares.estimates, worded=True),
        *outside_line(voice, findings, shares),
        *_not_compared(voice, findings, shares),
    )
    chart = ShareChart(
        id=slide_id(shares),
        subtitle=marks_line(voice, findings, "subtitle_segments", shares.question),
        marks=tuple(mark(voice, label, e, told.meant, total=e is total) for label, e in named),
        heads=(head, voice.say("head_base"), voice.say("head_share_interval")),
        axis=percent_axis(voice, shares.estimates),
        alt=alt_shares(voice, table_title, own, total, largest),
        foot=lines,
        table=share_table(voice, table_title, head, named, told.meant),
        watermark=watermark(voice, findings),
    )
    return Slide(slide_id(shares), told.title, (chart,))


def _segment_message(voice: Voice, findings: Findings, shares: Shares) -> Told:
    """Return the segment that differs from all others, else a range, else that none can be told apart."""
    phrase = predicate(voice, findings.study, shares.question, shares.part.codes, shares.part.group)
    where = standing(segments(shares), same_people=False)
    total = next(iter(everyone(shares)), None)
    if where is not None and shares.segment is not None:
        plan = shares.segment
        if where.clear and total is not None and may_lead(total):
            people = segment_people(voice, findings.study, plan, where.first.segment)
            return Told(segment_title(voice, where.first, people, phrase, total), where.first)
        return Told(_no_first_segment(voice, findings, shares))
    if total is not None and printable(total):
        return Told(f"{voice.say('share_of', name=shares_name(voice, shares))}: {printed(voice, total).text}")
    return Told(voice.say("too_few"))


def _no_first_segment(voice: Voice, findings: Findings, shares: Shares) -> str:
    """Return the message of segments of which none is first: their range, or that none differ."""
    own = segments(shares)
    ends = spread(own, same_people=False)
    if ends is not None and shares.segment is not None:
        plan = shares.segment
        low, high = ((segment_people(voice, findings.study, plan, e.segment), e) for e in ends)
        return segment_range(voice, low, high, open_=not all(may_lead(e) for e in own))
    return voice.say("segment_none" if none_differ(own, same_people=False) else "segment_none_others")


def not_compared_labels(voice: Voice, findings: Findings, shares: Shares) -> list[str]:
    """Return the segments whose answers are too few to be tested against any other."""
    return [
        segment_label(voice, findings.study, shares.segment, estimate.segment)
        for estimate in segments(shares)
        if not printable(estimate)
    ]


def _not_compared(voice: Voice, findings: Findings, shares: Shares) -> tuple[str, ...]:
    labels = not_compared_labels(voice, findings, shares)
    return (not_compared(voice, labels),) if labels else ()


def slide_id(shares: Shares) -> str:
    """Return the place of a chart in the page, the same in every language."""
    parts = (shares.part.kind, shares.part.about, shares.part.group, shares.part.by)
    return "-".join(part for part in parts if part)


def mark(
    voice: Voice, label: str, estimate: Estimate, meant: Estimate | None = None, *, total: bool = False
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
        meant=estimate is meant,
        total=total,
    )


def percent_axis(voice: Voice, estimates: Sequence[Estimate], step: float = 0.2) -> tuple[Tick, ...]:
    """Return the ticks of an axis of shares: from 0 to the next 20 %, every 20 (10 on a short axis)."""
    top = max((e.high for e in estimates if printable(e) and e.high is not None), default=step)
    end = min(1.0, max(step, ceil(round(top / step, 6)) * step))
    pace = 0.1 if end < 0.5 else step
    return tuple(
        Tick(round(n * pace, 2), percent(round(n * pace, 2), voice.language))
        for n in range(round(end / pace) + 1)
    )


def watermark(voice: Voice, findings: Findings) -> str:
    """Return the mark that a chart of made-up answers carries wherever it is copied to."""
    return voice.say("synthetic_mark") if findings.basis.synthetic else ""
