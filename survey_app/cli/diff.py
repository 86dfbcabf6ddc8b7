"""`earshot diff`: what changed between two versions of a questionnaire, and which columns stay comparable."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from survey_app.cli.opening import refuse

if TYPE_CHECKING:
    from questionnaires.model import Questionnaire
    from questionnaires.versions.changes import Changes

REFUSED = 3
"""The exit code where publishing would be refused."""


@click.command(epilog="Example:  earshot diff my_study_before my_study")
@click.argument("old", metavar="OLD", type=click.Path(path_type=Path))
@click.argument("new", metavar="NEW", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print the same content as JSON.")
def diff(old: Path, new: Path, as_json: bool) -> None:
    """Say what changed between two questionnaires, and which columns stay comparable.

    OLD and NEW are study folders or questionnaire files. Exit code 0: nothing that forbids comparing;
    1: a file cannot be read; 3: publishing NEW after OLD would be refused.
    """
    from questionnaires.versions.changes import changes

    found = changes(_opened(old), _opened(new))
    click.echo(_json(found) if as_json else _text(found, old, new))
    sys.exit(REFUSED if found.broken else 0)


def _opened(path: Path) -> Questionnaire:
    """Read a study folder's questionnaire, or a file; leave with exit code 1 on any fault."""
    from questionnaires.formats.yaml_form import read_questionnaire

    file = path / "questionnaire.yaml" if path.is_dir() else path
    try:
        content = file.read_bytes()
    except OSError:
        refuse(f"{file}: there is no such questionnaire; name a study folder or a questionnaire.yaml")
    questionnaire, source = read_questionnaire(str(file), content)
    if questionnaire is None:
        for problem in source.problems:
            click.echo(str(problem), err=True)
        count = len(source.problems)
        refuse(f"{file}: {count} problem{'s' if count != 1 else ''}; nothing was compared")
    return questionnaire


def _json(found: Changes) -> str:
    import json

    content: dict[str, Any] = {
        "publishable": not found.broken,
        "frame": [{"kind": change.kind, "words": change.words} for change in found.frame],
        "questions": [
            {
                "question": question.question,
                "state": question.state,
                "changes": [{"kind": change.kind, "words": change.words} for change in question.changes],
            }
            for question in found.questions
        ],
        "columns": [{"name": c.name, "state": c.state.value, "why": c.why} for c in found.columns],
        "broken": [
            {"code": problem.code, "question": problem.place.question, "words": str(problem)}
            for problem in found.broken
        ],
    }
    return json.dumps(content, ensure_ascii=False, indent=1)


def _text(found: Changes, old: Path, new: Path) -> str:
    if found.none:
        return f"{new} asks the same as {old}, in the same words: all {len(found.columns)} columns stay comparable."
    parts = [_changed(found), _columns(found)]
    if found.broken:
        parts.append("Publishing would be refused:\n" + "\n".join(f"  {problem}" for problem in found.broken))
    return "\n\n".join(part for part in parts if part)


def _changed(found: Changes) -> str:
    """Return what changed, question by question."""
    lines = [f"{change.words[:1].upper()}{change.words[1:]}" for change in found.frame]
    for question in found.questions:
        if question.state != "changed":
            about = "".join(f" ({change.words})" for change in question.changes)
            lines.append(f"{question.question}: {question.state}{about}")
        else:
            lines.append(f"{question.question}:")
            lines += [f"  {change.words}" for change in question.changes]
    return "\n".join(lines)


def _columns(found: Changes) -> str:
    """Return the columns as a table; those that are the same are only counted."""
    rows = [(c.name, c.state.value, c.why) for c in found.columns if c.state.value != "same"]
    same = len(found.columns) - len(rows)
    head = f"Columns: {same} the same{', and' if rows else ''}"
    wide = max((len(name) for name, _, _ in rows), default=0)
    return "\n".join([head, *(f"  {name:<{wide}}  {state:<6}  {why}".rstrip() for name, state, why in rows)])
