"""A study: one folder of data, everything about it that is not an answer. Frozen."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from questionnaires.bands import Band
from questionnaires.expressions import Tree
from questionnaires.model import Questionnaire, Text

SYNTHETIC = "synthetic"


@dataclass(frozen=True)
class Record:
    """`study.yaml`: what a methods page must be able to say."""

    title: Text
    mode: str
    frame: str
    sample: str
    zone: str
    retention: date
    sponsor: str | None = None
    funder: str | None = None
    conductor: str | None = None
    contact: str | None = None
    design: Mapping[str, str | None] = field(default_factory=dict)
    open: datetime | None = None
    close: datetime | None = None
    quasi_identifiers: tuple[str, ...] = ()
    receipts: bool = True
    """Whether a person gets a code that proves their answers are in the data."""
    access: str = "open"
    """Who may answer: "open", whoever comes; "invitation", who has a personal link."""


@dataclass(frozen=True)
class Population:
    """`population.yaml`: the margins that answers are weighted to."""

    population: str
    source: str
    date: date | None
    bands: Mapping[str, tuple[Band, ...]]
    margins: Mapping[str, Mapping[str, float]]


@dataclass(frozen=True)
class Figure:
    """One published figure that this study can be held against (`published.yaml`)."""

    id: str
    text: Text
    value: float | None
    n: int | None
    question: str
    codes: tuple[int, ...]
    condition: Tree | None
    known: tuple[str, ...]
    unknown: tuple[str, ...]
    source: str
    note: Text = field(default_factory=dict)
    rank: str | None = None
    reading: str | None = None
    source_reading: str | None = None
    beside: tuple[int, ...] = ()


@dataclass(frozen=True)
class Target:
    """A share that synthetic answers are built to have after weighting."""

    name: str
    share: float
    question: str
    codes: tuple[int, ...]
    condition: Tree | None


@dataclass(frozen=True)
class Truth:
    """`synthetic.yaml`: what made-up respondents answer."""

    n: int
    seed: int
    sample: Mapping[str, Mapping[str, float]]
    targets: tuple[Target, ...]
    answers: Mapping[str, Mapping[str, float]]
    texts: Mapping[str, tuple[str, ...]]
    languages: Mapping[str, float]


@dataclass(frozen=True)
class SegmentPlan:
    """A way of dividing people that the report uses: a question, in bands if it is a number."""

    name: str
    question: str
    bands: tuple[Band, ...] = ()


@dataclass(frozen=True)
class PlannedPart:
    """One part of the report: its kind (headline, chart, curve, published) and what it is about."""

    kind: str
    about: str
    codes: tuple[int, ...] = ()
    group: str = ""
    by: str = ""


@dataclass(frozen=True)
class ReportPlan:
    """`report.yaml`: which estimates a report shows, in which order."""

    segments: Mapping[str, SegmentPlan]
    parts: tuple[PlannedPart, ...]


@dataclass(frozen=True)
class Study:
    """A whole study as read from its folder; `files` holds the bytes of each file by name."""

    record: Record
    questionnaire: Questionnaire
    files: Mapping[str, bytes]
    population: Population | None = None
    published: tuple[Figure, ...] = ()
    report: ReportPlan | None = None
    truth: Truth | None = None

    @property
    def name(self) -> str:
        return self.questionnaire.name

    @property
    def version(self) -> str:
        return version_of(self.files["questionnaire.yaml"])

    @property
    def synthetic(self) -> bool:
        return self.record.sample == SYNTHETIC


def version_of(questionnaire: bytes) -> str:
    """Return the hash that names a version of a questionnaire: the SHA-256 of its file."""
    return hashlib.sha256(questionnaire).hexdigest()
