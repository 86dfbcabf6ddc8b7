"""A reply-time question → its slide: the curve, each answer by itself, and both readings in words."""

from __future__ import annotations

from collections.abc import Sequence

from analysis.findings import Curve, CurvePoint, Findings
from questionnaires.piping import question_words
from reports.captions import alt_curve, foot, subtitle, without_limit_line
from reports.disclosure import may_lead, printable
from reports.naming import Voice, limit_label, within
from reports.numbers import percent
from reports.report import Block, CurveChart, CurveStep, Diamond, Note, Slide, Tick
from reports.share_slides import mark, watermark
from reports.tables import curve_table
from reports.wording import curve_title, reading_cumulative, reading_exclusive

HOUR = 60.0
"""Minutes of the limit that a curve is read at first, where the question has it."""

MOST = 0.75
"""The share at which a curve is read for the second time: most people have their reply by then."""

CUMULATIVE = "cumulative"
TICKS = (0.0, 0.25, 0.5, 0.75, 1.0)


def curve_slide(voice: Voice, findings: Findings, curve: Curve) -> Slide:
    """Return the slide of one reply-time question."""
    early, late = read_at(curve)
    message = curve_title(voice, curve.question, early, late) if early else voice.say("too_few")
    title = question_words(curve.question, voice.language)
    lines = list(foot(voice, findings, curve.question, curve.estimates))
    if curve.without_limit:
        lines.insert(0, without_limit_line(voice, curve))
        lines.insert(2, voice.say("curve_base"))
    reached = [(within(voice, p.interval), p.cumulative) for p in curve.points if printable(p.cumulative)]
    chart = CurveChart(
        id=f"curve-{curve.part.about}",
        subtitle=subtitle(voice, findings, "subtitle_curve", curve.question),
        steps=tuple(_step(voice, findings, curve, point) for point in curve.points),
        exclusive_title=voice.say("exclusive_title"),
        published_title=voice.say("published_series"),
        axis=tuple(Tick(share, percent(share, voice.language)) for share in TICKS),
        alt=alt_curve(voice, title, reached, max((e.base for e in curve.estimates), default=0)),
        foot=tuple(lines),
        table=curve_table(voice, title, curve),
        watermark=watermark(voice, findings),
    )
    return Slide(chart.id, message, (chart, *_readings(voice, findings, curve, early)))


def read_at(curve: Curve) -> tuple[CurvePoint | None, CurvePoint | None]:
    """Return the limits that the message names: an hour (or the middle one), and where most are reached."""
    points = [point for point in curve.points if may_lead(point.cumulative)]
    if not points:
        return None, None
    early = next((p for p in points if p.interval.upto == HOUR), points[(len(points) - 1) // 2])
    later = (p for p in points if p.interval.upto > early.interval.upto)
    return early, next((p for p in later if (p.cumulative.share or 0.0) >= MOST), None)


def _step(voice: Voice, findings: Findings, curve: Curve, point: CurvePoint) -> CurveStep:
    """Return a limit of the curve, with the published share of everybody who expects the reply by then."""
    codes = {
        earlier.interval.code for earlier in curve.points if earlier.interval.upto <= point.interval.upto
    }
    diamond = None
    for figure in findings.study.published:
        same = figure.question == curve.question.name and set(figure.codes) == codes
        if same and (figure.reading or CUMULATIVE) == CUMULATIVE:
            if figure.value is not None:
                diamond = Diamond(figure.value, percent(figure.value, voice.language))
            break
    label = limit_label(voice, point.interval)
    return CurveStep(
        label, mark(voice, label, point.cumulative), mark(voice, label, point.exclusive), diamond
    )


def _readings(voice: Voice, findings: Findings, curve: Curve, outer: CurvePoint | None) -> Sequence[Block]:
    """Return the same answers in both readings; the limit before the one named gives the inner share."""
    place = curve.points.index(outer) if outer in curve.points else 0
    if outer is None or place == 0 or not may_lead(curve.points[place - 1].cumulative):
        return ()
    inner = curve.points[place - 1]
    cumulative = reading_cumulative(voice, inner, outer)
    if any(
        figure.question == curve.question.name and figure.source_reading == CUMULATIVE
        for figure in findings.study.published
    ):
        cumulative += f" {voice.say('reading_source')}"
    return (
        Note(voice.say("reading_cumulative_label"), cumulative),
        Note(voice.say("reading_exclusive_label"), reading_exclusive(voice, inner, outer)),
    )
