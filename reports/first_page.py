"""The first page: the answer, three to five numbers, and how sure they are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from analysis.estimate import Estimate
from analysis.findings import Curve, Findings, Published, PublishedComparison, Shares
from questionnaires.texts import in_language
from reports.curve_slides import read_at
from reports.disclosure import may_lead
from reports.naming import Voice, choice_name, describes, quoted, same_codes, segment_label, segment_people
from reports.ranking import Standing, standing
from reports.report import Finding, Headline, Slide
from reports.report import Findings as FindingsBlock
from reports.share_slides import answer_standing, everyone, not_compared_labels, segments, slide_id
from reports.wording import (
    choose,
    curve_title,
    expect_within,
    finding_segment,
    headline,
    headline_segment,
    held_answers,
    held_published,
    held_segments,
    lowered,
    of_compared,
    of_whom,
    predicate,
    printed,
    reading_cumulative,
    size_words,
    sure,
)

MOST_FINDINGS = 5


def first_page(voice: Voice, findings: Findings, slides: Sequence[Slide]) -> Slide:
    """Return the first page; its numbers lead to the slides they come from."""
    known = {slide.id for slide in slides}
    told = [finding for finding in _findings(voice, findings, known) if finding is not None][:MOST_FINDINGS]
    answer = _answer(voice, findings) or (slides[0].title if slides else voice.say("too_few"))
    blocks = (
        Headline(answer, sure(voice, findings.basis)),
        FindingsBlock(voice.say("findings_title"), tuple(told)),
    )
    return Slide("summary", answer, blocks)


def headline_part(findings: Findings) -> Shares | None:
    """Return the part that the plan calls the headline."""
    return next((p for p in findings.parts if isinstance(p, Shares) and p.part.kind == "headline"), None)


def comparisons(findings: Findings) -> tuple[PublishedComparison, ...]:
    """Return every published figure that the plan holds against ours."""
    return tuple(c for part in findings.parts if isinstance(part, Published) for c in part.comparisons)


def _answer(voice: Voice, findings: Findings) -> str:
    shares = headline_part(findings)
    total = next(iter(everyone(shares)), None) if shares and shares.part.codes else None
    if shares is not None and total is not None and may_lead(total):
        sentence = of_whom(voice, shares.question, _phrase(voice, findings, shares))
        best = _clear_segment(shares)
        if best is None or shares.segment is None:
            return headline(voice, total, sentence)
        people = segment_people(voice, findings.study, shares.segment, best.first.segment)
        return headline_segment(voice, total, sentence, best.first, people)
    for part in findings.parts:
        early, late = read_at(part) if isinstance(part, Curve) else (None, None)
        if isinstance(part, Curve) and early is not None:
            return curve_title(voice, part.question, early, late)
    return ""


def _clear_segment(shares: Shares) -> Standing | None:
    where = standing(segments(shares), same_people=False)
    return where if where is not None and where.clear else None


def _phrase(voice: Voice, findings: Findings, shares: Shares) -> str:
    return predicate(voice, findings.study, shares.question, shares.part.codes, shares.part.group)


def _findings(voice: Voice, findings: Findings, known: set[str]) -> Iterator[Finding | None]:
    """Say the headline's numbers first, then the curves', then those held against published figures."""
    shares = headline_part(findings)
    said: set[str] = set()
    if shares is not None and shares.part.codes:
        yield _headline_finding(voice, findings, shares, known)
        yield _segment_finding(voice, findings, shares, known)
        said.add(shares.question.name)
    for part in findings.parts:
        if isinstance(part, Curve):
            yield _curve_finding(voice, findings, part)
            said.add(part.question.name)
    for comparison in comparisons(findings):
        if comparison.figure.question not in said and comparison.figure.value is not None:
            yield _compared_finding(voice, findings, comparison, known)
            said.add(comparison.figure.question)
    for part in findings.parts:
        if isinstance(part, Shares) and part.question.name not in said:
            yield _leader_finding(voice, part)
            said.add(part.question.name)


def _finding(voice: Voice, estimate: Estimate, sentence: str, held: str, slide: str) -> Finding:
    words = printed(voice, estimate)
    return Finding(words.share or words.words, words.interval, sentence, held, slide, estimate.share)


def _headline_finding(voice: Voice, findings: Findings, shares: Shares, known: set[str]) -> Finding | None:
    total = next(iter(everyone(shares)), None)
    if total is None or not may_lead(total):
        return None
    held = [size_words(voice, total)]
    held += [
        held_published(voice, c)
        for c in comparisons(findings)
        if same_codes(c.figure, shares.question, shares.part.codes)
        and c.figure.condition is None
        and c.figure.value is not None
    ]
    sentence = of_whom(voice, shares.question, _phrase(voice, findings, shares))
    slide = _slide_about(known, f"chart-{shares.question.name}", slide_id(shares))
    return _finding(voice, total, sentence, " ".join(filter(None, held)), slide)


def _segment_finding(voice: Voice, findings: Findings, shares: Shares, known: set[str]) -> Finding | None:
    where = _clear_segment(shares)
    total = next(iter(everyone(shares)), None)
    if where is None or shares.segment is None or total is None or not may_lead(total):
        return None
    plan = shares.segment
    people = segment_people(voice, findings.study, plan, where.first.segment)
    next_label = segment_label(voice, findings.study, plan, where.next.segment)
    held = [held_segments(voice, where, next_label, not_compared_labels(voice, findings, shares))]
    held += [
        held_published(voice, c)
        for c in comparisons(findings)
        if same_codes(c.figure, shares.question, shares.part.codes)
        and describes(c.figure, plan, where.first.segment)
    ]
    sentence = finding_segment(voice, people, _phrase(voice, findings, shares), total)
    slide = _slide_about(known, slide_id(shares).replace("headline", "chart"))
    return _finding(voice, where.first, sentence, " ".join(held), slide)


def _curve_finding(voice: Voice, findings: Findings, curve: Curve) -> Finding | None:
    early, _ = read_at(curve)
    if early is None:
        return None
    place = curve.points.index(early)
    held = [reading_cumulative(voice, curve.points[place - 1], early)] if place else []
    sentence = of_whom(voice, curve.question, expect_within(voice, early))
    return _finding(voice, early.cumulative, sentence, " ".join(held), f"curve-{curve.part.about}")


def _compared_finding(
    voice: Voice, findings: Findings, comparison: PublishedComparison, known: set[str]
) -> Finding | None:
    if not may_lead(comparison.estimate):
        return None
    question = findings.study.questionnaire.question(comparison.figure.question)
    phrase = lowered(in_language(comparison.figure.text, voice.language))
    sentence = of_compared(voice, phrase) if comparison.figure.condition else of_whom(voice, question, phrase)
    held = [size_words(voice, comparison.estimate), held_published(voice, comparison)]
    slide = _slide_about(known, f"chart-{question.name}", "published")
    return _finding(voice, comparison.estimate, sentence, " ".join(filter(None, held)), slide)


def _leader_finding(voice: Voice, shares: Shares) -> Finding | None:
    where = answer_standing(shares) if not shares.part.codes else None
    if where is None or not where.clear:
        return None
    first, after = (
        quoted(voice, choice_name(voice, shares.question, e.choice)) for e in (where.first, where.next)
    )
    phrase = of_whom(voice, shares.question, choose(voice, first))
    return _finding(voice, where.first, phrase, held_answers(voice, where, after), slide_id(shares))


def _slide_about(known: set[str], *wanted: str) -> str:
    return next((slide for slide in wanted if slide in known), "")
