"""The ten questions that are measured: those of the LimeSurvey comparison, as a study of ours.

Age, country (24), gender, complained, channel (8 and other), channels used (8), reply time for four channels
(8 intervals), timely, recommend 0-10, comment: one page.
"""

from __future__ import annotations

STUDY = """
title: {en: Complaints and replies}
mode: web
frame: Whoever opens the link
sample: nonprobability
zone: Europe/Kyiv
retention: 2027-12-31
"""
COUNTRIES = (
    "Austria", "Belgium", "Bulgaria", "Croatia", "Cyprus", "Czechia", "Denmark", "Estonia",
    "Finland", "France", "Germany", "Greece", "Hungary", "Ireland", "Italy", "Latvia", "Lithuania",
    "Luxembourg", "Malta", "Netherlands", "Poland", "Portugal", "Romania", "Ukraine",
)  # fmt: skip
CHANNELS = (
    "Facebook",
    "X",
    "Instagram",
    "WhatsApp",
    "Company’s own forum",
    "Live chat",
    "E-mail",
    "Phone call",
)
HOURS = ("15 min", "30 min", "1 h", "2 h", "4 h", "24 h", "3 days", "none")


def questionnaire() -> str:
    """Return the ten questions as a file that an author would write."""

    def listed(texts: tuple[str, ...] | list[str], start: int = 1) -> str:
        return "".join(
            f"\n          - {{code: {code}, name: c{code}, text: {{en: {text}}}}}"
            for code, text in enumerate(texts, start)
        )

    def question(name: str, kind: str, text: str, more: str) -> str:
        return f'      - name: {name}\n        type: {kind}\n        text: {{en: "{text}"}}\n{more}'

    def choices(texts: tuple[str, ...] | list[str], more: str = "") -> str:
        return f"        choices:{listed(texts)}{more}\n"

    required, other = (
        "        required: true\n",
        "\n          - {code: 9, name: other, write: true, text: {en: Other}}",
    )
    hours = (
        "        intervals:"
        + "".join(f"\n          - {{code: {n}, upto: {h}}}" for n, h in enumerate(HOURS, 1))
        + "\n"
    )
    waits = "".join(
        question(f"wait_{n}", "reply_time", f"How soon do you expect a reply: {channel}?", hours)
        for n, channel in enumerate(("Facebook", "X", "E-mail", "Phone call"), 1)
    )
    return (
        "name: ten\nlanguages: [en]\nsections:\n  - name: complaints\n    title: {en: Complaints}\n    questions:\n"
        + question("age", "number", "How old are you?", "        minimum: 18\n        maximum: 120\n" + required)
        + question("country", "list", "In which country do you live?", required + choices(COUNTRIES))
        + question("gender", "single", "Are you …", choices(("a woman", "a man", "other")))
        + question("complained", "single", "Have you complained to a company in the last 12 months?",
                   required + choices(("'Yes'", "'No'")))
        + question("channel", "single", "How would you prefer to complain?", required + choices(CHANNELS, other))
        + question("used", "several", "Which of these have you used to complain?", choices(CHANNELS))
        + waits
        + question("timely", "single", "Was the last reply in time?", choices(("'Yes'", "'No'")))
        + question("recommend", "scale", "How likely is it that you recommend the company?",
                   "        points: 0-10\n        low: {en: Not at all likely}\n        high: {en: Extremely likely}\n")
        + question("comment", "text", "Anything else?", "        max_length: 2000\n")
    )  # fmt: skip
