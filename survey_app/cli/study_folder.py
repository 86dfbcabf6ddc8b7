"""`earshot new`, `earshot check`, `earshot diff`: make a study folder, rehearse it, and compare two versions."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from survey_app.cli.console import STUDY, open_study, print_json, refuse

if TYPE_CHECKING:
    from questionnaires.model import Questionnaire
    from questionnaires.rehearsal import Outcome
    from questionnaires.study import Study
    from questionnaires.versions.changes import Changes

REFUSED = 3
"""The exit code of `diff` where publishing would be refused."""


@click.command(epilog="Example:  earshot new my_study --from complaint_channels")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option(
    "--from", "source", default="starter", show_default=True, help="A study of the library to start from."
)
def new(folder: Path, source: str) -> None:
    """Make a study folder to edit."""
    import re
    from importlib.resources import files

    library = Path(str(files("questionnaires"))) / "library"
    studies = sorted(path.name for path in library.iterdir() if (path / "study.yaml").is_file())
    if source not in studies:
        refuse(f'the library has no study "{source}"; it has: {", ".join(studies)}')
    name = folder.name
    if not (name.isidentifier() and name.islower() and name.isascii()):
        refuse(f'"{name}" cannot name a study; use small letters, digits and _, beginning with a letter')
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        refuse(f"{folder} is already there; choose another folder, nothing was changed")
    folder.mkdir(parents=True, exist_ok=True)
    for path in sorted((library / source).glob("*.yaml")):
        text = path.read_text(encoding="utf-8")
        if path.name == "questionnaire.yaml":
            text = re.sub(r"(?m)^name: \S+", f"name: {name}", text, count=1)
        (folder / path.name).write_text(text, encoding="utf-8")
    click.echo(f"Made {folder}. Edit questionnaire.yaml and study.yaml (who asks, `sample`), then:")
    click.echo(f"  earshot check {folder}\n  earshot publish {folder}\n  earshot serve {folder}")


@click.command(epilog="Example:  earshot check my_study --html routes.html")
@STUDY
@click.option("--people", type=click.IntRange(1, 1_000_000), default=2_000, show_default=True,
              help="How many simulated people answer.")  # fmt: skip
@click.option(
    "--seed", type=click.IntRange(0), default=1, show_default=True, help="Other people: another seed."
)
@click.option("--planned", type=click.IntRange(1),
              help="How many real people are planned.  [default: n of synthetic.yaml, else 1000]")  # fmt: skip
@click.option("--html", "picture", metavar="FILE", type=click.Path(path_type=Path, dir_okay=False),
              help="Write the routes as a page with a picture.")  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Print the same content as JSON.")
@click.option("--strict", is_flag=True, help="Leave with exit code 1 on warnings too.")
def check(
    study: Path,
    people: int,
    seed: int,
    planned: int | None,
    picture: Path | None,
    as_json: bool,
    strict: bool,
) -> None:
    """Read a study folder, name every fault, and rehearse it with simulated people.

    Exit code 1 where a file has a fault, or where nobody gets past a question.
    """

    from questionnaires.rehearsal import Severity, rehearse
    from questionnaires.rehearsal.picture import page
    from questionnaires.rehearsal.summary import as_data

    opened = open_study(study)
    outcome = rehearse(opened, people, seed, planned, _teller())
    if picture is not None:
        try:
            picture.write_text(page(opened, outcome), encoding="utf-8")
        except OSError as error:
            refuse(f"{picture} cannot be written: {error.strerror or error}; name another file")
    if as_json:
        head = {
            "study": opened.name,
            "folder": str(study),
            "version": opened.version,
            "languages": list(opened.questionnaire.languages),
            "questions": len(opened.questionnaire.questions),
        }
        print_json({**head, **as_data(outcome)})
    else:
        click.echo(_as_text(study, opened, outcome))
        if picture is not None:
            click.echo(f"Picture of the routes: {picture}")
    stops = (Severity.FAULT, Severity.WARNING) if strict else (Severity.FAULT,)
    if any(outcome.at(severity) for severity in stops):
        sys.exit(1)


def _as_text(study: Path, opened: Study, outcome: Outcome) -> str:
    from questionnaires.rehearsal import Severity
    from questionnaires.rehearsal.summary import as_text
    from questionnaires.routing import pages

    count = len(outcome.at(Severity.FAULT))
    faults = "no faults" if not count else f"{count} fault{'s' if count > 1 else ''}"
    questions, cut = len(opened.questionnaire.questions), len(pages(opened.questionnaire))
    languages = ", ".join(opened.questionnaire.languages)
    following = f"earshot publish {study}" if not count else "mend what stands under Faults"
    return (
        f"{study}: {faults}. {questions} questions on {cut} pages, in {languages}.\n"
        f"{as_text(outcome)}\n\nVersion {opened.version[:12]}. Next: {following}"
    )


def _teller() -> Callable[[int, int], None]:
    """Return what tells, on standard error, how far a rehearsal is, once it takes more than two seconds."""
    import time

    last = time.monotonic()

    def tell(done: int, of: int) -> None:
        nonlocal last
        if time.monotonic() - last > 2:
            last = time.monotonic()
            click.echo(f"{done} of {of} simulated people", err=True)

    return tell


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

    difference = changes(_questionnaire_of(old), _questionnaire_of(new))
    if as_json:
        content: dict[str, Any] = {
            "publishable": not difference.broken,
            "frame": [{"kind": change.kind, "words": change.words} for change in difference.frame],
            "questions": [
                {
                    "question": question.question,
                    "state": question.state,
                    "changes": [{"kind": change.kind, "words": change.words} for change in question.changes],
                }
                for question in difference.questions
            ],
            "columns": [{"name": c.name, "state": c.state.value, "why": c.why} for c in difference.columns],
            "broken": [
                {"code": problem.code, "question": problem.place.question, "words": str(problem)}
                for problem in difference.broken
            ],
        }
        print_json(content)
    else:
        click.echo(_diff_as_text(difference, old, new))
    sys.exit(REFUSED if difference.broken else 0)


def _questionnaire_of(path: Path) -> Questionnaire:
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


def _diff_as_text(difference: Changes, old: Path, new: Path) -> str:
    count = len(difference.columns)
    if difference.none:
        return f"{new} asks the same as {old}, in the same words: all {count} columns stay comparable."
    lines = [f"{change.words[:1].upper()}{change.words[1:]}" for change in difference.frame]
    for question in difference.questions:
        if question.state != "changed":
            about = "".join(f" ({change.words})" for change in question.changes)
            lines.append(f"{question.question}: {question.state}{about}")
        else:
            lines.append(f"{question.question}:")
            lines += [f"  {change.words}" for change in question.changes]
    # Columns that are the same are only counted.
    rows = [(c.name, c.state.value, c.why) for c in difference.columns if c.state.value != "same"]
    wide = max((len(name) for name, _, _ in rows), default=0)
    columns = [f"Columns: {count - len(rows)} the same{', and' if rows else ''}"]
    columns += [f"  {name:<{wide}}  {state:<6}  {why}".rstrip() for name, state, why in rows]
    parts = ["\n".join(lines), "\n".join(columns)]
    if difference.broken:
        problems = "\n".join(f"  {problem}" for problem in difference.broken)
        parts.append(f"Publishing would be refused:\n{problems}")
    return "\n\n".join(part for part in parts if part)
