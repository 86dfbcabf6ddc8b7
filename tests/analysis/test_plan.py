"""From a snapshot to findings: what was answered in the form comes out as shares with their bases."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from analysis.estimators.proportion import Answer as Share
from analysis.findings import Curve, Published, Shares, Verdict
from analysis.plan import run, shifted, weigh
from analysis.problems import DataProblem
from analysis.table.responses import read_snapshot
from questionnaires.expressions import parse
from questionnaires.formats.study_folder import study_from_files
from questionnaires.model import Answer, Missing
from questionnaires.routing import pages
from questionnaires.study import Study
from survey_app.config import read_settings
from survey_app.storage import fieldwork
from survey_app.storage.collect import Collector
from survey_app.storage.opening import open_database
from survey_app.storage.posts import PagePost
from survey_app.storage.snapshot import take

PUBLISHED = b"""
- {id: online, value: 0.5, n: 100, question: channel, choices: group("online"), source: x}
- {id: online_young, value: 0.9, question: channel, choices: group("online"), where: age < 40, source: x}
- {id: within_hour, value: 0.2, question: wait, choices: within("60 min"), source: x}
"""
REPORT = b"""
segments: {age: {from: age, bands: [18-39, 40+]}, channel: {from: channel}}
parts:
  - {headline: channel, choices: group("online"), by: age}
  - {chart: wait, by: channel}
  - {curve: wait}
  - {published: all}
  - {chart: used, by: age}
"""
POPULATION = b"""
population: everybody
source: made up
bands: {age: [18-39, 40+]}
margins: {age: {18-39: 0.5, 40+: 0.5}}
"""
PEOPLE: list[dict[str, Answer]] = [
    *[{"age": 25, "channel": 1, "platform": 1, "used": (1,), "wait": 1}] * 12,
    *[{"age": 30, "channel": 8, "used": (1, 2), "wait": 2}] * 4,
    *[{"age": 50, "channel": 2, "platform": Missing.DONT_KNOW, "used": (9,), "wait": 3}] * 6,
    *[{"age": 60, "channel": 8, "wait": Missing.NOT_ANSWERED}] * 12,
    *[{"age": Missing.PREFER_NOT, "channel": 8, "wait": 5}] * 6,
]


@pytest.fixture
def study(files: dict[str, bytes]) -> Study:
    return study_from_files(
        {**files, "published.yaml": PUBLISHED, "report.yaml": REPORT, "population.yaml": POPULATION}
    )


@pytest.fixture
def snapshot(study: Study, tmp_path: Path) -> Path:
    """The people's answers, kept by the real writer and taken out by the real snapshot."""
    engine = open_database(read_settings({}, data=tmp_path / "data").database_url)
    fieldwork.publish(engine, study, 0)
    collector = Collector(engine)
    for number, answers in enumerate(PEOPLE):
        for page in pages(study.questionnaire):
            key = f"{number:031x}{page.number}"
            given = {q.name: answers.get(q.name, Missing.NOT_ANSWERED) for q in page.questions}
            collector.keep(
                PagePost(key, f"{number:032x}", study.name, study.version, False, page.name,
                         given, "en", page.number == 2, 1000 + number)
            )  # fmt: skip
    collector.close()
    folder = take(engine, study, tmp_path / "snapshots", datetime(2026, 11, 22, tzinfo=UTC))
    engine.dispose()
    return folder


def test_weighted_shares_by_hand(snapshot: Path) -> None:
    """40 people: 16 young, 18 older, 6 who gave no age and keep 6/40 of the weight.

    Young: 12 of 16 online, older 6 of 18, no age 0 of 6. The margin halves what the 6 leave:
    0.425 · 12/16 + 0.425 · 6/18 + 0.15 · 0 = 0.4604.
    """
    shares = run(read_snapshot(snapshot)).parts[0]
    assert isinstance(shares, Shares)
    everyone, young, older = shares.estimates
    assert everyone.share == pytest.approx(0.425 * 12 / 16 + 0.425 * 6 / 18)
    assert (everyone.segment, everyone.choice, everyone.base) == ("all", "online", 40)
    assert (young.segment, young.share, young.base) == ("18-39", pytest.approx(0.75), 16)
    assert (older.segment, older.share, older.base) == ("40+", pytest.approx(1 / 3), 18)
    for estimate in shares.estimates:
        assert estimate.low is not None
        assert estimate.high is not None
        assert estimate.low < (estimate.share or 0) < estimate.high


def test_published_against_ours(snapshot: Path) -> None:
    published = run(read_snapshot(snapshot)).parts[3]
    assert isinstance(published, Published)
    online, young, hour = published.comparisons
    assert (online.verdict, online.estimate.base) == (Verdict.CONSISTENT, 40)
    assert young.estimate.share == pytest.approx(0.75)
    assert young.estimate.base == 16
    assert hour.estimate.base == 28  # those who gave a time; 12 did not answer
    assert hour.verdict is Verdict.NOT_CHECKABLE  # outside our interval, but its n is unknown


def test_curve_and_segments_of_a_choice(snapshot: Path) -> None:
    findings = run(read_snapshot(snapshot))
    curve, by_channel = findings.parts[2], findings.parts[1]
    assert isinstance(curve, Curve)
    assert isinstance(by_channel, Shares)
    assert [p.cumulative.base for p in curve.points] == [28, 28, 28]
    assert (curve.points[0].cumulative.share or 0) < (curve.points[1].cumulative.share or 0)
    assert [e.segment for e in by_channel.estimates][::5] == ["all", "post", "chat", "phone"]


def test_a_question_with_several_answers(snapshot: Path) -> None:
    """22 answered it: e-mail was ticked by all 16 young, by none of the 6 older people."""
    used = run(read_snapshot(snapshot)).parts[4]
    assert isinstance(used, Shares)
    found = {(e.choice, e.segment): (e.share, e.base) for e in used.estimates}
    assert found["email", "18-39"] == (1.0, 16)
    assert found["email", "40+"] == (0.0, 6)
    assert found["phone", "18-39"] == (pytest.approx(0.25), 16)
    assert found["none", "all"][1] == 22


def test_kept_categories_have_an_interval(snapshot: Path) -> None:
    """Those who gave no age keep their sample share: it is estimated, not known."""
    weighted = weigh(read_snapshot(snapshot))
    age = weighted.responses.study.questionnaire.question("channel")
    by_no_age = weighted.estimate(age, [Share("phone", shifted([8]))])
    assert (by_no_age[0].se or 0) > 0
    assert weighted.raking is not None
    given = next(margin for margin in weighted.raking.targets if margin.variable == "age")
    assert given.shares["not given"] == pytest.approx(0.15)


def test_topline_counts_every_answer_and_every_kind_of_missing(snapshot: Path) -> None:
    topline = {top.question.name: top for top in run(read_snapshot(snapshot)).topline}
    platform = {row.choice: row.n for row in topline["platform"].rows}
    assert platform == {"facebook": 12, "x": 0, "not_asked": 22, "dont_know": 6}
    assert topline["platform"].people == 18
    used = {row.choice: (row.n, row.estimate.base if row.estimate else None) for row in topline["used"].rows}
    assert used["email"] == (16, 22)
    assert used["not_answered"] == (18, None)
    age = {row.choice: row.n for row in topline["age"].rows}
    assert age == {"answered": 34, "prefer_not": 6}
    assert {row.choice: row.n for row in topline["comment"].rows} == {"answered": 0, "not_answered": 40}


def test_weighting_is_told(snapshot: Path) -> None:
    weighting = run(read_snapshot(snapshot)).weighting
    assert weighting is not None
    assert weighting.at_sample_share == {"age": {"not given": pytest.approx(6 / 40)}}
    assert weighting.design_effect > 1


def test_where_is_decided_by_the_one_rule_engine(snapshot: Path, study: Study) -> None:
    responses = read_snapshot(snapshot)
    questions = {q.name: q for q in study.questionnaire}

    def count(text: str) -> int:
        return int(responses.where(parse(text, questions)).sum())

    assert count("age >= 40") == 18
    assert count("not age >= 40") == 16  # those who gave no age are unknown, not young
    assert count('"email" in used') == 16
    assert count('platform == "dont_know"') == 6
    assert count("count(used) == 0") == 18
    assert int(responses.where(None).sum()) == 40


def test_snapshot_problems(snapshot: Path, tmp_path: Path) -> None:
    with pytest.raises(DataProblem, match="manifest") as problem:
        read_snapshot(tmp_path)
    assert problem.value.code == "snapshot_missing"
    manifest = json.loads((snapshot / "manifest.json").read_text())
    (snapshot / "report.yaml").write_bytes(REPORT + b"#")
    with pytest.raises(DataProblem, match=r"report\.yaml") as problem:
        read_snapshot(snapshot)
    assert problem.value.code == "snapshot_altered"
    (snapshot / "manifest.json").write_text(json.dumps({**manifest, "schema_version": 99}))
    with pytest.raises(DataProblem, match="99") as problem:
        read_snapshot(snapshot)
    assert problem.value.code == "snapshot_schema"


def test_a_snapshot_without_its_columns(snapshot: Path) -> None:
    import hashlib

    import pyarrow.parquet as pq

    part = snapshot / "responses" / "part-00000.parquet"
    pq.write_table(pq.read_table(part).drop_columns(["channel"]), part)
    manifest = json.loads((snapshot / "manifest.json").read_text())
    manifest["files"]["responses/part-00000.parquet"] = hashlib.sha256(part.read_bytes()).hexdigest()
    (snapshot / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(DataProblem, match="'channel'") as problem:
        read_snapshot(snapshot)
    assert problem.value.code == "snapshot_column"


def test_nobody_finished(study: Study, tmp_path: Path) -> None:
    engine = open_database(read_settings({}, data=tmp_path / "data").database_url)
    fieldwork.publish(engine, study, 0)
    folder = take(engine, study, tmp_path / "snapshots", datetime(2026, 11, 22, tzinfo=UTC))
    engine.dispose()
    with pytest.raises(DataProblem, match="no finished response") as problem:
        run(read_snapshot(folder))
    assert problem.value.code == "snapshot_empty"
