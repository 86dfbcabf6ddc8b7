"""A study folder → Study, or every fault of all its files at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path as FilePath
from typing import Any
from zoneinfo import ZoneInfo

from questionnaires.bands import Band, parse_band
from questionnaires.expressions import ExpressionFault, Tree, choice_codes, parse
from questionnaires.formats.draft import complete
from questionnaires.formats.shapes import (
    AnyShape,
    FigureShape,
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
PART_KINDS = ("headline", "chart", "curve", "published")


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
    folder = _Folder(files, questionnaire, source)
    record = folder.record()
    # What the other files name stands in the questionnaire: without it, every name would be a fault.
    if questionnaire is None:
        raise StudyFault(folder.problems())
    population = folder.population() if "population.yaml" in files else None
    published = folder.published() if "published.yaml" in files else ()
    report = folder.report() if "report.yaml" in files else None
    truth = folder.truth(published) if "synthetic.yaml" in files else None
    problems = folder.problems()
    if problems or record is None:
        raise StudyFault(problems)
    return Study(record, questionnaire, dict(files), population, published, report, truth)


class _Folder:
    """Reads the files beside the questionnaire; what they name must be there."""

    def __init__(
        self, files: Mapping[str, bytes], questionnaire: Questionnaire | None, source: Source
    ) -> None:
        self.files = files
        self.sources = [source]
        self.has_questionnaire = questionnaire is not None
        self.questions: Mapping[str, Question] = questionnaire.by_name if questionnaire else {}
        self.languages: Sequence[str] = questionnaire.languages if questionnaire else ("en",)

    def problems(self) -> list[Problem]:
        """Return the problems of all files that were read so far."""
        return [problem for source in self.sources for problem in source.problems]

    def _open(self, file: str) -> Source:
        source = read_yaml(file, self.files[file])
        self.sources.append(source)
        return source

    def _shaped(self, file: str, shape: type[AnyShape]) -> tuple[Source, AnyShape | None]:
        source = self._open(file)
        return source, shaped(source, shape, source.data) if source.data is not None else None

    def record(self) -> Record | None:
        source, shape = self._shaped("study.yaml", RecordShape)
        if shape is None:
            return None
        values = shape.model_dump()
        if self.has_questionnaire:
            values["title"] = complete(source, self.languages, shape.title, ("title",))
        try:
            ZoneInfo(shape.zone)
        except (KeyError, ValueError, OSError):
            source.fault("value-wrong", ("zone",), key="zone", value=shape.zone,
                         detail="should be a time zone such as Europe/Kyiv")  # fmt: skip
        if shape.open and shape.close and str(shape.close) <= str(shape.open):
            source.fault("dates-order", ("close",), open=shape.open, close=shape.close)
        for key, column in shape.design.items():
            if column is not None:
                source.fault("design-column", ("design", key), key=key, value=column)
        return Record(**{**values, "quasi_identifiers": tuple(shape.quasi_identifiers)})

    def population(self) -> Population | None:
        source, shape = self._shaped("population.yaml", PopulationShape)
        if shape is None:
            return None
        bands = {name: self._bands(source, labels, ("bands", name)) for name, labels in shape.bands.items()}
        for name, margin in shape.margins.items():
            path = ("margins", name)
            question = self._question(source, name, path)
            if question is not None:
                labels = {band.label for band in bands.get(name, ())} or {c.name for c in question.choices}
                for category in margin:
                    if category not in labels:
                        source.fault("choice-unknown", (*path, category), choice=category, question=name,
                                     known=", ".join(sorted(labels)))  # fmt: skip
            if abs(sum(margin.values()) - 1) > 0.005:
                source.fault("margin-sum", path, name=name, total=f"{sum(margin.values()):.4f}")
        return Population(shape.population, shape.source, shape.date, bands, shape.margins)

    def _bands(self, source: Source, labels: Sequence[str], path: Path) -> tuple[Band, ...]:
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

    def published(self) -> tuple[Figure, ...]:
        source = self._open("published.yaml")
        items = source.data if isinstance(source.data, list) else []
        if source.data is not None and not isinstance(source.data, list):
            source.fault("value-wrong", (), key="file", detail="should be a list of figures", value="…")
        figures = [self._figure(source, item, (index,)) for index, item in enumerate(items)]
        return tuple(figure for figure in figures if figure is not None)

    def _figure(self, source: Source, data: Any, path: Path) -> Figure | None:
        shape = shaped(source, FigureShape, data, path)
        question = self._question(source, shape.question, (*path, "question")) if shape else None
        if shape is None or question is None:
            return None
        codes = self._codes(source, shape.choices, question, (*path, "choices"))
        self._fits(source, "figure", question, codes, (*path, "question"))
        if shape.value is not None and not 0 <= shape.value <= 1:
            source.fault("share-range", (*path, "value"), key="value", value=shape.value)
        text = dict.fromkeys(self.languages, shape.id)
        if shape.text:
            text = dict(complete(source, self.languages, shape.text, (*path, "text")))
        alike = {"id", "value", "n", "question", "source", "rank", "reading", "source_reading"}
        return Figure(
            **shape.model_dump(include=alike),
            text=text,
            codes=codes,
            condition=self._condition(source, shape.where, (*path, "where")),
            known=tuple(shape.known),
            unknown=tuple(shape.unknown),
            note=complete(source, self.languages, shape.note, (*path, "note"), required=False),
            beside=self._codes(source, shape.beside, question, (*path, "beside")),
        )

    def report(self) -> ReportPlan | None:
        source, shape = self._shaped("report.yaml", ReportShape)
        if shape is None:
            return None
        segments = {}
        for name, segment in shape.segments.items():
            self._question(source, segment.from_, ("segments", name, "from"))
            bands = self._bands(source, segment.bands, ("segments", name, "bands"))
            segments[name] = SegmentPlan(name, segment.from_, bands)
        parts = []
        for index, part in enumerate(shape.parts):
            path = ("parts", index)
            subjects = {kind: getattr(part, kind) for kind in PART_KINDS if getattr(part, kind) is not None}
            if len(subjects) != 1:
                source.fault("part-unknown", path, known=", ".join(PART_KINDS))
                continue
            ((kind, about),) = subjects.items()
            if part.by and part.by not in segments:
                known_segments = ", ".join(segments) or "none"
                source.fault("segment-unknown", (*path, "by"), name=part.by, known=known_segments)
            if kind == "published":
                parts.append(PlannedPart(kind, about))
                continue
            question = self._question(source, about, (*path, kind))
            if question is not None:
                codes = self._codes(source, part.choices, question, (*path, "choices"))
                self._fits(source, kind, question, codes, (*path, kind))
                group = next((name for name, members in question.groups.items() if members == codes), "")
                parts.append(PlannedPart(kind, about, codes, group, part.by or ""))
        return ReportPlan(segments, tuple(parts))

    def _fits(self, source: Source, kind: str, question: Question, codes: Sequence[int], path: Path) -> None:
        """Check that a curve has reply times, that shares have choices, and that of several choices one is named."""
        remedy = "name a question with choices"
        if kind == "curve":
            unfit, remedy = question.type != "reply_time", "name a question of type reply_time"
        elif question.type == "several":
            unfit, remedy = len(codes) > 1, "leave out `choices`, or name one of them"
        else:
            unfit = QUESTION_TYPES[question.type].columns(question)[0].kind != "code" or not question.choices
        if unfit:
            source.fault("question-unfit", path, name=question.name, type=question.type, what=f"a {kind}",
                         remedy=remedy)  # fmt: skip

    def truth(self, figures: Sequence[Figure]) -> Truth | None:
        source, shape = self._shaped("synthetic.yaml", TruthShape)
        if shape is None:
            return None
        targets = [
            self._target(source, target, figures, ("targets", index))
            for index, target in enumerate(shape.targets)
        ]
        answers, texts = self._foreseen(source, shape.answers)
        for name in shape.sample:
            self._question(source, name, ("sample", name))
        return Truth(
            n=shape.n,
            seed=shape.seed,
            sample=shape.sample,
            targets=tuple(target for target in targets if target is not None),
            answers=answers,
            texts=texts,
            languages=shape.languages or {self.languages[0]: 1.0},
        )

    def _target(
        self, source: Source, shape: TargetShape, figures: Sequence[Figure], path: Path
    ) -> Target | None:
        if not 0 <= shape.share <= 1:
            source.fault("share-range", (*path, "share"), key="share", value=shape.share)
        if shape.id is not None:
            by_id = {figure.id: figure for figure in reversed(figures)}
            if shape.id not in by_id:
                ids = ", ".join(figure.id for figure in figures) or "none"
                source.fault("figure-unknown", (*path, "id"), name=shape.id, known=ids)
                return None
            figure = by_id[shape.id]
            return Target(figure.id, shape.share, figure.question, figure.codes, figure.condition)
        question = self._question(source, shape.question or "", (*path, "question"))
        if question is None:
            return None
        codes = self._codes(source, shape.choices, question, (*path, "choices"))
        condition = self._condition(source, shape.where, (*path, "where"))
        return Target(f"target {path[-1]}", shape.share, question.name, codes, condition)

    def _foreseen(
        self, source: Source, answers: Mapping[str, Mapping[str, Any]]
    ) -> tuple[dict[str, dict[str, float]], dict[str, tuple[str, ...]]]:
        """Return the shares of choices or bands, and the texts, that made-up people answer with."""
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
                    detail = "should be a number from 0"
                    source.fault("value-wrong", path, key=key, detail=detail, value=value)
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
