"""`earshot new` and `earshot check`: make a study folder, and read it before anyone is asked."""

from __future__ import annotations

from pathlib import Path

import click

from survey_app.cli.opening import STUDY, open_study, refuse


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


@click.command(epilog="Example:  earshot check my_study")
@STUDY
def check(study: Path) -> None:
    """Read a study folder and name every fault with its file and line."""
    from questionnaires.routing import pages

    found = open_study(study)
    questions = len(found.questionnaire.questions)
    cut = pages(found.questionnaire)
    languages = ", ".join(found.questionnaire.languages)
    click.echo(f"{study}: no faults. {questions} questions on {len(cut)} pages, in {languages}.")
    click.echo(f"Version {found.version[:12]}. Next: earshot publish {study}")
