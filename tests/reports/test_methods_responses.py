"""How the responses ended: the parts that the methods page names add up to the whole."""

from __future__ import annotations

from dataclasses import replace

import pytest

from analysis.findings import Findings
from reports.methods import responses_line
from reports.naming import Voice


@pytest.mark.parametrize("language", ["en", "uk", "ru"])
def test_screened_and_erasedresponses_line_are_told(findings: Findings, language: str) -> None:
    voice = Voice(language, "nonprobability")
    assert ";" not in responses_line(voice, findings.basis)
    told = responses_line(voice, replace(findings.basis, n=2071, screened_out=5, erased=2))
    assert told.count(";") == 2
    assert "5 " in told
    assert "2 " in told
