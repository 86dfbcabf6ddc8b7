"""`earshot audit`: what can be said of a published figure, and what cannot."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from analysis.evidence.auditing import Audits, Own
    from analysis.evidence.claim import Claim


@click.command(
    epilog="""\b
Verdicts: consistent (something that could have failed did not), inconsistent, not checkable.
Exit code 0 whatever the verdict, or 1 with one line on standard error that says what to do."""
)
@click.argument("file", required=False)
@click.option("--id", "ids", multiple=True, metavar="ID", help="Audit this figure of FILE (repeatable).")
@click.option("--share", metavar="SHARE", help="The published share as printed: its digits count.")
@click.option("--n", type=int, metavar="N", help="How many people it is of.")
@click.option("--part", metavar="SHARE", help="The published share of a part of the same people.")
@click.option(
    "--part-name", default="part", show_default=True, metavar="NAME", help="What the part is called."
)
@click.option("--part-n", type=int, metavar="N", help="How many people the part is.")
@click.option(
    "--part-share",
    "part_shares",
    multiple=True,
    metavar="SHARE",
    help="A plausible size of the part, where it is unknown (repeatable).  [default: 10%, 14%, 17%, 25%, 30%]",
)
@click.option(
    "--segments",
    default=2,
    show_default=True,
    metavar="K",
    help="From how many segments the part was picked.",
)
@click.option("--adds-up", metavar="SHARE,…", help="All shares of a question of which one could be chosen.")
@click.option("--weighted", is_flag=True, help="The shares are weighted: they need not be counts of people.")
@click.option(
    "--deff",
    "effects",
    type=float,
    multiple=True,
    metavar="D",
    help="A design effect that the published sample may have (repeatable).  [default: 1, 1.5, 2]",
)
@click.option("--level", default="95%", show_default=True, metavar="SHARE", help="Confidence of intervals.")
@click.option("--known", metavar="FACT,…", help="Facts that the source tells.")
@click.option("--unknown", metavar="FACT,…", help="Facts that it does not.")
@click.option("--data", metavar="FILE", help="Own answers to hold the share against.")
@click.option("--question", metavar="COL", help="Own data: the column, or the set of --multi.")
@click.option("--choice", metavar="NAME", help="Own data: the choice or net that the share is of.")
@click.option("--equivalence", metavar="SHARE", help="Own data: shares within this margin count as the same.")
@click.option("--net", "nets", multiple=True, metavar="COL:NAME=CHOICE|CHOICE", help="As in tabulate.")
@click.option("--multi", multiple=True, metavar="NAME=COL,COL", help="As in tabulate.")
@click.option("--bands", multiple=True, metavar="COL=BANDS", help="As in tabulate.")
@click.option("--where", multiple=True, metavar="COL=VALUE", help="As in tabulate.")
@click.option("--missing", multiple=True, metavar="VALUE", help="As in tabulate.")
@click.option("--weight", metavar="COL", help="Own data: column of weights.")
@click.option("--strata", metavar="COL", help="Own data: column of strata.")
@click.option("--cluster", metavar="COL", help="Own data: column of clusters.")
@click.option("--fpc", metavar="COL", help="Own data: column of population sizes of strata.")
@click.option("--lonely", default="fail", show_default=True, metavar="RULE", help="As in tabulate.")
@click.option(
    "--format", "form", default="text", show_default=True, metavar="FORM", help="text, csv or json."
)
def audit(file: str | None, form: str, **asked: Any) -> None:
    """Audit a published share, or the figures in FILE: a study folder or a published.yaml.

    Which numbers of people can give it, its interval, what a part implies for the others, whether the figures
    contradict each other; and with --data whether our own answers say the same.

    \b
    Examples
      earshot audit --share 34% --n 2030 --part 60% --part-name 24-34 --segments 6
      earshot audit my_study --id complain_online
      earshot audit --share 34% --n 2030 --data answers.csv --question online --choice 1 --equivalence 3%
    """
    from analysis.problems import DataProblem
    from analysis.rows import check_format, printed

    try:
        check_format(form)
        found = _audits(file, asked)
        text = printed(found, found.rows(), form)
    except DataProblem as problem:
        click.echo(f"earshot audit: {problem.message}", err=True)
        raise SystemExit(1) from None
    click.echo(text, nl=False)


# What a file of figures says itself; the other options of a claim hold for its figures too.
_OF_A_FILE = ("share", "n", "part", "part_n", "adds_up", "known", "unknown")


def _audits(file: str | None, asked: dict[str, Any]) -> Audits:
    from pathlib import Path

    from analysis.evidence.auditing import audit_claim, audit_file
    from analysis.problems import DataProblem

    own = _own(asked)
    if file is None:
        if asked["ids"]:
            raise DataProblem("option_needs", option="--id", needed="FILE")
        if asked["share"] is None and asked["adds_up"] is None:
            raise DataProblem("audit_nothing")
        return audit_claim(_claim(asked), own)
    for name in _OF_A_FILE:
        if asked[name] is not None:
            raise DataProblem("audit_twice", option=f"--{name.replace('_', '-')}", value=file)
    return audit_file(Path(file), asked["ids"], own, _assumed(asked))


def _assumed(asked: dict[str, Any]) -> dict[str, Any]:
    """Return the parts of a claim that no source gives."""
    from analysis.evidence.claim import EFFECTS, PLAUSIBLE
    from analysis.evidence.options import number_of_share

    return {
        "part_shares": tuple(number_of_share("--part-share", one) for one in asked["part_shares"])
        or PLAUSIBLE,
        "segments": asked["segments"],
        "weighted": asked["weighted"],
        "effects": asked["effects"] or EFFECTS,
        "level": number_of_share("--level", asked["level"]),
    }


def _claim(asked: dict[str, Any]) -> Claim:
    from analysis.evidence.claim import Claim
    from analysis.evidence.options import names_of
    from analysis.evidence.stated import stated
    from analysis.problems import DataProblem

    if asked["part_n"] is not None and asked["part"] is None:
        raise DataProblem("option_needs", option="--part-n", needed="--part")
    if asked["part"] is not None and asked["share"] is None:
        raise DataProblem("option_needs", option="--part", needed="--share")
    return Claim(
        name="all",
        whole=None if asked["share"] is None else stated("--share", asked["share"]),
        n=asked["n"],
        part_name=asked["part_name"],
        part=None if asked["part"] is None else stated("--part", asked["part"]),
        part_n=asked["part_n"],
        addends=tuple(stated("--adds-up", one) for one in names_of(asked["adds_up"])),
        known=names_of(asked["known"]),
        unknown=names_of(asked["unknown"]),
        **_assumed(asked),
    )


def _own(asked: dict[str, Any]) -> Own | None:
    """Read what is asked of our own data; None where there is none."""
    from pathlib import Path

    from analysis.evidence.auditing import Own
    from analysis.evidence.options import number_of_share
    from analysis.files.formats import open_file
    from analysis.option_words import read_request
    from analysis.problems import DataProblem
    from analysis.table.design import Design

    needed = ("question", "choice")
    if asked["data"] is None:
        given = next((name for name in (*needed, "equivalence") if asked[name] is not None), None)
        if given is not None:
            raise DataProblem("option_needs", option=f"--{given}", needed="--data")
        return None
    for name in needed:
        if asked[name] is None:
            raise DataProblem("option_needs", option="--data", needed=f"--{name}")
    design = Design(*(asked[name] for name in ("weight", "strata", "cluster", "fpc", "lonely")))
    more = {name: asked[name] for name in ("nets", "multi", "bands", "where", "missing")}
    margin = None if asked["equivalence"] is None else number_of_share("--equivalence", asked["equivalence"])
    file = Path(asked["data"])
    request = read_request(open_file(file).names, questions=(asked["question"],), design=design, **more)
    return Own(file, request, asked["choice"], margin)
