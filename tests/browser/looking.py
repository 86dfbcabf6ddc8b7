"""What is wrong with a page as people meet it: by axe-core, and by checks that axe does not make."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from playwright.sync_api import Page

AXE = Path(__file__).parent / "vendor" / "axe-core" / "axe.min.js"
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]

ACCEPTED: dict[str, tuple[str, str]] = {}
"""What axe could not decide: its rule → (part of the element's HTML, why the page is right)."""

_RUN = """tags => axe.run(document, {runOnly: {type: "tag", values: tags}, resultTypes: ["violations", "incomplete"]})
    .then(found => ["violations", "incomplete"].map(kind => found[kind].flatMap(
        rule => rule.nodes.map(node => [rule.id, node.html, node.failureSummary || ""]))))"""

_OWN = r"""() => {
  const found = [];
  const seen = one => one.checkVisibility({visibilityProperty: true}) && !one.closest(".default");
  const words = one => {
    const by = (one.getAttribute("aria-labelledby") || "").split(" ").map(id => document.getElementById(id));
    const labels = [...by, ...(one.labels || [])].map(label => label ? label.textContent : "").join("");
    const own = one.matches("button,a,summary") ? one.textContent : "";
    return (one.getAttribute("aria-label") || labels || own).trim();
  };
  const rectangle = one => {
    const label = one.matches("[type=radio],[type=checkbox]") && one.closest("label");
    return (label || one).getBoundingClientRect();
  };
  for (const one of document.querySelectorAll("input:not([type=hidden]),select,textarea,button,a[href],summary")) {
    if (!seen(one)) continue;
    const about = one.outerHTML.slice(0, 120);
    if (!words(one)) found.push("no name: " + about);
    if (one.placeholder) found.push("a placeholder: " + about);
    const inText = one.matches("a") && one.closest("p");
    const {width, height} = rectangle(one);
    if (!inText && (width < 24 || height < 24)) found.push(`a target of ${width} x ${height}: ` + about);
  }
  const ids = [...document.querySelectorAll("[id]")].map(one => one.id);
  for (const id of new Set(ids)) if (ids.filter(one => one === id).length > 1) found.push("twice the id " + id);
  for (const link of document.querySelectorAll(".summary a"))
    if (!document.getElementById(decodeURIComponent(link.hash.slice(1)))) found.push("leads nowhere: " + link.hash);
  return found;
}"""

_WIDE = "() => document.scrollingElement.scrollWidth - innerWidth"

_CUT = r"""() => {
  const found = [], boxes = [];
  const walker = document.createTreeWalker(document.querySelector("body"), NodeFilter.SHOW_TEXT);
  for (let node; (node = walker.nextNode());) {
    const parent = node.parentElement;
    if (!node.data.trim() || parent.closest(".visually-hidden,.default,template,script,option,textarea")) continue;
    if (!parent.checkVisibility({visibilityProperty: true})) continue;
    const style = getComputedStyle(parent);
    if (style.clipPath !== "none") continue;
    const range = document.createRange();
    range.selectNodeContents(node);
    const text = node.data.trim().slice(0, 40);
    for (const box of range.getClientRects()) if (box.width > 1) boxes.push([box, parent, text]);
    for (let one = parent; one; one = one.parentElement) {
      const {overflowX, overflowY} = getComputedStyle(one);
      if (overflowX === "visible" && overflowY === "visible") continue;
      if (one === document.body || one === document.documentElement) continue;
      const over = Math.max(one.scrollWidth - one.clientWidth, one.scrollHeight - one.clientHeight);
      if (over > 1) found.push("cut: " + text);
    }
  }
  for (const [box, , text] of boxes)
    if (box.right > innerWidth + 1 || box.left < -1) found.push("beside the screen: " + text);
  boxes.forEach(([a, one, text], n) => boxes.slice(n + 1).forEach(([b, other, more]) => {
    const across = Math.min(a.right, b.right) - Math.max(a.left, b.left);
    const down = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
    if (across > 2 && down > 6 && one !== other) found.push(`“${text}” lies on “${more}”`);
  }));
  return found;
}"""

_SPACED = """on => {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(`
    * { line-height: 1.5 !important; letter-spacing: .12em !important; word-spacing: .16em !important; }
    p { margin-block-end: 2em !important; }`);
  document.adoptedStyleSheets = on ? [sheet] : [];
}"""


@cache
def _axe() -> str:
    return AXE.read_text(encoding="utf-8")


def faults(page: Page) -> list[str]:
    """Return what axe finds wrong or cannot decide, and what our own checks find, one line each."""
    if page.evaluate("typeof axe") == "undefined":
        page.evaluate(_axe())
    wrong, unsure = page.evaluate(_RUN, TAGS)
    found = [f"axe {rule}: {html[:160]} {why}" for rule, html, why in wrong]
    found += [
        f"axe cannot decide {rule}: {html[:160]} {why}"
        for rule, html, why in unsure
        if not accepted(rule, html)
    ]
    return found + page.evaluate(_OWN) + too_wide(page)


def accepted(rule: str, html: str) -> bool:
    return rule in ACCEPTED and ACCEPTED[rule][0] in html


def too_wide(page: Page) -> list[str]:
    over = page.evaluate(_WIDE)
    return [f"{over} pixels wider than the screen"] if over > 0 else []


def cut(page: Page) -> list[str]:
    """Return the texts that are cut, lie upon each other or stand outside of the screen."""
    return page.evaluate(_CUT) + too_wide(page)


def cut_when_spaced(page: Page) -> list[str]:
    """Return the same with the line, letter and word spacing that WCAG 1.4.12 names."""
    page.evaluate(_SPACED, True)
    found = cut(page)
    page.evaluate(_SPACED, False)
    return found
