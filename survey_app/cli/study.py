"""`earshot new` and `earshot check`: make a study folder, and rehearse it before anyone is asked."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from survey_app.cli.opening import STUDY, open_study, refuse

if TYPE_CHECKING:
    from questionnaires.rehearsal import Outcome
    from questionnaires.study import Study


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
    known = sorted(path.name for path in library.iterdir() if (path / "study.yaml").is_file())
    if source not in known:
        refuse(f'the library has no study "{source}"; it has: {", ".join(known)}')
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

    found = open_study(study)
    outcome = rehearse(found, people, seed, planned, _progress())
    if picture is not None:
        _write(picture, page(found, outcome))
    click.echo(_as_json(study, found, outcome) if as_json else _as_text(study, found, outcome))
    if picture is not None and not as_json:
        click.echo(f"Picture of the routes: {picture}")
    stops = (Severity.FAULT, Severity.WARNING) if strict else (Severity.FAULT,)
    if any(outcome.at(severity) for severity in stops):
        sys.exit(1)


def _as_text(study: Path, found: Study, outcome: Outcome) -> str:
    from questionnaires.rehearsal import Severity
    from questionnaires.rehearsal.summary import as_text
    from questionnaires.routing import pages

    count = len(outcome.at(Severity.FAULT))
    faults = "no faults" if not count else f"{count} fault{'s' if count > 1 else ''}"
    questions, cut = len(found.questionnaire.questions), len(pages(found.questionnaire))
    languages = ", ".join(found.questionnaire.languages)
    following = f"earshot publish {study}" if not count else "mend what stands under Faults"
    return (
        f"{study}: {faults}. {questions} questions on {cut} pages, in {languages}.\n"
        f"{as_text(outcome)}\n\nVersion {found.version[:12]}. Next: {following}"
    )


def _as_json(study: Path, found: Study, outcome: Outcome) -> str:
    import json

    from questionnaires.rehearsal.summary import as_data

    head = {
        "study": found.name,
        "folder": str(study),
        "version": found.version,
        "languages": list(found.questionnaire.languages),
        "questions": len(found.questionnaire.questions),
    }
    return json.dumps({**head, **as_data(outcome)}, ensure_ascii=False, indent=1)


def _progress() -> Callable[[int, int], None]:
    """Return what tells, on standard error, how far a rehearsal is, once it takes more than two seconds."""
    import time

    said = time.monotonic()

    def tell(done: int, of: int) -> None:
        nonlocal said
        if time.monotonic() - said > 2:
            said = time.monotonic()
            click.echo(f"{done} of {of} simulated people", err=True)

    return tell


def _write(file: Path, content: str) -> None:
    try:
        file.write_text(content, encoding="utf-8")
    except OSError as error:
        refuse(f"{file} cannot be written: {error.strerror or error}; name another file")
