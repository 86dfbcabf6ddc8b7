"""The examples in the pages about evidence, expectation and quality run, and print what the pages show."""

from __future__ import annotations

import random
import re
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[3] / "docs"
PAGES = ("quality.md", "methods/reply-time.md", "methods/kaplan-meier.md", "methods/synthetic.md")


@pytest.fixture
def answers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """60 people in 12 branches of two regions, every fifth of whom clicked through."""
    draw = random.Random(11)
    rows = ["channel,duration,q1,q2,q3,q4,q5,comment,wait,age,w,region,branch"]
    for at in range(60):
        hasty = at % 5 == 0
        items = "3,3,3,3,3" if hasty else ",".join(str(1 + (at + step * step) % 5) for step in range(5))
        text = "everything was fine as always thanks" if hasty else "".join(draw.choices("abcdefgh ", k=40))
        channel = "phone" if hasty or at % 2 else "chat"
        design = (
            f"{draw.choice(['18-34', '35+'])},{1 + at % 3},{'north' if at % 12 < 6 else 'south'},{at % 12}"
        )
        rows.append(f"{channel},{30 if hasty else 200 + at},{items},{text},{1 + draw.randrange(6)},{design}")
    (tmp_path / "answers.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("page", PAGES)
def test_the_example_runs(page: str, answers: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = (DOCS / page).read_text(encoding="utf-8")
    blocks = re.findall(r"```python\n(.*?)```", text, re.S)
    assert blocks
    for block in blocks:
        exec(compile(block, page, "exec"), {})
    told = capsys.readouterr().out
    assert told.strip()
    for shown in re.findall(r"```text\n(.*?)```", text, re.S):
        assert shown in told
