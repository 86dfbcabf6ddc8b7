"""What every verb that makes a table of a data file is asked: columns, segments, design."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click


def of_a_table(verb: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Return a decorator that adds FILE and its options to a command; `verb` stands in their help."""
    asked = (
        click.argument("file"),
        click.option(
            "--question", "questions", multiple=True, metavar="COL", help=f"Column to {verb} (repeatable)."
        ),
        click.option("--by", multiple=True, metavar="COL", help="Column of segments; several are crossed."),
        click.option(
            "--bands",
            multiple=True,
            metavar="COL=BANDS",
            help="Cut a column of numbers into bands, ends included: age=18-23,24-34,35+ (repeatable).",
        ),
        click.option(
            "--net",
            "nets",
            multiple=True,
            metavar="COL:NAME=CHOICE|CHOICE",
            help="Add a union of choices as a further choice (repeatable).",
        ),
        click.option(
            "--multi",
            multiple=True,
            metavar="NAME=COL,COL",
            help=f"{verb.capitalize()} several columns as one multiple-response question (repeatable).",
        ),
        click.option(
            "--where",
            multiple=True,
            metavar="COL=VALUE",
            help="Keep these rows only; repeated: all must hold.",
        ),
        click.option("--weight", metavar="COL", help="Column of weights."),
        click.option(
            "--calibrated",
            type=click.Path(path_type=Path),
            metavar="FILE",
            help="How earshot weight made --weight; FILE's name.weights.json is found by itself.",
        ),
        click.option("--strata", metavar="COL", help="Column of strata."),
        click.option("--cluster", metavar="COL", help="Column of clusters; they nest in strata."),
        click.option(
            "--fpc",
            metavar="COL",
            help="Units in the population of the stratum, or the sampling fraction (at most 1).",
        ),
        click.option(
            "--lonely",
            default="fail",
            show_default=True,
            metavar="RULE",
            help="A stratum of one unit: fail, certainty, adjust or average.",
        ),
        click.option(
            "--level", default="95%", show_default=True, metavar="SHARE", help="Confidence of intervals."
        ),
        click.option(
            "--missing", multiple=True, metavar="VALUE", help="A value that means no answer (repeatable)."
        ),
    )

    def decorate(command: Callable[..., Any]) -> Callable[..., Any]:
        for one in reversed(asked):  # click lists the last one that was added first
            command = one(command)
        return command

    return decorate
