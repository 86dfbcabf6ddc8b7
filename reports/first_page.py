"""The first page: the answer, three to five numbers, and how sure they are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from analysis.estimate import Estimate
from analysis.findings import Curve, Findings, PublishedComparison, Shares
from questionnaires.texts import in_language
from reports.curve_slides import read_at
from reports.disclosure import may_lead
from reports.naming import Voice, choice_name, describes, quoted, same_codes, segment_label, segment_people
from reports.ranking import Standing, standing
from reports.report import Headline, KeyNumber, KeyNumbers, Slide
from reports.share_slides import answer_standing, everybody, not_compared_labels, segments, slide_id
from reports.wording import (
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

MOST_NUMBERS = 5


def first_page(voice: Voice, findings: Findings, slides: Sequence[Slide]) -> Slide:
    """Return the first page; its numbers lead to the slides they come from."""
    page = _FirstPage(voice, findings, {slide.id for slide in slides})
    numbers = [number for number in page.numbers() if number is not None][:MOST_NUMBERS]
    answer = page.answer() or (slides[0].title if slides else voice.say("too_few"))
    blocks = (
        Headline(answer, sure(voice, findings.basis)),
        KeyNumbers(voice.say("findings_title"), tuple(numbers)),
    )
    return Slide("summary", answer, blocks)


def headline_part(findings: Findings) -> Shares | None:
    """Return the part that the plan calls the headline."""
    return next((p for p in findings.parts if isinstance(p, Shares) and p.part.kind == "headline"), None)


class _FirstPage:
    """What the first page is made from: the findings, and the ids of the slides that a number can lead to."""

    def __init__(self, voice: Voice, findings: Findings, ids: set[str]) -> None:
        self.voice, self.findings, self.study, self.ids = voice, findings, findings.study, ids

    def answer(self) -> str:
        """Return the headline; where there is none, the first curve that may be read; else nothing."""
        shares = headline_part(self.findings)
        total = everybody(shares) if shares and shares.part.codes else None
        if shares is not None and total is not None and may_lead(total):
            sentence = of_whom(self.voice, shares.question, self.phrase(shares))
            best = _clear_segment(shares)
            if best is None or shares.segment is None:
                return headline(self.voice, total, sentence)
            people = segment_people(self.voice, self.study, shares.segment, best.first.segment)
            return headline_segment(self.voice, total, sentence, best.first, people)
        for part in self.findings.parts:
            early, late = read_at(part) if isinstance(part, Curve) else (None, None)
            if isinstance(part, Curve) and early is not None:
                return curve_title(self.voice, part.question, early, late)
        return ""

    def numbers(self) -> Iterator[KeyNumber | None]:
        """Give the headline's numbers first, then the curves', then those held against published figures."""
        shares = headline_part(self.findings)
        questions: set[str] = set()
        if shares is not None and shares.part.codes:
            yield self.of_headline(shares)
            yield self.of_segment(shares)
            questions.add(shares.question.name)
        for part in self.findings.parts:
            if isinstance(part, Curve):
                yield self.of_curve(part)
                questions.add(part.question.name)
        for comparison in self.findings.comparisons:
            if comparison.figure.question not in questions and comparison.figure.value is not None:
                yield self.of_comparison(comparison)
                questions.add(comparison.figure.question)
        for part in self.findings.parts:
            if isinstance(part, Shares) and part.question.name not in questions:
                yield self.of_leader(part)
                questions.add(part.question.name)

    def number(self, estimate: Estimate, sentence: str, held: Sequence[str], *slides: str) -> KeyNumber:
        """Return an estimate as a key number, which leads to the first of the slides that there is."""
        words = printed(self.voice, estimate)
        slide = next((slide for slide in slides if slide in self.ids), "")
        number, beside = words.share or words.words, " ".join(filter(None, held))
        return KeyNumber(number, words.interval, sentence, beside, slide, estimate.share)

    def phrase(self, shares: Shares) -> str:
        return predicate(self.voice, self.study, shares.question, shares.part.codes, shares.part.group)

    def of_headline(self, shares: Shares) -> KeyNumber | None:
        total = everybody(shares)
        if total is None or not may_lead(total):
            return None
        held = [size_words(self.voice, total)]
        held += [
            held_published(self.voice, c)
            for c in self.findings.comparisons
            if same_codes(c.figure, shares.question, shares.part.codes)
            and c.figure.condition is None
            and c.figure.value is not None
        ]
        sentence = of_whom(self.voice, shares.question, self.phrase(shares))
        return self.number(total, sentence, held, f"chart-{shares.question.name}", slide_id(shares))

    def of_segment(self, shares: Shares) -> KeyNumber | None:
        where, total, plan = _clear_segment(shares), everybody(shares), shares.segment
        if where is None or plan is None or total is None or not may_lead(total):
            return None
        next_label = segment_label(self.voice, self.study, plan, where.next.segment)
        left_out = not_compared_labels(self.voice, self.findings, shares)
        held = [held_segments(self.voice, where, next_label, left_out)]
        held += [
            held_published(self.voice, c)
            for c in self.findings.comparisons
            if same_codes(c.figure, shares.question, shares.part.codes)
            and describes(c.figure, plan, where.first.segment)
        ]
        people = segment_people(self.voice, self.study, plan, where.first.segment)
        sentence = finding_segment(self.voice, people, self.phrase(shares), total)
        return self.number(where.first, sentence, held, slide_id(shares).replace("headline", "chart"))

    def of_curve(self, curve: Curve) -> KeyNumber | None:
        early, _ = read_at(curve)
        if early is None:
            return None
        place = curve.points.index(early)
        held = [reading_cumulative(self.voice, curve.points[place - 1], early)] if place else []
        sentence = of_whom(self.voice, curve.question, expect_within(self.voice, early))
        return self.number(early.cumulative, sentence, held, f"curve-{curve.part.about}")

    def of_comparison(self, comparison: PublishedComparison) -> KeyNumber | None:
        if not may_lead(comparison.estimate):
            return None
        question = self.study.questionnaire.question(comparison.figure.question)
        phrase = lowered(in_language(comparison.figure.text, self.voice.language))
        whom = of_compared(self.voice, phrase) if comparison.figure.condition else None
        held = [size_words(self.voice, comparison.estimate), held_published(self.voice, comparison)]
        sentence = whom or of_whom(self.voice, question, phrase)
        return self.number(comparison.estimate, sentence, held, f"chart-{question.name}", "published")

    def of_leader(self, shares: Shares) -> KeyNumber | None:
        where = answer_standing(shares) if not shares.part.codes else None
        if where is None or not where.clear:
            return None
        first, after = (
            quoted(self.voice, choice_name(self.voice, shares.question, e.choice))
            for e in (where.first, where.next)
        )
        phrase = of_whom(self.voice, shares.question, self.voice.say("choose", what=first))
        return self.number(where.first, phrase, [held_answers(self.voice, where, after)], slide_id(shares))


def _clear_segment(shares: Shares) -> Standing | None:
    where = standing(segments(shares), same_people=False)
    return where if where is not None and where.clear else None
