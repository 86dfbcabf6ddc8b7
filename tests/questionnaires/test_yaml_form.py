"""A broken study file: every fault at once, each with its file, its line and what to do."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from questionnaires.formats.study_folder import read_study, study_from_files
from questionnaires.model import Apart, Interval
from questionnaires.problems import CATALOGUE, StudyFault
from questionnaires.study import Study

RECORD = "title: x\nmode: web\nframe: x\nsample: census\nretention: 2027-12-31\n"


def faults(files: dict[str, bytes]) -> list[str]:
    """The messages of a broken study, in order."""
    with pytest.raises(StudyFault) as fault:
        study_from_files(files)
    return [str(problem) for problem in fault.value.problems]


def codes(files: dict[str, bytes]) -> list[str]:
    with pytest.raises(StudyFault) as fault:
        study_from_files(files)
    return [problem.code for problem in fault.value.problems]


def edited(files: dict[str, bytes], *edits: tuple[str, str]) -> dict[str, bytes]:
    """The files with texts of the questionnaire replaced, each of which must be there."""
    text = files["questionnaire.yaml"].decode()
    for old, new in edits:
        assert old in text
        text = text.replace(old, new, 1)
    return {**files, "questionnaire.yaml": text.encode()}


def line_of(files: dict[str, bytes], text: str) -> int:
    lines = files["questionnaire.yaml"].decode().splitlines()
    return next(number for number, line in enumerate(lines, start=1) if text in line)


def test_five_faults_at_once_each_on_its_line(files: dict[str, bytes]) -> None:
    """The five faults of a broken study file, together."""
    broken = edited(
        files,
        ("type: number", "type: numbr"),
        ("- name: used", "- name: channel"),
        ('ask_if: channel in group("online")', 'ask_if: chanel in group("online")'),
        ("text: {en: How soon?, uk: Як скоро?}", "text: {en: How soon?}"),
        ("max_length: 50", "max_length: 50\n        max_length: 60"),
    )
    messages = faults(broken)
    assert set(codes(broken)) == {
        "type-unknown", "name-unknown", "name-repeated", "text-missing", "key-duplicate",
    }  # fmt: skip
    expected = [
        ("type: numbr", 'question "age": unknown type "numbr"; use one of: single'),
        ("ask_if: chanel", 'question "platform": there is no question "chanel" before this one'),
        ("type: several", 'question "channel": the name "channel" is used twice; give each'),
        ("text: {en: How soon?}", 'question "wait": text has no text in "uk"; add the translation'),
        ("max_length: 60", 'question "comment": the key "max_length" stands twice; keep one'),
    ]
    for message, (where, what) in zip(messages, expected, strict=True):
        line = line_of(broken, where) - (1 if where == "type: several" else 0)
        assert message.startswith(f"questionnaire.yaml:{line}: {what}"), message


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("name: small", "name: Small Study", "name-form"),
        ("- name: age", "- name: 1age", "name-form"),
        ("- name: age", "- name: csrf_token", "name-reserved"),
        ("- name: more", "- name: start", "name-repeated"),
        ("languages: [en, uk]", "languages: [en, uk, xx]", "language-unknown"),
        ("text: {en: Phone, uk: Телефон}", "text: {en: Phone, uk: Телефон, ru: Телефон}", "text-language"),
        ("type: number\n", "type: number\n        choices: [{code: 1, text: {en: a, uk: b}}]\n", "type-key"),
        ("        type: text\n", "        type: single\n", "type-needs"),
        ("code: 8, name: phone", "code: 1, name: phone", "choice-repeated"),
        ("code: 8, name: phone", "code: 8, name: chat", "choice-repeated"),
        ("code: 8, name: phone", "code: -8, name: phone", "code-negative"),
        ("minimum: 18", "minimum: -1", "range-negative"),
        ("minimum: 18", "minimum: 180", "range-empty"),
        ("upto: 30 min", "upto: soon", "interval-limit"),
        ("upto: 30 min", "upto: 2 h", "interval-order"),
        ("        required: true\n", "        requird: true\n", "key-unknown"),
        ("        required: true\n", "        required: perhaps\n", "value-wrong"),
        ("        type: number\n", "", "key-missing"),
        ("    title: {en: More, uk: Ще}\n", "", "key-missing"),
        ('ask_if: channel in group("online")', "ask_if: channel in", "expression-syntax"),
        ('ask_if: channel in group("online")', "ask_if: exec(channel)", "expression-unknown"),
        ('ask_if: channel in group("online")', 'ask_if: channel in group("off")', "group-unknown"),
        ('ask_if: channel in group("online")', 'ask_if: channel == "fax"', "choice-unknown"),
        ('ask_if: channel in group("online")', 'ask_if: wait in within("30 min")', "name-unknown"),
        ("name: small", 'name: "small', "yaml-syntax"),
        ("{en: More, uk: Ще}", "&title {en: More, uk: Ще}\n    intro: *title", "yaml-alias"),
    ],
)
def test_fault(files: dict[str, bytes], old: str, new: str, code: str) -> None:
    found = faults(edited(files, (old, new)))
    assert code in codes(edited(files, (old, new))), found
    assert all(re.match(r"[a-z]+\.yaml:\d+: .+; .+", message) for message in found), found


@pytest.mark.parametrize(
    ("name", "text", "code"),
    [
        ("study.yaml", "title: x", "key-missing"),
        ("study.yaml", "title: x\nsample: some", "value-wrong"),
        ("study.yaml", "[]", "value-wrong"),
        (
            "study.yaml",
            RECORD + "zone: UTC\nopen: 2026-12-02T08:00\nclose: 2026-12-01T08:00",
            "dates-order",
        ),
        (
            "study.yaml",
            RECORD + "zone: UTC\ndesign: {weight: w}",
            "design-column",
        ),
        (
            "study.yaml",
            RECORD + "zone: Here",
            "value-wrong",
        ),
        ("study.yaml", "\xff", "file-encoding"),
        ("study.yaml", "[" * 25 + "]" * 25, "yaml-deep"),
        ("study.yaml", "#" * 3_000_000, "file-large"),
        ("population.yaml", "population: x\nsource: x\nmargins: {agee: {a: 1}}", "question-unknown"),
        ("population.yaml", "population: x\nsource: x\nmargins: {channel: {fax: 1}}", "choice-unknown"),
        ("population.yaml", "population: x\nsource: x\nmargins: {channel: {phone: 0.8}}", "margin-sum"),
        ("population.yaml", "population: x\nsource: x\nbands: {age: [18to23]}\nmargins: {}", "band-form"),
        (
            "population.yaml",
            "population: x\nsource: x\nbands: {age: [18-23, 23+]}\nmargins: {}",
            "band-overlap",
        ),
        ("published.yaml", "- {id: a, question: fax, choices: [x], source: x}", "question-unknown"),
        ("published.yaml", "- {id: a, question: channel, choices: [fax], source: x}", "choice-unknown"),
        (
            "published.yaml",
            "- {id: a, question: channel, choices: [chat], source: x, value: 34}",
            "share-range",
        ),
        ("published.yaml", '- {id: a, question: wait, choices: within("2 h"), source: x}', "limit-unknown"),
        (
            "published.yaml",
            "- {id: a, question: wait, choices: [day], source: x, where: fax > 1}",
            "name-unknown",
        ),
        ("published.yaml", "id: a", "value-wrong"),
        ("report.yaml", "parts: [{chart: fax}]", "question-unknown"),
        ("report.yaml", "parts: [{}]", "part-unknown"),
        ("report.yaml", "parts: [{chart: age}]", "question-unfit"),
        ("report.yaml", "parts: [{curve: channel}]", "question-unfit"),
        ("report.yaml", "parts: [{chart: used, choices: [email, phone]}]", "question-unfit"),
        ("published.yaml", "- {id: a, question: comment, choices: [], source: x}", "question-unfit"),
        ("report.yaml", "parts: [{chart: channel, by: age}]", "segment-unknown"),
        ("synthetic.yaml", "n: 5\nseed: 1\nsample: {}\ntargets: [{id: a, share: 0.1}]", "figure-unknown"),
        ("synthetic.yaml", "n: 5\nseed: 1\nsample: {}\nanswers: {channel: {phone: -1}}", "value-wrong"),
        ("synthetic.yaml", "n: 5\nseed: 1\nsample: {}\nanswers: {channel: {fax: 1}}", "choice-unknown"),
    ],
)
def test_fault_beside_the_questionnaire(files: dict[str, bytes], name: str, text: str, code: str) -> None:
    broken = {**files, name: text.encode("latin-1")}
    assert code in codes(broken), faults(broken)
    assert all(message.startswith(name) for message in faults(broken))


def test_missing_file(tmp_path: Path) -> None:
    with pytest.raises(StudyFault, match=r"questionnaire.yaml: the file is missing; create it") as fault:
        read_study(tmp_path)
    assert {problem.code for problem in fault.value.problems} == {"file-missing"}


def test_long_condition(files: dict[str, bytes]) -> None:
    long = "ask_if: age > 1" + " + 1" * 700
    assert "expression-long" in codes(edited(files, ('ask_if: channel in group("online")', long)))


def test_every_code_is_raised_by_a_test() -> None:
    here = Path(__file__).parent.parent
    tests = "".join(path.read_text(encoding="utf-8") for path in here.rglob("test_*.py"))
    assert [code for code in CATALOGUE if f'"{code}"' not in tests] == []


def test_a_near_key_is_suggested(files: dict[str, bytes]) -> None:
    message = faults(edited(files, ("        required: true\n", "        requird: true\n")))[0]
    assert message.endswith('question "age": unknown key "requird"; did you mean "required"?')


def test_one_wrong_key_hides_no_neighbour(files: dict[str, bytes]) -> None:
    broken = edited(
        files, ("        required: true\n", "        requird: true\n"), ("minimum: 18", "minimum: 180")
    )
    assert codes(broken) == ["range-empty", "key-unknown"]


def test_yaml_surprises_stay_what_was_written(files: dict[str, bytes]) -> None:
    """`no` is a name, not false; a date in a text is no date."""
    edits = (("name: post,", "name: no,"), ("{en: A post, uk: Допис}", "{en: 2012-07-01, uk: no}"))
    channel = study_from_files(edited(files, *edits)).questionnaire.question("channel")
    assert (channel.choices[0].name, channel.choices[0].text) == ("no", {"en": "2012-07-01", "uk": "no"})


def test_intervals(small: Study) -> None:
    """Limits become minutes, open on the left and closed on the right; words come where none are given."""
    wait = small.questionnaire.question("wait")
    intervals = [choice for choice in wait.choices if isinstance(choice, Interval)]
    assert [(i.start, i.upto) for i in intervals[:4]] == [(0, 30), (30, 60), (60, 840), (840, float("inf"))]
    assert intervals[4].aside is Apart.NO_REPLY
    assert [i.name for i in intervals] == ["upto_30", "upto_60", "day", "longer", "no_reply"]
    assert intervals[0].text["en"].lower() == "up to 30 minutes"
    assert intervals[1].text["en"].lower() == "more than 30 minutes, up to 1 hour"
    assert all(i.text["uk"] for i in intervals)


def test_library_studies_have_no_fault(library: Path) -> None:
    for folder in library.iterdir():
        if (folder / "study.yaml").is_file():
            read_study(folder)


def test_figures_bind_their_codes(complaint_channels: Study) -> None:
    figures = {figure.id: figure for figure in complaint_channels.published}
    reply = complaint_channels.questionnaire.question("reply_social")
    within = [c.code for c in reply.choices if isinstance(c, Interval) and c.aside is None and c.upto <= 60]
    assert figures["reply_within_60m"].codes == tuple(within)
    assert len(figures["complain_online"].codes) == 6
    assert len(figures["complain_online"].beside) == 7
