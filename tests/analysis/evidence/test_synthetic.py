"""Made-up respondents: exact shares after weighting, whole people, contradictions named."""

from __future__ import annotations

from dataclasses import replace

import pytest

from analysis.evidence.synthetic import Person, respondents
from questionnaires.expressions import evaluate
from questionnaires.formats.study_folder import study_from_files
from questionnaires.model import Missing
from questionnaires.problems import StudyFault
from questionnaires.routing import comparable, on_path
from questionnaires.study import Study, Target


def weighted_share(people: list[Person], target: Target) -> float:
    """The share of a target among those in its domain who answered, by plain arithmetic over people."""
    total = meant = 0.0
    for person in people:
        known = {n: comparable(a) for n, a in person.answers.items() if a is not Missing.NOT_ANSWERED}
        answer = person.answers.get(target.question, Missing.NOT_ASKED)
        if isinstance(answer, Missing):
            continue
        if target.condition is None or evaluate(target.condition, known) is True:
            total += person.weight
            meant += person.weight * (answer in target.codes)
    return meant / total


def with_shares(study: Study, **shares: float) -> Study:
    assert study.truth is not None
    targets = tuple(replace(t, share=shares.get(t.name, t.share)) for t in study.truth.targets)
    return replace(study, truth=replace(study.truth, targets=targets))


def test_targets_hold_within_half_a_point_after_weighting(complaint_channels: Study) -> None:
    people = respondents(complaint_channels)
    assert complaint_channels.truth is not None
    assert len(people) == complaint_channels.truth.n
    for target in complaint_channels.truth.targets:
        assert weighted_share(people, target) == pytest.approx(target.share, abs=0.005), target.name


def test_other_targets_give_other_people(complaint_channels: Study) -> None:
    changed = with_shares(complaint_channels, complain_online=0.5, reply_within_60m=0.8)
    people = respondents(changed)
    assert changed.truth is not None
    for target in changed.truth.targets:
        assert weighted_share(people, target) == pytest.approx(target.share, abs=0.005), target.name


def test_the_sample_is_as_asked_in_whole_people(complaint_channels: Study) -> None:
    people = respondents(complaint_channels)
    truth = complaint_channels.truth
    assert truth is not None
    women = sum(person.answers["gender"] == 1 for person in people)
    assert women == pytest.approx(truth.n * truth.sample["gender"]["woman"], abs=1)
    middle = sum(24 <= int(person.answers["age"]) <= 34 for person in people)  # type: ignore[arg-type]
    assert middle == pytest.approx(truth.n * truth.sample["age"]["24-34"], abs=1)


def test_the_same_seed_gives_the_same_people(complaint_channels: Study) -> None:
    first, again = respondents(complaint_channels), respondents(complaint_channels)
    assert first == again
    assert complaint_channels.truth is not None
    other = replace(complaint_channels, truth=replace(complaint_channels.truth, seed=8))
    assert respondents(other) != first


def test_only_questions_on_the_path_are_answered(complaint_channels: Study) -> None:
    for person in respondents(complaint_channels):
        settled = on_path(complaint_channels.questionnaire, person.answers)
        assert all(settled[name] is not Missing.NOT_ASKED for name in person.answers)


def test_texts_say_that_they_are_made_up(complaint_channels: Study) -> None:
    texts = [p.answers["comment"] for p in respondents(complaint_channels)]
    written = [text for text in texts if isinstance(text, str)]
    assert written
    assert all(text.startswith("[synthetic]") for text in written)


def test_an_exclusive_choice_stands_alone(complaint_channels: Study) -> None:
    none = 12
    for person in respondents(complaint_channels):
        used = person.answers["used"]
        assert isinstance(used, Missing) or none not in used or used == (none,)  # type: ignore[operator]


@pytest.mark.parametrize(
    "shares",
    [
        {"complain_online": 0.05, "complain_online_24_34": 0.60},  # 60 % of a fifth is more than 5 %
        {"reply_within_30m": 0.60, "reply_within_60m": 0.42},  # half an hour is within the hour
    ],
)
def test_contradictions_are_named_not_fudged(complaint_channels: Study, shares: dict[str, float]) -> None:
    with pytest.raises(StudyFault, match=r"synthetic.yaml: .* contradicts the other targets") as fault:
        respondents(with_shares(complaint_channels, **shares))
    assert fault.value.problems[0].code == "share-infeasible"


def test_a_study_without_seeds_or_population(files: dict[str, bytes]) -> None:
    """Where nothing is said every choice is equally likely, and nobody is weighted."""
    truth = b"n: 90\nseed: 1\nsample: {channel: {phone: 0.5, chat: 0.5}}\n"
    study = study_from_files({**files, "synthetic.yaml": truth})
    people = respondents(study)
    assert sum(person.answers["channel"] == 8 for person in people) == 45
    assert {person.weight for person in people} == {1.0}
    waits = [person.answers["wait"] for person in people]
    assert {code: waits.count(code) for code in (1, 2, 3, 4, 5)} == {1: 18, 2: 18, 3: 18, 4: 18, 5: 18}


def test_a_study_without_a_truth_is_refused(small: Study) -> None:
    with pytest.raises(StudyFault, match=r"synthetic.yaml: the file is missing"):
        respondents(small)


def test_the_smallest_contradiction_is_named_with_what_is_left(complaint_channels: Study) -> None:
    with pytest.raises(StudyFault) as fault:
        respondents(with_shares(complaint_channels, reply_within_30m=0.60, reply_within_60m=0.42))
    detail = str(fault.value.problems[0])
    assert 'the share 0.6 of "reply_within_30m" contradicts' in detail
    assert "they leave 0.000 to 0.420" in detail
    assert "they leave 0.600 to 1.000" in detail
    assert "complain_online" not in detail  # of another question, and not to blame


def test_an_answer_that_nobody_is_to_give_cannot_have_a_share(complaint_channels: Study) -> None:
    """A seed of 0 is a share that cannot be raised: the target alone is to blame."""
    assert complaint_channels.truth is not None
    channel = {**complaint_channels.truth.answers["channel"], "letter": 0.0}
    answers = {**complaint_channels.truth.answers, "channel": channel}
    letter = next(
        c.code for c in complaint_channels.questionnaire.question("channel").choices if c.name == "letter"
    )
    wanted = Target("by letter", 0.3, "channel", (letter,), None)
    truth = replace(
        complaint_channels.truth, answers=answers, targets=(*complaint_channels.truth.targets, wanted)
    )
    with pytest.raises(StudyFault) as fault:
        respondents(replace(complaint_channels, truth=truth))
    assert 'the share 0.3 of "by letter" contradicts' in str(fault.value.problems[0])
    assert "they leave 0.000 to 0.000" in str(fault.value.problems[0])
    assert "complain_online" not in str(fault.value.problems[0])
