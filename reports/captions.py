"""What stands around a chart: its subtitle, its foot with the base and the wording, and its alternative text."""

from __future__ import annotations

from collections.abc import Sequence

from analysis.estimate import Estimate
from analysis.findings import Curve, Findings
from questionnaires.model import Question
from questionnaires.texts import in_language
from reports.disclosure import Showing, showing
from reports.naming import Voice, members, quoted
from reports.numbers import count, listed
from reports.wording import printed, share_text

LONGEST = 300
"""Characters of an alternative text that a listener still keeps in mind."""


def subtitle(voice: Voice, key: str, question: Question) -> str:
    """Return the wording of a question, then what each mark of its chart means."""
    return f"{quoted(voice, in_language(question.text, voice.language))} {voice.say(key)}"


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
    asked = question_line(voice, question) if worded else voice.say("question_code", name=question.name)
    lines = [f"{voice.say(key, n=largest, count=count(largest, voice.language))} {asked}"]
    if question.ask_if:
        lines.append(voice.say("filter_line", condition=question.ask_if))
    shown = {showing(estimate) for estimate in estimates}
    lines += [voice.say("low_note")] if Showing.LOW_RELIABILITY in shown else []
    lines += [voice.say("hidden_note")] if Showing.HIDDEN in shown else []
    return tuple(lines)


def question_line(voice: Voice, question: Question) -> str:
    text = in_language(question.text, voice.language)
    return voice.say("question_line", name=question.name, text=quoted(voice, text))


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
    """Return a chart in words: what it is of, its highest and lowest, and everybody's share."""
    known = sorted(
        (pair for pair in named if pair[1].share is not None), key=lambda pair: -(pair[1].share or 0)
    )
    said = {"measure": measure, "n": people, "count": count(people, voice.language)}
    if not known:
        return _fitted(voice, "alt_empty", said)
    said |= {
        "highest": f"{known[0][0]}, {share_text(voice, known[0][1].share or 0.0)}",
        "lowest": f"{known[-1][0]}, {share_text(voice, known[-1][1].share or 0.0)}",
    }
    if total is not None and total.share is not None:
        return _fitted(voice, "alt_segments", said | {"total": share_text(voice, total.share)})
    return _fitted(voice, "alt_answers", said)


def alt_curve(voice: Voice, measure: str, points: Sequence[tuple[str, Estimate]], people: int) -> str:
    """Return a reply-time curve in words: the share at each limit."""
    steps = "; ".join(f"{share_text(voice, e.share)} {when}" for when, e in points if e.share is not None)
    said = {"measure": measure, "n": people, "count": count(people, voice.language), "steps": steps}
    return _fitted(voice, "alt_curve", said)


def _fitted(voice: Voice, key: str, said: dict[str, object]) -> str:
    """Return the text with the measure cut at a word so that the whole is not too long to listen to."""
    text = voice.say(key, **said)
    if len(text) <= LONGEST:
        return text
    measure = str(said["measure"])
    room = max(20, len(measure) - (len(text) - LONGEST) - 1)
    return voice.say(key, **{**said, "measure": measure[:room].rsplit(" ", 1)[0] + "…"})
