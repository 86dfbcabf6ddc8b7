"""The page in both forms: nothing fetched, nothing inline without its hash, every text harmless."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser
from itertools import pairwise

import pytest

from analysis.findings import Findings
from questionnaires.piping import plain
from questionnaires.study import Study
from reports.outline import outline
from reports.render import RENDERERS
from reports.render.html import content_hash, served, standalone
from reports.report import Report

HOSTILE = "<script>alert(1)</script>{{7*7}}\u2028<img src=x onerror=alert(1)>"


class Page(HTMLParser):
    """What a browser would find: elements with their attributes, inline scripts and styles, and the text."""

    def __init__(self, content: bytes) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.inline: list[tuple[str, str, str]] = []
        self.text = ""
        self._raw: tuple[str, str] | None = None
        self.feed(content.decode())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        own = dict(attrs)
        if tag in ("script", "style") and "src" not in own:
            self._raw = (tag, own.get("type") or "")

    def handle_data(self, data: str) -> None:
        if self._raw:
            self.inline.append((*self._raw, data))
        else:
            self.text += data

    def handle_endtag(self, tag: str) -> None:
        if tag in ("script", "style"):
            self._raw = None

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]


@pytest.fixture
def page(reports: dict[str, Report]) -> Page:
    return Page(standalone(reports["en"]))


@pytest.fixture
def served_page(reports: dict[str, Report]) -> Page:
    return Page(served(reports["uk"])["uk.html"])


def test_the_renderer_is_found_by_its_name(reports: dict[str, Report]) -> None:
    assert RENDERERS["html"](reports["en"]) == standalone(reports["en"])


def test_the_policy_allows_exactly_what_the_file_carries(page: Page) -> None:
    policy = next(
        m["content"] or "" for m in page.all("meta") if m.get("http-equiv") == "Content-Security-Policy"
    )
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    assert rules["default-src"] == "'none'" and rules["img-src"] == "data:"
    hashes: dict[str, set[str]] = {"script": set(), "style": set()}
    for tag, kind, content in page.inline:
        if kind != "application/json":
            digest = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
            hashes[tag].add(f"'sha256-{digest}'")
    assert set(rules["script-src"].split()) == hashes["script"] and len(hashes["script"]) == 2
    assert set(rules["style-src"].split()) == hashes["style"] and len(hashes["style"]) == 1
    assert "unsafe" not in policy


def test_nothing_is_fetched(page: Page) -> None:
    for tag, attributes in page.elements:
        for name in ("src", "href", "srcset", "action", "poster", "data"):
            assert not re.match(r"(https?:)?//", attributes.get(name) or ""), (tag, attributes)
    style = next(content for tag, _, content in page.inline if tag == "style")
    assert "url(" not in style and "@import" not in style


@pytest.mark.parametrize("form", ["page", "served_page"])
def test_no_style_attributes_and_no_handlers(form: str, request: pytest.FixtureRequest) -> None:
    for tag, attributes in request.getfixturevalue(form).elements:
        assert "style" not in attributes, tag
        assert not [name for name in attributes if name.startswith("on")], tag


def test_the_served_form_links_its_files(reports: dict[str, Report], served_page: Page) -> None:
    files = served(reports["uk"])
    assert set(files) == {"uk.html", "report.css", "report.js", "plotly-basic.min.js"}
    assert all(kind == "application/json" for _, kind, _ in served_page.inline)
    linked = {s["src"] for s in served_page.all("script") if "src" in s}
    linked |= {link["href"] for link in served_page.all("link") if link.get("rel") == "stylesheet"}
    assert linked == set(files) - {"uk.html"}


def test_languages_lead_to_each_other(page: Page, served_page: Page) -> None:
    assert {a["href"] for a in page.all("a") if "hreflang" in a} == {"report.uk.html", "report.ru.html"}
    assert {a["href"] for a in served_page.all("a") if "hreflang" in a} == {"en.html", "ru.html"}


def test_made_up_answers_are_marked_first_and_on_every_slide(synthetic: Findings) -> None:
    for language, words in (
        ("en", "SYNTHETIC DATA"),
        ("uk", "СИНТЕТИЧНІ ДАНІ"),
        ("ru", "СИНТЕТИЧЕСКИЕ ДАННЫЕ"),
    ):
        report = outline(synthetic, language)
        for content in (standalone(report), served(report)[f"{language}.html"]):
            found = Page(content)
            assert found.text.split("</title>")[-1].strip()
            names = [name for name, _ in found.elements]
            assert names[names.index("body") + 1] == "aside"
            assert words in found.text
            marks = [a for _, a in found.elements if a.get("class") == "mark"]
            assert len(marks) == len(report.slides)


def test_real_answers_carry_no_mark(page: Page) -> None:
    assert "SYNTHETIC" not in page.text and "Synthetic" not in page.text


def test_hostile_texts_are_only_texts(
    findings: Findings, study_of: Callable[..., Study], questionnaire: str
) -> None:
    words = json.dumps(HOSTILE)
    text = questionnaire.replace("{en: Phone call,", f"{{en: {words},").replace(
        "{en: How would you complain?,", f"{{en: {words},"
    )
    study = study_of(questionnaire=text)
    channel = study.questionnaire.question("channel")
    shares = findings.parts[1]
    hostile = replace(
        findings,
        study=study,
        parts=(findings.parts[0], replace(shares, question=channel), *findings.parts[2:]),  # type: ignore[type-var]
        topline=(replace(findings.topline[0], question=channel),),
    )
    found = Page(standalone(outline(hostile, "en")))
    assert plain(HOSTILE) in found.text
    assert found.all("img") == []
    scripts = [kind for tag, kind, _ in found.inline if tag == "script"]
    assert scripts.count("application/json") == 3 and len(scripts) == 5
    for _, kind, content in found.inline:
        if kind == "application/json":
            assert "\u2028" not in content and "<" not in content
            json.loads(content)


def test_every_chart_is_a_figure_with_words_and_a_table(page: Page) -> None:
    pictures = [a for _, a in page.elements if a.get("class") == "picture"]
    assert (
        len(pictures)
        == len(page.all("figure"))
        == len(page.all("figcaption"))
        == len(page.all("details"))
        == 3
    )
    for picture in pictures:
        assert picture["role"] == "img" and picture["aria-label"]
    assert all("open" in details for details in page.all("details"))  # readable without scripts
    assert {th.get("scope") for th in page.all("th")} == {"col", "row"}


def test_headings_are_nested_and_the_language_is_set(reports: dict[str, Report]) -> None:
    for language, report in reports.items():
        found = Page(standalone(report))
        assert found.all("html")[0]["lang"] == language
        levels = [int(tag[1]) for tag, _ in found.elements if re.fullmatch("h[1-6]", tag)]
        assert levels.count(1) == 1 and levels[0] == 1
        assert all(later - earlier <= 1 for earlier, later in pairwise(levels))
        ids = [a["id"] for _, a in found.elements if "id" in a]
        assert len(ids) == len(set(ids))


def test_the_same_report_gives_the_same_bytes(findings: Findings) -> None:
    assert standalone(outline(findings, "ru")) == standalone(outline(findings, "ru"))


def test_content_hash_is_that_of_the_policy() -> None:
    assert content_hash("") == "'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='"
