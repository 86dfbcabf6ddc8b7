"""Estimates → Report: which slide comes when.

First page, then the charts of the headline's question, the other charts, reply times, published figures,
methods, topline. The order of `report.yaml` holds among slides of one kind.
"""

from __future__ import annotations

from dataclasses import replace

from analysis.findings import Curve, Findings, PartFindings, Published, Shares
from questionnaires.texts import LANGUAGES, in_language
from reports.curve_slides import curve_slide
from reports.first_page import first_page, headline_part
from reports.methods import methods_slide
from reports.naming import Voice
from reports.numbers import local, long_date
from reports.published_figures import published_slide
from reports.report import Report, Slide
from reports.share_slides import share_slide
from reports.tables import topline_slide


def outline(findings: Findings, language: str) -> Report:
    """Build the report of a study's findings in one of the languages of `questionnaires.texts`."""
    study = findings.study
    voice = Voice(language, "synthetic" if findings.basis.synthetic else study.record.sample)
    made_at = local(findings.basis.made_at, findings.basis.zone)
    slides: list[Slide] = []
    for part in _in_order(findings):
        if isinstance(part, Published):
            slides.append(published_slide(voice, findings, part))
        elif isinstance(part, Curve):
            slides.append(curve_slide(voice, findings, part))
        else:
            slides.append(share_slide(voice, findings, part))
    return Report(
        study=study.name,
        title=in_language(study.record.title, language),
        language=language,
        languages=tuple(name for name in LANGUAGES if name in {*study.questionnaire.languages, language}),
        synthetic=findings.basis.synthetic,
        kicker=voice.say("kicker", date=long_date(made_at.date(), language)),
        slides=(
            first_page(voice, findings, slides),
            *slides,
            methods_slide(voice, findings),
            topline_slide(voice, findings),
        ),
    )


def _in_order(findings: Findings) -> list[PartFindings]:
    """Return the parts that make a slide; a headline has a chart even where the plan names none."""
    lead = headline_part(findings)
    parts = [part for part in findings.parts if part is not lead]
    if lead is not None and (lead.part.by or not lead.part.codes):
        content = (lead.part.about, lead.part.codes, lead.part.by)
        charts = [(p.part.about, p.part.codes, p.part.by) for p in parts if isinstance(p, Shares)]
        if content not in charts:
            parts.append(replace(lead, part=replace(lead.part, kind="chart")))

    def place(part: PartFindings) -> int:
        if isinstance(part, Published):
            return 4
        if isinstance(part, Curve):
            return 3
        if lead is None or part.question.name != lead.question.name:
            return 2
        return 1 if part.part.codes else 0

    return sorted(parts, key=place)
