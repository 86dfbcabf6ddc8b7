"""A study folder → Study, or every fault of all its files at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path as FilePath
from typing import Any
from zoneinfo import ZoneInfo

from questionnaires.bands import Band, parse_band
from questionnaires.expressions import ExpressionFault, Tree, choice_codes, parse
from questionnaires.formats.reading import complete
from questionnaires.formats.shapes import (
    FigureShape,
    PartShape,
    PopulationShape,
    RecordShape,
    ReportShape,
    TargetShape,
    TruthShape,
    shaped,
)
from questionnaires.formats.yaml_form import read_questionnaire
from questionnaires.formats.yaml_source import Path, Source, read_yaml
from questionnaires.model import Question, Questionnaire
from questionnaires.problems import Place, Problem, StudyFault
from questionnaires.question_types import QUESTION_TYPES
from questionnaires.study import (
    Figure,
    PlannedPart,
    Population,
    Record,
    ReportPlan,
    SegmentPlan,
    Study,
    Target,
    Truth,
)

REQUIRED = ("questionnaire.yaml", "study.yaml")
OPTIONAL = ("population.yaml", "published.yaml", "report.yaml", "synthetic.yaml")


def read_study(folder: FilePath) -> Study:
    """Read a study folder; raise StudyFault with every problem of every file."""
    files = {name: (folder / name).read_bytes() for name in REQUIRED + OPTIONAL if (folder / name).is_file()}
    return study_from_files(files)


def study_from_files(files: Mapping[str, bytes]) -> Study:
    """Build a study from the bytes of its files; raise StudyFault."""
    missing = [Problem("file-missing", Place(name)) for name in REQUIRED if name not in files]
    if missing:
        raise StudyFault(missing)
    questionnaire, source = read_questionnaire("questionnaire.yaml", files["questionnaire.yaml"])
    reader = _Folder(questionnaire, [*source.problems])
    record = reader.record(files["study.yaml"])
    parts: dict[str, Any] = {}
    if questionnaire is not None:
        parts = _optional_parts(reader, files)
    if reader.problems or record is None or questionnaire is None:
        raise StudyFault(reader.problems)
    return Study(record=record, questionnaire=questionnaire, files=dict(files), **parts)


def _optional_parts(reader: _Folder, files: Mapping[str, bytes]) -> dict[str, Any]:
    parts: dict[str, Any] = {}
    if "population.yaml" in files:
        parts["population"] = reader.population(files["population.yaml"])
    if "published.yaml" in files:
        parts["published"] = reader.published(files["published.yaml"])
    if "report.yaml" in files:
        parts["report"] = reader.report(files["report.yaml"])
    if "synthetic.yaml" in files:
        parts["truth"] = reader.truth(files["synthetic.yaml"], parts.get("published", ()))
    return parts


@dataclass
class _Folder:
    """Reads the files beside the questionnaire; what they name must be there."""

    questionnaire: Questionnaire | None
    problems: list[Problem] = field(default_factory=list)

    @property
    def questions(self) -> Mapping[str, Question]:
        return {question.name: question for question in self.questionnaire or ()}

    @property
    def languages(self) -> Sequence[str]:
        return self.questionnaire.languages if self.questionnaire else ("en",)

    def _open(self, file: str, content: bytes) -> Source:
        return read_yaml(file, content)

    def _close(self, source: Source) -> None:
        self.problems += source.problems

    def record(self, content: bytes) -> Record | None:
        source = self._open("study.yaml", content)
        shape = shaped(source, RecordShape, source.data) if source.data is not None else None
        record = None
        if shape is not None:
            values = shape.model_dump()
            if self.questionnaire is not None:
                values["title"] = complete(source, self.languages, shape.title, ("title",))
            record = Record(**{**values, "quasi_identifiers": tuple(shape.quasi_identifiers)})
            self._zone(source, shape.zone)
            if shape.open and shape.close and str(shape.close) <= str(shape.open):
                source.fault("dates-order", ("close",), open=shape.open, close=shape.close)
            for key, column in shape.design.items():
                if column is not None:
                    source.fault("design-column", ("design", key), key=key, value=column)
        self._close(source)
        return record

    def _zone(self, source: Source, zone: str) -> None:
        try:
            ZoneInfo(zone)
        except (KeyError, ValueError, OSError):
            source.fault("value-wrong", ("zone",), key="zone", value=zone,
                         detail="should be a time zone such as Europe/Kyiv")  # fmt: skip

    def population(self, content: bytes) -> Population | None:
        source = self._open("population.yaml", content)
        shape = shaped(source, PopulationShape, source.data) if source.data is not None else None
        population = None
        if shape is not None:
            bands = {
                name: self.bands(source, labels, ("bands", name)) for name, labels in shape.bands.items()
            }
            for name, margin in shape.margins.items():
                self._margin(source, name, margin, bands, ("margins", name))
            population = Population(shape.population, shape.source, shape.date, bands, shape.margins)
        self._close(source)
        return population

    def _margin(
        self,
        source: Source,
        name: str,
        margin: Mapping[str, float],
        bands: Mapping[str, Sequence[Band]],
        path: Path,
    ) -> None:
        question = self._question(source, name, path)
        if question is not None:
            known = {band.label for band in bands.get(name, ())} or {c.name for c in question.choices}
            for category in margin:
                if category not in known:
                    source.fault("choice-unknown", (*path, category), choice=category, question=name,
                                 known=", ".join(sorted(known)))  # fmt: skip
        if abs(sum(margin.values()) - 1) > 0.005:
            source.fault("margin-sum", path, name=name, total=f"{sum(margin.values()):.4f}")

    def bands(self, source: Source, labels: Sequence[str], path: Path) -> tuple[Band, ...]:
        """Read bands that must follow each other without overlap."""
        bands: list[Band] = []
        for index, label in enumerate(labels):
            band = parse_band(label)
            if band is None:
                source.fault("band-form", (*path, index), band=label)
                continue
            if bands and band.low <= bands[-1].high:
                source.fault("band-overlap", (*path, index), band=label)
            bands.append(band)
        return tuple(bands)

    def published(self, content: bytes) -> tuple[Figure, ...]:
        source = self._open("published.yaml", content)
        items = source.data if isinstance(source.data, list) else []
        if source.data is not None and not isinstance(source.data, list):
            source.fault("value-wrong", (), key="file", detail="should be a list of figures", value="…")
        figures = [self._figure(source, item, (index,)) for index, item in enumerate(items)]
        self._close(source)
        return tuple(figure for figure in figures if figure is not None)

    def _figure(self, source: Source, item: Any, path: Path) -> Figure | None:
        shape = shaped(source, FigureShape, item, path)
        question = self._question(source, shape.question, (*path, "question")) if shape else None
        if shape is None or question is None:
            return None
        codes = self._codes(source, shape.choices, question, (*path, "choices"))
        self._fits(source, "figure", question, codes, (*path, "question"))
        if shape.value is not None and not 0 <= shape.value <= 1:
            source.fault("share-range", (*path, "value"), key="value", value=shape.value)
        return Figure(
            id=shape.id,
            text=complete(
                source, self.languages, shape.text or {self.languages[0]: shape.id}, (*path, "text")
            )
            if shape.text
            else dict.fromkeys(self.languages, shape.id),
            value=shape.value,
            n=shape.n,
            question=shape.question,
            codes=codes,
            condition=self._condition(source, shape.where, (*path, "where")),
            known=tuple(shape.known),
            unknown=tuple(shape.unknown),
            source=shape.source,
            note=complete(source, self.languages, shape.note, (*path, "note"), wanted=False),
            rank=shape.rank,
            reading=shape.reading,
            source_reading=shape.source_reading,
            beside=self._codes(source, shape.beside, question, (*path, "beside")),
        )

    def report(self, content: bytes) -> ReportPlan | None:
        source = self._open("report.yaml", content)
        shape = shaped(source, ReportShape, source.data) if source.data is not None else None
        plan = None
        if shape is not None:
            segments = {}
            for name, segment in shape.segments.items():
                self._question(source, segment.from_, ("segments", name, "from"))
                bands = self.bands(source, segment.bands, ("segments", name, "bands"))
                segments[name] = SegmentPlan(name, segment.from_, bands)
            parts = [
                self._part(source, part, segments, ("parts", index)) for index, part in enumerate(shape.parts)
            ]
            plan = ReportPlan(segments, tuple(part for part in parts if part is not None))
        self._close(source)
        return plan

    def _part(
        self, source: Source, shape: PartShape, segments: Mapping[str, SegmentPlan], path: Path
    ) -> PlannedPart | None:
        kinds = ("headline", "chart", "curve", "published")
        given = [kind for kind in kinds if getattr(shape, kind) is not None]
        if len(given) != 1:
            source.fault("part-unknown", path, known=", ".join(kinds))
            return None
        kind, about = given[0], getattr(shape, given[0])
        if shape.by and shape.by not in segments:
            source.fault("segment-unknown", (*path, "by"), name=shape.by, known=", ".join(segments) or "none")
        if kind == "published":
            return PlannedPart(kind, about)
        question = self._question(source, about, (*path, kind))
        if question is None:
            return None
        codes = self._codes(source, shape.choices, question, (*path, "choices"))
        self._fits(source, kind, question, codes, (*path, kind))
        return PlannedPart(kind, about, codes, _group_name(codes, question), shape.by or "")

    def _fits(self, source: Source, kind: str, question: Question, codes: Sequence[int], path: Path) -> None:
        """A curve needs reply times, and shares need choices; of several choices one at a time is a share."""
        what, remedy = f"a {kind}", "name a question with choices"
        if kind == "curve":
            unfit, remedy = question.type != "reply_time", "name a question of type reply_time"
        elif question.type == "several":
            unfit, remedy = len(codes) > 1, "leave out `choices`, or name one of them"
        else:
            unfit = QUESTION_TYPES[question.type].columns(question)[0].kind != "code" or not question.choices
        if unfit:
            source.fault(
                "question-unfit", path, name=question.name, type=question.type, what=what, remedy=remedy
            )

    def truth(self, content: bytes, figures: Sequence[Figure]) -> Truth | None:
        source = self._open("synthetic.yaml", content)
        shape = shaped(source, TruthShape, source.data) if source.data is not None else None
        truth = None
        if shape is not None:
            targets = [
                self._target(source, target, figures, ("targets", index))
                for index, target in enumerate(shape.targets)
            ]
            answers, texts = self._seeds(source, shape.answers)
            truth = Truth(
                n=shape.n,
                seed=shape.seed,
                sample=shape.sample,
                targets=tuple(target for target in targets if target is not None),
                answers=answers,
                texts=texts,
                languages=shape.languages or {self.languages[0]: 1.0},
            )
            for name in shape.sample:
                self._question(source, name, ("sample", name))
        self._close(source)
        return truth

    def _target(
        self, source: Source, shape: TargetShape, figures: Sequence[Figure], path: Path
    ) -> Target | None:
        if not 0 <= shape.share <= 1:
            source.fault("share-range", (*path, "share"), key="share", value=shape.share)
        if shape.id is not None:
            figure = next((figure for figure in figures if figure.id == shape.id), None)
            if figure is None:
                known = ", ".join(figure.id for figure in figures) or "none"
                source.fault("figure-unknown", (*path, "id"), name=shape.id, known=known)
                return None
            return Target(figure.id, shape.share, figure.question, figure.codes, figure.condition)
        question = self._question(source, shape.question or "", (*path, "question"))
        if question is None:
            return None
        codes = self._codes(source, shape.choices, question, (*path, "choices"))
        condition = self._condition(source, shape.where, (*path, "where"))
        return Target(f"target {path[-1]}", shape.share, question.name, codes, condition)

    def _seeds(
        self, source: Source, answers: Mapping[str, Mapping[str, Any]]
    ) -> tuple[dict[str, dict[str, float]], dict[str, tuple[str, ...]]]:
        shares: dict[str, dict[str, float]] = {}
        texts: dict[str, tuple[str, ...]] = {}
        for name, entry in answers.items():
            question = self._question(source, name, ("answers", name))
            if question is None:
                continue
            shares[name] = {}
            for key, value in entry.items():
                path = ("answers", name, key)
                if key == "texts" and isinstance(value, list):
                    texts[name] = tuple(map(str, value))
                elif not isinstance(value, int | float) or value < 0:
                    source.fault(
                        "value-wrong", path, key=key, detail="should be a number from 0", value=value
                    )
                else:
                    shares[name][key] = float(value)
                    if key != "not_answered" and question.choices:
                        self._codes(source, [key], question, path)
        return shares, texts

    def _question(self, source: Source, name: str, path: Path) -> Question | None:
        if name in self.questions:
            return self.questions[name]
        source.fault("question-unknown", path, name=name, known=", ".join(self.questions))
        return None

    def _codes(
        self, source: Source, text: str | Sequence[str] | None, question: Question, path: Path
    ) -> tuple[int, ...]:
        if text is None:
            return ()
        try:
            codes = choice_codes(text, question)
        except ExpressionFault as fault:
            source.fault(fault.code, path, **fault.values)
            return ()
        return tuple(code for code in codes if isinstance(code, int))

    def _condition(self, source: Source, text: str | None, path: Path) -> Tree | None:
        if not text:
            return None
        try:
            return parse(text, self.questions)
        except ExpressionFault as fault:
            source.fault(fault.code, path, **fault.values)
            return None


def _group_name(codes: Sequence[int], question: Question) -> str:
    return next((name for name, members in question.groups.items() if tuple(members) == tuple(codes)), "")
