"""`earshot audit`: what can be said of a published figure, and what cannot."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from analysis.evidence.auditing import AuditRequest, Own
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
def audit(file: str | None, form: str, **options: Any) -> None:
    """Audit a published share, or the figures in FILE: a study folder or a published.yaml.

    Which numbers of people can give it, its interval, what a part implies for the others, whether the figures
    contradict each other; and with --data whether our own answers say the same.

    \b
    Examples
      earshot audit --share 34% --n 2030 --part 60% --part-name 24-34 --segments 6
      earshot audit my_study --id complain_online
      earshot audit --share 34% --n 2030 --data answers.csv --question online --choice 1 --equivalence 3%
    """
    from analysis.evidence.auditing import audit as run
    from analysis.problems import DataProblem
    from analysis.rows import check_format, printed

    try:
        check_format(form)
        audits = run(request_of(file, options))
        text = printed(audits, audits.rows(), form)
    except DataProblem as problem:
        click.echo(f"earshot audit: {problem.message}", err=True)
        raise SystemExit(1) from None
    click.echo(text, nl=False)


# What a file of figures says itself; the other options of a claim hold for its figures too.
_OF_A_FILE = ("share", "n", "part", "part_n", "adds_up", "known", "unknown")


def request_of(file: str | None, options: dict[str, Any]) -> AuditRequest:
    """Read the options into one request. Raises DataProblem for what does not go together."""
    from pathlib import Path

    from analysis.evidence.auditing import AuditRequest
    from analysis.problems import DataProblem

    own = _own(options)
    if file is None:
        if options["ids"]:
            raise DataProblem("option_needs", option="--id", needed="FILE")
        if options["share"] is None and options["adds_up"] is None:
            raise DataProblem("audit_nothing")
        return AuditRequest(_claim(options), own=own)
    for name in _OF_A_FILE:
        if options[name] is not None:
            raise DataProblem("audit_twice", option=f"--{name.replace('_', '-')}", value=file)
    return AuditRequest(_claim(options), Path(file), tuple(options["ids"]), own)


def _claim(options: dict[str, Any]) -> Claim:
    from analysis.evidence.claim import EFFECTS, PLAUSIBLE, Claim
    from analysis.evidence.stated import names_of, number_of_share, stated
    from analysis.problems import DataProblem

    if options["part_n"] is not None and options["part"] is None:
        raise DataProblem("option_needs", option="--part-n", needed="--part")
    if options["part"] is not None and options["share"] is None:
        raise DataProblem("option_needs", option="--part", needed="--share")
    return Claim(
        name="all",
        whole=None if options["share"] is None else stated("--share", options["share"]),
        n=options["n"],
        part_name=options["part_name"],
        part=None if options["part"] is None else stated("--part", options["part"]),
        part_n=options["part_n"],
        addends=tuple(stated("--adds-up", share) for share in names_of(options["adds_up"])),
        part_shares=tuple(number_of_share("--part-share", share) for share in options["part_shares"])
        or PLAUSIBLE,
        segments=options["segments"],
        weighted=options["weighted"],
        effects=options["effects"] or EFFECTS,
        level=number_of_share("--level", options["level"]),
        facts_known=names_of(options["known"]),
        facts_unknown=names_of(options["unknown"]),
    )


def _own(options: dict[str, Any]) -> Own | None:
    """Read what is asked of our own data; None where there is none."""
    from pathlib import Path

    from analysis.evidence.auditing import Own
    from analysis.evidence.stated import number_of_share
    from analysis.files.formats import open_file
    from analysis.option_words import read_request
    from analysis.problems import DataProblem
    from analysis.table.design import Design

    if options["data"] is None:
        for name in ("question", "choice", "equivalence"):
            if options[name] is not None:
                raise DataProblem("option_needs", option=f"--{name}", needed="--data")
        return None
    for name in ("question", "choice"):
        if options[name] is None:
            raise DataProblem("option_needs", option="--data", needed=f"--{name}")
    design = Design(*(options[name] for name in ("weight", "strata", "cluster", "fpc", "lonely")))
    more = {name: options[name] for name in ("nets", "multi", "bands", "where", "missing")}
    equivalence = options["equivalence"]
    margin = None if equivalence is None else number_of_share("--equivalence", equivalence)
    data = Path(options["data"])
    request = read_request(open_file(data).names, questions=(options["question"],), design=design, **more)
    return Own(data, request, options["choice"], margin)
