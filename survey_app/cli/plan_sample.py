"""`earshot plan-sample`: how many people a study needs, or what a given number can show."""

from __future__ import annotations

from typing import Any

import click


@click.command(
    "plan-sample",
    epilog="""\b
Shares are written as 34% or 0.34. Several wishes at once: the largest number meets them all.
Exit code 0, or 1 with one line on standard error that says what to do.""",
)
@click.option("--share", default="50%", show_default=True, metavar="SHARE", help="The share expected.")
@click.option("--margin", metavar="SHARE", help="Wanted: half the interval's width, for everyone.")
@click.option("--segment-margin", metavar="SHARE", help="Wanted: the same in each segment.")
@click.option("--difference", metavar="SHARE", help="Wanted: to tell two segments apart that differ by this.")
@click.option("--n", type=int, metavar="N", help="Instead of a wish: what so many answers can show.")
@click.option(
    "--segments",
    metavar="NAME=SHARE,…",
    help="Segments as parts of the sample, or their number if they are equal: 18-23=12%,24+=88%, or 6.",
)
@click.option(
    "--ratio", default=1.0, show_default=True, metavar="R", help="Two segments only: second to first."
)
@click.option("--level", default="95%", show_default=True, metavar="SHARE", help="Confidence of intervals.")
@click.option("--alpha", default=0.05, show_default=True, metavar="A", help="Error rate of tests, two-sided.")
@click.option(
    "--power", default="80%", show_default=True, metavar="SHARE", help="Chance to find a difference."
)
@click.option(
    "--adjust",
    default="bonferroni",
    show_default=True,
    type=click.Choice(["bonferroni", "none"]),
    help="Share the error rate among all pairs of segments, or not.",
)
@click.option("--interval", default="wilson", show_default=True, metavar="METHOD", help="wilson or normal.")
@click.option("--deff", default=1.0, show_default=True, metavar="D", help="Design effect, where it is known.")
@click.option(
    "--cluster-size", type=float, metavar="M", help="People in a cluster; multiplies 1 + (M-1)·ICC."
)
@click.option("--icc", default=0.0, show_default=True, metavar="RHO", help="Intraclass correlation.")
@click.option(
    "--weight-cv",
    default=0.0,
    show_default=True,
    metavar="CV",
    help="Coefficient of variation of the weights; multiplies 1 + CV².",
)
@click.option("--population", type=int, metavar="N", help="People in the population, if it is small.")
@click.option(
    "--response-rate",
    default="100%",
    show_default=True,
    metavar="SHARE",
    help="Who answers of those invited.",
)
@click.option(
    "--format", "form", default="text", show_default=True, metavar="FORM", help="text, csv or json."
)
def plan_sample(form: str, **options: Any) -> None:
    """Say how many people must answer, and how many to invite, for a margin of error or a difference.

    \b
    Examples
      earshot plan-sample --share 34% --margin 2%
      earshot plan-sample --share 34% --difference 10% --segments 6 --deff 1.5 --response-rate 20%
      earshot plan-sample --share 34% --n 2030 --segments 18-23=12%,24-34=18%,35+=70%
    """
    from analysis.evidence.planning import Wish
    from analysis.evidence.planning import plan_sample as run
    from analysis.evidence.sample_size import Fielding
    from analysis.evidence.stated import number_of_share, segments_of
    from analysis.problems import DataProblem
    from analysis.rows import check_format, printed

    try:
        check_format(form)
        fielding = Fielding(
            design_effect=options["deff"],
            response_rate=number_of_share("--response-rate", options["response_rate"]),
            **{name: options[name] for name in ("cluster_size", "icc", "weight_cv", "population")},
        )
        shares = {
            name: None
            if options[name] is None
            else number_of_share(f"--{name.replace('_', '-')}", options[name])
            for name in ("share", "margin", "segment_margin", "difference", "level", "power")
        }
        wish = Wish(
            **shares,
            **{name: options[name] for name in ("n", "ratio", "alpha", "interval")},
            segments=segments_of(options["segments"]),
            bonferroni=options["adjust"] != "none",
            fielding=fielding,
        )
        plan = run(wish)
        text = printed(plan, [need.as_row() for need in plan.needs], form)
    except DataProblem as problem:
        click.echo(f"earshot plan-sample: {problem.message}", err=True)
        raise SystemExit(1) from None
    click.echo(text, nl=False)
