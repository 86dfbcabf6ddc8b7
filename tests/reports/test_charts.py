"""Charts as Plotly figures: the numbers of the estimates, two widths, texts that stay texts."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from reports.charts import draw
from reports.drawing import COLOURS, PHONE, WIDE, Figure, plain, wrapped
from reports.report import CurveChart, Report, ShareChart

STYLESHEET = Path(__file__).parent.parent.parent / "reports" / "render" / "report.css"


def wide(chart: ShareChart | CurveChart) -> Figure:
    return draw(chart, WIDE)


def phone(chart: ShareChart | CurveChart) -> Figure:
    return draw(chart, PHONE)


@pytest.fixture
def by_age(reports: dict[str, Report]) -> ShareChart:
    chart = list(reports["en"].charts)[1]
    assert isinstance(chart, ShareChart)
    return chart


@pytest.fixture
def reply(reports: dict[str, Report]) -> CurveChart:
    chart = list(reports["en"].charts)[2]
    assert isinstance(chart, CurveChart)
    return chart


def texts(figure: dict[str, Any]) -> list[str]:
    return [annotation["text"] for annotation in figure["layout"]["annotations"]]


@pytest.mark.parametrize("draw", [wide, phone])
def test_bars_are_intervals_and_lines_are_estimates(by_age: ShareChart, draw: Any) -> None:
    bars, lines = draw(by_age)["data"]
    assert bars["base"] == [mark.low for mark in by_age.marks]
    ends = [base + length for base, length in zip(bars["base"], bars["x"], strict=True)]
    assert ends == pytest.approx([mark.high for mark in by_age.marks])
    assert lines["x"] == [mark.share for mark in by_age.marks]
    assert lines["marker"]["symbol"] == "line-ns"
    assert bars["marker"]["color"].count(COLOURS["fill"]) == 1  # only the one that the title is about


@pytest.mark.parametrize("draw", [wide, phone])
def test_every_number_is_printed_with_its_interval(by_age: ShareChart, draw: Any) -> None:
    printed = texts(draw(by_age))
    for mark in by_age.marks:
        assert mark.share_text in printed and mark.interval_text in printed
        assert any(mark.base_text in text for text in printed)


def test_two_widths(by_age: ShareChart, reply: CurveChart) -> None:
    for chart in (by_age, reply):
        assert wide(chart)["layout"]["width"] == 760
        assert phone(chart)["layout"]["width"] == 358


def test_axes_print_their_own_texts(by_age: ShareChart) -> None:
    axis = wide(by_age)["layout"]["xaxis"]
    assert list(axis["ticktext"]) == ["0%", "20%", "40%", "60%", "80%"]
    assert axis["range"] == [0, 0.8]


def test_everybody_leaves_a_dashed_line(by_age: ShareChart) -> None:
    (line,) = wide(by_age)["layout"]["shapes"]
    assert line["x0"] == line["x1"] == by_age.marks[0].share


def test_the_curve_is_dotted_with_hollow_diamonds_and_exclusive_bars(reply: CurveChart) -> None:
    joined, bars, lines, diamonds, exclusive = wide(reply)["data"]
    shares = [step.cumulative.share for step in reply.steps]
    assert joined["line"]["dash"] == "dot" and joined["y"] == shares == lines["y"]
    assert bars["base"] == [step.cumulative.low for step in reply.steps]
    assert diamonds["y"] == [0.42] and diamonds["x"] == [1.22]
    assert exclusive["y"] == [step.exclusive.share for step in reply.steps]
    assert exclusive["error_y"]["array"][0] > 0
    assert "published 42%" in texts(wide(reply))


def test_a_hidden_mark_keeps_its_row_without_a_bar(by_age: ShareChart) -> None:
    hidden = replace(by_age.marks[1], share=None, low=None, high=None, words="Hidden to protect respondents")
    chart = replace(by_age, marks=(by_age.marks[0], hidden, *by_age.marks[2:]))
    assert len(wide(chart)["data"][0]["x"]) == len(by_age.marks) - 1
    assert "Hidden to protect respondents" in texts(wide(chart))


def test_the_synthetic_mark_is_part_of_the_picture(by_age: ShareChart, reply: CurveChart) -> None:
    for chart in (by_age, reply):
        assert "Synthetic data" in texts(wide(replace(chart, watermark="Synthetic data")))
        assert "Synthetic data" not in texts(wide(chart))


def test_hostile_names_stay_names(by_age: ShareChart) -> None:
    name = '<a href="https://example.org">x</a> & <b>'
    chart = replace(by_age, marks=(replace(by_age.marks[0], label=name),))
    drawn = "".join(texts(wide(chart)))
    assert "<a" not in drawn and "&lt;a href" in drawn
    assert plain("<script>") == "&lt;script&gt;"


def test_long_names_are_wrapped_and_never_cut() -> None:
    name = "Публічний допис чи коментар у соціальній мережі"
    assert " ".join(wrapped(name, 25)) == name
    assert max(map(len, wrapped(name, 25))) <= 25


def colours(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for part in value.values():
            yield from colours(part)
    elif isinstance(value, list | tuple):
        for part in value:
            yield from colours(part)
    elif isinstance(value, str) and re.fullmatch("#[0-9a-fA-F]{6}", value):
        yield value


def test_charts_use_only_colours_that_the_stylesheet_has_tokens_for(
    by_age: ShareChart, reply: CurveChart
) -> None:
    light = STYLESHEET.read_text(encoding="utf-8").split("@media")[0]
    for name, colour in COLOURS.items():
        assert f"--{name}: {colour};" in light
    assert len(set(COLOURS.values())) == len(COLOURS)
    for figure in (wide(by_age), phone(by_age), wide(reply), phone(reply)):
        assert set(colours(figure)) <= set(COLOURS.values())


def test_figures_are_plain_data(by_age: ShareChart, reply: CurveChart) -> None:
    for figure in (wide(by_age), phone(reply)):
        assert json.loads(json.dumps(figure)) == figure
        assert "template" not in figure["layout"]
