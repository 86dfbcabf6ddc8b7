"""The methods page: who was asked, how they were found, and everything needed to recompute the numbers.

Each line comes from the study's record or from the findings. A line that the record leaves open is printed
all the same, as "not recorded".
"""

from __future__ import annotations

from importlib.metadata import version

from analysis.findings import Basis, Findings, WeightingFacts
from questionnaires.texts import OWN_NAMES, in_language
from reports.disclosure import RELIABLE, THRESHOLD
from reports.naming import Voice, choice_name
from reports.numbers import count, decimal, listed, long_date, moment, share_of_sample, span
from reports.report import RecordLine, RecordLines, Slide

KNOWN_MODES = ("web", "phone", "face_to_face", "post")
"""Ways of answering that have a name in `texts` (mode_web …); any other is printed as recorded."""

FEW_WEIGHTED = 100
"""Answers: intervals after weighting fewer are too narrow."""


def methods_slide(voice: Voice, findings: Findings) -> Slide:
    """Return the methods page."""
    study, basis = findings.study, findings.basis
    record, population = study.record, study.population
    sections = {
        "people": [
            fact(voice, "study", in_language(record.title, voice.language)),
            fact(voice, "population", population.population if population else None),
            fact(voice, "frame", record.frame),
            fact(voice, "sample", voice.say(f"sample_{record.sample}")),
            fact(voice, "allows", voice.say(f"allows_{record.sample}")),
            fact(voice, "sponsor", record.sponsor),
            fact(voice, "funder", record.funder),
            fact(voice, "conductor", record.conductor),
            fact(voice, "contact", record.contact),
        ],
        "field": _field(voice, findings),
        "weighting": _weighting(voice, findings),
        "reading": _reading(voice, findings),
        "proof": [
            fact(voice, "snapshot", basis.folder),
            fact(voice, "made_at", moment(basis.made_at, basis.zone, voice.language)),
            fact(voice, "merkle_root", basis.merkle_root),
            fact(voice, "versions", "\n".join(basis.versions)),
            fact(voice, "retention", long_date(record.retention, voice.language)),
            fact(voice, "software", f"earshot {version('earshot')}"),
        ],
    }
    blocks = (RecordLines(voice.say(f"methods_{name}"), tuple(lines)) for name, lines in sections.items())
    return Slide("methods", voice.say("methods_title"), tuple(blocks))


def fact(voice: Voice, key: str, value: str | None) -> RecordLine:
    """Return one line; where the record has no value it says so."""
    label = voice.say(f"fact_{key}")
    return RecordLine(label, value, True) if value else RecordLine(label, voice.say("not_recorded"), False)


def responses_line(voice: Voice, basis: Basis) -> str:
    """Return how many responses there are and how they ended; the parts add up to the whole."""
    total, complete, partial = (count(n, voice.language) for n in (basis.n, basis.complete, basis.partial))
    parts = [voice.say("responses", total=total, complete=complete, partial=partial)]
    for kind, n in (("screened_out", basis.screened_out), ("erased", basis.erased)):
        if n:
            parts.append(voice.say(f"responses_{kind}", n=n, count=count(n, voice.language)))
    return "; ".join(parts)


def _field(voice: Voice, findings: Findings) -> list[RecordLine]:
    record, basis, language = findings.study.record, findings.basis, voice.language
    times = {
        "open": record.open or basis.opened, "close": record.close or basis.closed,
        "first_answer": basis.first_answer, "last_answer": basis.last_answer,
    }  # fmt: skip
    mode = voice.say(f"mode_{record.mode}") if record.mode in KNOWN_MODES else record.mode
    languages = [f"{OWN_NAMES.get(name, name)} {count(n, language)}" for name, n in basis.by_language.items()]
    return [
        fact(voice, "mode", mode),
        *(fact(voice, key, moment(at, basis.zone, language) if at else None) for key, at in times.items()),
        fact(voice, "responses", responses_line(voice, basis)),
        fact(voice, "languages", ", ".join(languages)),
    ]  # fmt: skip


def _weighting(voice: Voice, findings: Findings) -> list[RecordLine]:
    facts, language = findings.weighting, voice.language
    if facts is None:
        return [fact(voice, "weighting", voice.say("not_weighted"))]
    names = [_variable(voice, name) for name in facts.variables]
    return [
        fact(voice, "weighting", voice.say("raked", n=facts.iterations, margins=listed(names, language))),
        fact(voice, "targets", facts.population),
        fact(voice, "targets_source", facts.source),
        fact(voice, "targets_date", long_date(facts.date, language) if facts.date else None),
        fact(voice, "kept", _at_sample_share(voice, findings, facts)),
        fact(voice, "weights", span(decimal(facts.smallest, language), decimal(facts.largest, language))),
        fact(voice, "design_effect", decimal(facts.design_effect, language)),
        fact(voice, "effective_n", count(facts.effective_n, language)),
    ]


def _variable(voice: Voice, name: str) -> str:
    return voice.say(f"variable_{name}") if name in ("age", "gender") else name


def _at_sample_share(voice: Voice, findings: Findings, facts: WeightingFacts) -> str:
    """Return the categories without a population share, by margin, with the share that they keep."""
    lines = []
    for name, categories in facts.at_sample_share.items():
        question = findings.study.questionnaire.question(name)
        shares = [
            f"{choice_name(voice, question, category.replace(' ', '_'))} {share_of_sample(share, voice.language)}"
            for category, share in categories.items()
        ]
        if shares:
            lines.append(f"{_variable(voice, name)}: {', '.join(shares)}")
    return "; ".join(lines) or voice.say("kept_none")


def _reading(voice: Voice, findings: Findings) -> list[RecordLine]:
    """Return how to read the numbers; what weights do to them only where there are weights."""
    lines = []
    if findings.weighting is not None and findings.basis.n < FEW_WEIGHTED:
        lines.append(fact(voice, "few_weighted", voice.say("few_weighted_rule", limit=FEW_WEIGHTED)))
    if findings.weighting is not None:
        lines.append(fact(voice, "effective", voice.say("effective_rule")))
    small_bases = voice.say("small_bases_rule", threshold=THRESHOLD, reliable=round(RELIABLE))
    return [
        *lines,
        fact(voice, "intervals", voice.say("intervals_rule")),
        fact(voice, "comparisons", voice.say("comparisons_rule")),
        fact(voice, "small_bases", small_bases),
    ]
