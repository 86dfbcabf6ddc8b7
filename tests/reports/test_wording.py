"""The rules that ration words: what a sentence may claim, and when."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from analysis.estimate import Estimate
from analysis.findings import Findings, Published, PublishedComparison, Shares, Verdict
from questionnaires.study import Study
from reports.naming import Voice, band_label, group_name, segment_people, within
from reports.outline import outline
from reports.ranking import standing
from reports.report import KeyNumber, KeyNumbers, Report, Table
from reports.wording import (
    curve_title,
    held_published,
    leader_title,
    lowered,
    predicate,
    printed,
    published_title,
    reading_cumulative,
    reading_exclusive,
    share_text,
    size_words,
    sure,
    verdict_words,
)

Maker = Callable[..., Estimate]
EN, UK, RU = (Voice(language, "nonprobability") for language in ("en", "uk", "ru"))


def test_a_share_with_its_interval(estimated: Maker) -> None:
    assert printed(EN, estimated(0.34, 2030)).text == "34% (32\u2060–\u206036)"
    assert printed(RU, estimated(0.34, 2030)).text == "34\u00a0% (32\u2060–\u206036)"


def test_nobody_is_none_of_how_many(estimated: Maker) -> None:
    assert printed(EN, estimated(0.0, 120)).text == "none of 120 (at most 2%)"
    assert printed(UK, estimated(0.0, 120)).text == "ніхто з 120 (щонайбільше 2%)"
    assert printed(EN, estimated(0.0, 2000)).text == "none of 2,000 (at most 1%)"


def test_small_bases_lose_their_number_or_are_marked(estimated: Maker) -> None:
    assert printed(EN, estimated(0.3, 9)).text == "Hidden to protect respondents"
    assert printed(RU, estimated(None, 0)).text == "Слишком мало ответов, чтобы привести число"
    assert printed(EN, estimated(0.3, 25)).text.endswith("[u]")


def test_a_share_that_is_not_quite_nothing_or_all() -> None:
    assert share_text(EN, 0.002) == "under 1%"
    assert share_text(UK, 0.998) == "понад 99%"
    assert share_text(EN, 1.0) == "100%"


@pytest.mark.parametrize(
    ("share", "base", "words"),
    [
        (0.60, 400, "A majority: the whole interval lies above 50%."),
        (0.52, 400, ""),  # the interval reaches below a half
        (0.505, 2000, "About half."),
        (0.50, 60, ""),  # wider than 10 points
        (0.34, 2000, "About a third."),
        (0.36, 2000, ""),  # more than a point away
        (0.44, 2000, "Fewer than half: the whole interval lies below 50%."),
        (0.10, 2000, ""),
    ],
)
def test_landmarks_only_where_the_interval_allows(
    estimated: Maker, share: float, base: int, words: str
) -> None:
    assert size_words(EN, estimated(share, base)) == words


def test_a_first_place_needs_a_difference_that_survives(estimated: Maker) -> None:
    clear = standing([estimated(0.31, 2030), estimated(0.23, 2030)], same_people=True)
    assert clear is not None
    assert (
        leader_title(EN, clear, ("Phone", "E-mail")) == "Phone comes first with 31%; next is E-mail with 23%"
    )


@pytest.mark.parametrize("voice", [EN, UK, RU])
def test_no_rank_words_where_answers_tie(estimated: Maker, voice: Voice) -> None:
    tie = standing([estimated(0.23, 2030), estimated(0.22, 2030)], same_people=True)
    assert tie is not None
    title = leader_title(voice, tie, ("E-mail", "Facebook"))
    assert not any(
        word in title.lower() for word in ("first", "more", "most", "перш", "більш", "перв", "больш")
    )
    assert "\u22122" in title and "+4" in title  # −2 to +4 points


def test_a_tie_of_many_names_no_first_place(estimated: Maker) -> None:
    tie = standing([estimated(p, 200) for p in (0.23, 0.22, 0.21)], same_people=True)
    assert tie is not None
    assert (
        leader_title(EN, tie, ("A", "B"))
        == "A (23%) is level with 2 more answers: this survey names no first place"
    )
    assert "іще з 2 варіантами" in leader_title(UK, tie, ("А", "Б"))


def test_the_highest_group_leads_only_if_it_differs_from_every_other(
    findings: Findings, with_ages: Callable[..., Findings]
) -> None:
    clear = outline(findings, "en")
    assert clear.slides[0].title == (
        "34% of those who answered would complain online; among respondents aged 24\u2060–\u206034 it is 60%"
    )
    level = outline(with_ages({"18-23": (0.55, 214), "24-34": (0.58, 371), "65+": (0.14, 378)}), "en")
    assert level.slides[0].title == "34% of those who answered would complain online"
    assert level.slides[2].title == (
        "From 14% of respondents aged 65 and over to 58% of respondents aged 24\u2060–\u206034; "
        "the highest groups are level"
    )
    same = outline(with_ages({"18-23": (0.33, 214), "24-34": (0.35, 371)}), "ru")
    assert same.slides[2].title == "Различий между группами этот опрос не обнаружил"


def test_small_groups_never_stand_in_a_headline(with_ages: Callable[..., Findings]) -> None:
    report = outline(with_ages({"18-23": (0.95, 20), "24-34": (0.35, 371), "35-44": (0.33, 352)}), "en")
    assert "95%" not in report.slides[0].title + report.slides[2].title


def test_volunteers_speak_for_themselves(study: Study, findings: Findings) -> None:
    for language, words in (
        ("en", "of those who answered"),
        ("uk", "тих, хто відповів"),
        ("ru", "ответивших"),
    ):
        title = outline(findings, language).slides[0].title
        assert words in title
    assert "not of everyone" in sure(EN, findings.basis)
    assert "margin of error" not in sure(EN, findings.basis)


def test_made_up_answers_say_so(synthetic: Findings) -> None:
    assert "synthetic respondents" in outline(synthetic, "en").slides[0].title
    assert "синтетичних респондентів" in outline(synthetic, "uk").slides[0].title
    assert "nobody was asked" in sure(Voice("en", "synthetic"), synthetic.basis)


def test_plurals_follow_the_printed_number(findings: Findings) -> None:
    assert "2\u00a0030 людей" in sure(Voice("uk", "probability"), findings.basis)
    assert "2\u00a0030 человек" in sure(Voice("ru", "probability"), findings.basis)


def test_ages_follow_their_last_number(study: Study) -> None:
    assert study.report is not None
    plan = study.report.segments["age"]
    assert segment_people(UK, study, plan, "24-34") == "респондентів віком 24\u2060–\u206034 роки"
    assert segment_people(UK, study, plan, "45-54") == "респондентів віком 45\u2060–\u206054 роки"
    assert segment_people(UK, study, plan, "65+") == "респондентів віком від 65 років"
    assert segment_people(RU, study, plan, "24-34") == "респондентов 24\u2060–\u206034 лет"
    assert band_label("65+") == "65+"


def test_limits_in_words(findings: Findings) -> None:
    steps = [point.interval for point in findings.parts[3].points]  # type: ignore[union-attr]
    assert [within(EN, step) for step in steps] == [
        "within 30\u00a0minutes", "within 1\u00a0hour", "by the end of the same day", "within 3\u00a0days",
    ]  # fmt: skip
    assert within(UK, steps[1]) == "протягом 1\u00a0години"
    assert within(RU, steps[3]) == "в течение 3\u00a0дней"


def test_both_readings_of_a_reply_time(findings: Findings) -> None:
    inner, outer, late, _ = findings.parts[3].points  # type: ignore[union-attr]
    question = findings.parts[3].question  # type: ignore[union-attr]
    assert reading_cumulative(EN, inner, outer) == (
        "42% expect a reply within 1\u00a0hour; this includes the 32% who expect it within 30\u00a0minutes."
    )
    assert reading_exclusive(EN, inner, outer) == (
        "32% expect a reply within 30\u00a0minutes; another 10% later, but within 1\u00a0hour."
    )
    assert curve_title(UK, question, outer, late) == (
        "42% тих, хто відповів на це запитання, очікують на відповідь протягом 1\u00a0години; "
        "до кінця того ж дня\u00a0— 79%"
    )


def test_predicates_come_from_published_figures_or_the_groups_name(study: Study) -> None:
    channel = study.questionnaire.question("channel")
    assert predicate(UK, study, channel, channel.groups["online"], "online") == "поскаржилися\u00a0б онлайн"
    assert predicate(EN, study, channel, channel.groups["online_wide"], "online_wide") == (
        "choose online, e-mail included"
    )
    assert group_name(EN, channel, "", (7, 8)) == "“Phone call” or “E-mail”"
    assert group_name(RU, channel, "mine", (1, 4, 7, 8)) == "группу «mine»"
    assert lowered("Would complain") == "would complain"
    assert lowered("FAQ read") == "FAQ read"


def _comparison(findings: Findings, place: int) -> PublishedComparison:
    part = findings.parts[4]
    assert isinstance(part, Published)
    return part.comparisons[place]


def test_published_figures_in_words(findings: Findings) -> None:
    assert held_published(EN, _comparison(findings, 0)) == "Published: 34% (n\u00a0=\u00a02,030); consistent."
    assert held_published(RU, _comparison(findings, 1)) == (
        "Опубликовано: 60\u00a0% (n\u00a0неизвестно); проверить нельзя."
    )
    assert verdict_words(EN, Verdict.CUMULATIVE_SOURCE) == "differs: the source is cumulative"
    assert verdict_words(EN, Verdict.REPRODUCED) == "reproduced by construction"
    assert len({verdict_words(UK, found) for found in Verdict}) == len(Verdict)


def test_how_many_figures_agree(findings: Findings) -> None:
    part = findings.parts[4]
    assert isinstance(part, Published)
    assert published_title(EN, part.comparisons) == "2 of 2 checkable figures are consistent with ours"
    assert published_title(EN, part.comparisons[1:2]) == "None of the published figures can be checked"
    assert published_title(Voice("en", "synthetic"), part.comparisons).startswith("Nothing is confirmed here")


def test_answers_set_apart_are_never_ranked(findings: Findings) -> None:
    channels = findings.parts[1]
    assert isinstance(channels, Shares)
    title = outline(findings, "en").slides[1].title
    assert title == "“Phone call” comes first with 31%; next is “E-mail” with 23%"


def _second(report: Report) -> KeyNumber:
    block = next(block for block in report.slides[0].blocks if isinstance(block, KeyNumbers))
    return block.numbers[1]


def test_more_than_any_other_is_not_said_past_an_unreliable_group(with_ages: Callable[..., Findings]) -> None:
    ages = {"18-23": (0.55, 20), "24-34": (0.60, 371), "35-44": (0.28, 352), "65+": (0.27, 378)}
    report = outline(with_ages(ages), "en")
    assert report.slides[0].title == "34% of those who answered would complain online"
    assert "More than" not in repr(report.slides[0])
    assert report.slides[2].title == (
        "From 27% of respondents aged 65 and over to 60% of respondents aged 24\u2060–\u206034; "
        "groups with few answers may lie outside"
    )


def test_a_range_stays_open_below_too(with_ages: Callable[..., Findings]) -> None:
    ages = {"18-23": (0.05, 20), "24-34": (0.60, 371), "35-44": (0.58, 352), "65+": (0.27, 378)}
    assert outline(with_ages(ages), "en").slides[2].title.endswith("groups with few answers may lie outside")


def test_groups_that_were_not_compared_are_named(with_ages: Callable[..., Findings]) -> None:
    ages = {"18-23": (0.55, 7), "24-34": (0.60, 371), "35-44": (0.28, 352), "65+": (0.20, 378)}
    report = outline(with_ages(ages), "en")
    line = "Not compared: 18\u2060–\u206023, too few answers."
    assert _second(report).held.startswith(
        f"More than in any other group compared: the next is 35\u2060–\u206044 with 28% (23\u2060–\u206033). {line}"
    )
    assert line in list(report.charts)[1].foot
    assert "Не порівнювали: 18\u2060–\u206023" in _second(outline(with_ages(ages), "uk")).held


def test_no_difference_is_not_said_of_groups_never_tested(with_ages: Callable[..., Findings]) -> None:
    tested = {"24-34": (0.35, 371), "35-44": (0.33, 352)}
    for untested in ({"18-23": (0.9, 7)}, {"18-23": (None, 0)}, {"18-23": (0.95, 25)}):
        report = outline(with_ages({**untested, **tested}), "en")
        assert report.slides[2].title == "The groups with enough answers do not differ clearly"
    report = outline(with_ages({"18-23": (0.4, 25), **tested}), "en")
    assert report.slides[2].title == "No difference between the groups that this survey can see"


def test_several_that_are_next_are_told_together(
    findings: Findings, with_ages: Callable[..., Findings]
) -> None:
    ages = {"24-34": (0.60, 371), "35-44": (0.28, 352), "45-54": (0.28, 366), "65+": (0.27, 378)}
    for language, words in (
        ("en", "the others have 27\u2060–\u206028%."),
        ("ru", "в остальных\u00a0— 27\u2060–\u206028\u00a0%."),
    ):
        assert words in _second(outline(with_ages(ages), language)).held


@pytest.mark.parametrize(
    ("sample", "words"),
    [
        ("probability", ("people aged 24\u2060–\u206034", "людей віком", "людей 24")),
        ("census", ("people aged 24\u2060–\u206034", "людей віком", "людей 24")),
        ("nonprobability", ("respondents aged 24\u2060–\u206034", "респондентів віком", "респондентов 24")),
        ("synthetic", ("respondents aged 24\u2060–\u206034", "респондентів віком", "респондентов 24")),
    ],
)
def test_only_some_samples_speak_of_people(findings: Findings, sample: str, words: tuple[str, ...]) -> None:
    record = replace(findings.study.record, sample=sample)
    told = replace(findings, study=replace(findings.study, record=record))
    for language, phrase in zip(("en", "uk", "ru"), words, strict=True):
        report = outline(told, language)
        for text in (report.slides[0].title, report.slides[2].title, _second(report).sentence):
            assert phrase in text
    everyone = ("of all respondents" if "people" not in words[0] else "of all").split()
    assert _second(outline(told, "en")).sentence.split()[-len(everyone) :] == everyone


def test_a_misreading_of_the_source_counts_on_neither_side(findings: Findings) -> None:
    part = findings.parts[4]
    assert isinstance(part, Published)
    for found in (Verdict.CONSISTENT, Verdict.INCONSISTENT):
        changed = (*part.comparisons[:3], replace(part.comparisons[3], verdict=found))
        assert published_title(EN, changed) == "2 of 2 checkable figures are consistent with ours"
    assert (
        published_title(UK, part.comparisons)
        == "З нашими даними узгоджується 2 із 2 показників, які можна перевірити"
    )


def test_the_rule_of_the_verdicts_is_told(findings: Findings) -> None:
    slide = next(slide for slide in outline(findings, "en").slides if slide.id == "published")
    rule = next(block for block in slide.blocks if isinstance(block, Table)).notes[0]
    for words in ("both sampling errors and rounding", "not checkable", "only if it is clear"):
        assert words in rule


def test_shares_are_among_and_not_of_those_who_answered(findings: Findings) -> None:
    for voice, words in (
        (UK, "Частка серед тих, хто відповів на запитання."),
        (RU, "Доля среди ответивших на вопрос."),
    ):
        assert words in next(iter(outline(findings, voice.language).charts)).subtitle


def test_nobody_speaks_of_customers_or_inhabitants() -> None:
    for voice in (UK, RU):
        for key in ("fact_targets", "allows_probability"):
            assert "населен" not in voice.say(key)
