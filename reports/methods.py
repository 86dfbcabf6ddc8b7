"""The methods page: who was asked, how they were found, and everything needed to recompute the numbers.

Each line comes from the study's record or from the findings. A line that the record leaves open is printed
all the same, as "not recorded".
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import version

from analysis.findings import Basis, Findings, WeightingFacts
from questionnaires.texts import OWN_NAMES, in_language
from reports.disclosure import RELIABLE, THRESHOLD
from reports.naming import Voice, choice_name
from reports.numbers import count, decimal, listed, long_date, moment, share_of_sample, span
from reports.report import Block, Fact, Facts, Slide

KNOWN_MODES = ("web", "phone", "face_to_face", "post")
"""Ways of answering that have a name in `texts` (mode_web …); any other is printed as recorded."""

FEW_WEIGHTED = 100
"""Answers: intervals after weighting fewer are too narrow."""


def methods_slide(voice: Voice, findings: Findings) -> Slide:
    """Return the methods page."""
    blocks: tuple[Block, ...] = (
        Facts(voice.say("methods_people"), tuple(_people(voice, findings))),
        Facts(voice.say("methods_field"), tuple(_field(voice, findings))),
        Facts(voice.say("methods_weighting"), tuple(_weighting(voice, findings))),
        Facts(voice.say("methods_reading"), tuple(_reading(voice, findings))),
        Facts(voice.say("methods_proof"), tuple(_proof(voice, findings))),
    )
    return Slide("methods", voice.say("methods_title"), blocks)


def fact(voice: Voice, key: str, value: str | None) -> Fact:
    """Return one line; where the record has no value it says so."""
    label = voice.say(f"fact_{key}")
    return Fact(label, value, True) if value else Fact(label, voice.say("not_recorded"), False)


def _people(voice: Voice, findings: Findings) -> list[Fact]:
    record = findings.study.record
    population = findings.study.population
    return [
        fact(voice, "study", in_language(record.title, voice.language)),
        fact(voice, "population", population.population if population else None),
        fact(voice, "frame", record.frame),
        fact(voice, "sample", voice.say(f"sample_{record.sample}")),
        fact(voice, "allows", voice.say(f"allows_{record.sample}")),
        fact(voice, "sponsor", record.sponsor),
        fact(voice, "funder", record.funder),
        fact(voice, "conductor", record.conductor),
        fact(voice, "contact", record.contact),
    ]


def _responses(voice: Voice, basis: Basis) -> str:
    """Return how many responses there are and how they ended; the parts add up to the whole."""
    parts = [
        voice.say(
            f"responses_{kind}", n=getattr(basis, kind), count=count(getattr(basis, kind), voice.language)
        )
        for kind in ("screened_out", "erased")
        if getattr(basis, kind)
    ]
    told = voice.say(
        "responses", total=count(basis.n, voice.language), complete=count(basis.complete, voice.language),
        partial=count(basis.partial, voice.language),
    )  # fmt: skip
    return "; ".join([told, *parts])


def _field(voice: Voice, findings: Findings) -> list[Fact]:
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
        fact(voice, "responses", _responses(voice, basis)),
        fact(voice, "languages", ", ".join(languages)),
    ]  # fmt: skip


def _weighting(voice: Voice, findings: Findings) -> list[Fact]:
    facts, language = findings.weighting, voice.language
    if facts is None:
        return [fact(voice, "weighting", voice.say("not_weighted"))]
    names = [_variable(voice, name) for name in facts.variables]
    smallest, largest = decimal(facts.smallest, language), decimal(facts.largest, language)
    return [
        fact(voice, "weighting", voice.say("raked", n=facts.iterations, margins=listed(names, language))),
        fact(voice, "targets", facts.population),
        fact(voice, "targets_source", facts.source),
        fact(voice, "targets_date", long_date(facts.date, language) if facts.date else None),
        fact(voice, "kept", _kept(voice, findings, facts)),
        fact(voice, "weights", span(smallest, largest)),
        fact(voice, "design_effect", decimal(facts.design_effect, language)),
        fact(voice, "effective_n", count(facts.effective_n, language)),
    ]


def _variable(voice: Voice, name: str) -> str:
    return voice.say(f"variable_{name}") if name in ("age", "gender") else name


def _kept(voice: Voice, findings: Findings, facts: WeightingFacts) -> str:
    """Return the categories without a population share, by margin, with the share that they keep."""
    lines = [
        f"{_variable(voice, name)}: {_shares(voice, findings, name, kept)}"
        for name, kept in facts.at_sample_share.items()
        if kept
    ]
    return "; ".join(lines) or voice.say("kept_none")


def _shares(voice: Voice, findings: Findings, name: str, kept: Mapping[str, float]) -> str:
    question = findings.study.questionnaire.question(name)
    return ", ".join(
        f"{choice_name(voice, question, category.replace(' ', '_'))} {share_of_sample(share, voice.language)}"
        for category, share in kept.items()
    )


def _reading(voice: Voice, findings: Findings) -> list[Fact]:
    return [
        *_weighted_reading(voice, findings),
        fact(voice, "intervals", voice.say("intervals_rule")),
        fact(voice, "comparisons", voice.say("comparisons_rule")),
        fact(voice, "small_bases", voice.say(
            "small_bases_rule", threshold=THRESHOLD, reliable=round(RELIABLE)
        )),
    ]  # fmt: skip


def _weighted_reading(voice: Voice, findings: Findings) -> list[Fact]:
    """Return what weights do to the numbers; nothing where there are none."""
    if findings.weighting is None:
        return []
    few = findings.basis.n < FEW_WEIGHTED
    warning = [fact(voice, "few_weighted", voice.say("few_weighted_rule", limit=FEW_WEIGHTED))] if few else []
    return [*warning, fact(voice, "effective", voice.say("effective_rule"))]


def _proof(voice: Voice, findings: Findings) -> list[Fact]:
    basis = findings.basis
    return [
        fact(voice, "snapshot", basis.folder),
        fact(voice, "made_at", moment(basis.made_at, basis.zone, voice.language)),
        fact(voice, "merkle_root", basis.merkle_root),
        fact(voice, "versions", "\n".join(basis.versions)),
        fact(voice, "retention", long_date(findings.study.record.retention, voice.language)),
        fact(voice, "software", f"earshot {version('earshot')}"),
    ]
