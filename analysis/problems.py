"""What can be wrong with a person's data or request, and what to do about it: every message in one place."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

CODES: Mapping[str, str] = MappingProxyType(
    {
        # the file
        "file_not_found": "there is no file '{value}': check the path",
        "file_unsupported": "'{value}' is not a kind of file that can be read: use {known}",
        "file_unreadable": "'{value}' cannot be read ({reason}): check that it is a whole {kind} file",
        "formats_missing": "reading '{value}' needs the extra 'formats': pip install 'earshot[formats]'",
        "ragged_row": "row {row} has {value} cells where the header has {expected}: correct that row "
        "(an unquoted '{delimiter}' inside a cell is the usual cause)",
        "no_rows": "'{value}' holds no rows below its header: add the rows, or name another file",
        "folder_empty": "folder '{value}' holds no .parquet file, itself or in 'responses': name a file, or a "
        "snapshot",
        "part_differs": "'{value}' has other columns than the first file of its folder ('{column}' is in one "
        "only): keep files of one kind in a folder",
        # names
        "no_question": "nothing to tabulate: name a column with --question (the file has {known})",
        "unknown_column": "there is no column '{value}' in the file: {near}",
        "unknown_choice": "column '{column}' has no choice '{value}': it has {known}",
        "unknown_option": "{option} knows no '{value}': use one of {known}",
        "bad_option": "{option} '{value}' cannot be read: write it as {form}",
        "unused_option": "{option} names '{column}', which is in no {places}: add --question '{column}', or "
        "leave it out",
        "name_taken": "'{value}' is already a choice of '{column}': give the net another name",
        "named_twice": "{option} names '{value}' twice: keep one of them, or give one another name",
        "too_many_choices": "column '{column}' has {value} different values, more than {limit}: it looks "
        "like an id or a number; name another column, or cut it into bands: --bands '{column}=LOW-HIGH,LOW+'",
        "too_many_lines": "the table of '{column}' would have {value} figures ({choices} choices by "
        "{segments} segments), more than {limit}: cut numbers with --bands, take quantiles of a number in a "
        "notebook, keep fewer with --where{remedy}",
        "multi_mixed": "column '{column}' of the set is coded yes and no, but holds '{value}' too: if that "
        "means no answer, add --missing '{value}'; otherwise recode the column",
        # comparing
        "compare_no_by": "nothing to compare: name the column of the segments with --by",
        "too_many_pairs": "--by makes {value} segments, so {pairs} pairs to compare, more than {limit}: cut "
        "numbers with --bands, or keep fewer segments with --where",
        "bad_equivalence": "--equivalence {value} is no margin: give a share between 0 and 1, such as 0.05",
        "bad_probability": "{value} is no probability of a quantile: give a number between 0 and 1, such as 0.5",
        "bad_level": "--level {value} is no confidence level: give a number above 0.5 and below 1, such as 0.95",
        "grid_short": "--quality '{value}' is a grid of {count}, and needs {least} items or more: one answer to fewer "
        "is nothing unusual; name the grid's other items, or leave the check out",
        # bands
        "bad_bands": "the band '{value}' of column '{column}' cannot be used: {reason}; "
        "write bands like 18-23,24-34,35+",
        "not_a_number": "column '{column}', row {row}: '{value}' is not a number, so it falls in no band; "
        "if it means no answer, add --missing '{value}'",
        # design
        "bad_weight": "weight column '{column}', row {row}: {value} is not a weight; "
        "a weight is 0 or a number from 1e-50 to 1e50: correct it, or put 0 for a person who must not count",
        "weights_zero": "all weights in column '{column}' are 0: at least one person must count",
        "design_missing": "{role} column '{column}' is empty in row {row}: every row needs one; "
        "fill it in or leave the column out of the design",
        "too_many_units": "{role} column '{column}' has more than {limit} different values: it looks like an id of "
        "people; people drawn one by one need no such column: leave it out, or name that of the first-stage units",
        "bad_fpc": "fpc column '{column}', row {row}: {value} is neither a number of units in the "
        "population (above 1) nor a sampling fraction (above 0, at most 1)",
        "fpc_varies": "fpc column '{column}', row {row}: {value} differs from {other} given before: {rule}",
        "fpc_mixed": "fpc column '{column}' holds {value} beside {other}: give the number of units in the "
        "population (1 or more) in every stratum, or the sampling fraction (at most 1) in every stratum",
        "fpc_small": "fpc column '{column}' says that {place} {value} {units} in the "
        "population, but the sample holds {sample}: give the population's number, not the sample's",
        "lonely_stratum": "stratum '{value}' of column '{column}' has only one {unit}, so its variance "
        "cannot be estimated: merge it with a similar one, or choose --lonely certainty, adjust or average",
        "lonely_all": "no stratum of column '{column}' has two {unit}s, so --lonely average has nothing "
        "to average: merge strata, or choose --lonely adjust",
        "one_unit": "the data hold only one {unit}, so no sampling error can be estimated: add the others' rows, "
        "or name the column of strata or clusters that belongs to this design",
        # snapshots (read by analysis.table.responses)
        "snapshot_missing": "'{value}' is not a snapshot: it has no manifest.json; make one with "
        "earshot snapshot",
        "snapshot_schema": "snapshot '{value}' has schema version {found}, this program reads {known}: "
        "make the snapshot again with earshot snapshot",
        "snapshot_altered": "file '{file}' of snapshot '{value}' is not the one its manifest names: it was "
        "changed after it was made; make the snapshot again with earshot snapshot",
        "snapshot_column": "snapshot '{value}' lacks column '{column}': make it again with earshot snapshot",
        "snapshot_empty": "snapshot '{value}' holds no finished response: there is nothing to report yet",
        # weighting
        "margin_unknown": "margin '{column}' is not among the weighting variables: these are {known}",
        "margin_bad_share": "margin '{column}', category '{value}': {share} is not a share; "
        "shares are numbers of 0 or more with a sum above 0, counts at most 1e15",
        "margin_category_empty": "margin '{column}', category '{value}': the population has it (share "
        "{share}), the sample has nobody in it ({near}); write it as the sample does, or merge it with a "
        "neighbouring category",
        "margin_zero_target": "margin '{column}', category '{value}': the population share is 0, but the sample "
        "has {people} in it; correct the margin or leave them out of the file",
        "raking_stuck": "raking did not settle in {iterations} rounds; margin '{column}', category '{value}' "
        "is furthest off (share {share}, wanted {target}): the margins contradict each other in this sample; "
        "merge small categories or drop a margin",
        "margins_infeasible": "no weights {limits} meet everything: {what} comes no nearer than {nearest} to its "
        "{target} while the rest holds; {remedy}",
        "mean_outside": "no weights bring '{column}' to a mean of {value}: its values lie between {low} and {high}; "
        "correct the mean or the sum",
        "total_infeasible": "no weights {limits} add up to {value}: they come no nearer than {nearest}; set wider "
        "limits, or another --total",
        "calibration_stuck": "weighting did not settle (steps: {iterations}, gap: {value}), though nothing "
        "contradicts anything: use another --method, or other limits",
        "bad_limits": "there are no weights {value}: the limits of some people lie apart; set wider --bounds or --trim",
        "trim_impossible": "weights cannot all lie within {value}, as their mean is {mean}: set limits around the mean",
        "no_margin": "nothing to weight to: give --margin, --population, --cell with --cells, --mean or --sum "
        "(the file has {known})",
        "margin_repeated": "margin '{column}' is given twice: give each margin once",
        "margin_sum": "the shares of margin '{column}' ({shares}) add up to {value}, not to 1: correct them, or "
        "give counts of people",
        "margin_totals_differ": "margin '{column}' counts {value} people, margin '{other}' counts {total}: give "
        "both for one population, or as shares",
        "margin_categories": "margin '{column}' names '{value}', but no category of the column: it has {known}; "
        "write the column's own values, or cut numbers with --bands",
        "bands_unused": "--bands names '{column}', which is in no margin: add a margin for it, or leave it out",
        "total_unknown": "the sum of '{column}' needs the number of people in the population: add --total, or "
        "give the mean with --mean",
        "method_means": "--method {method} brings categories to their shares, not the mean or sum of '{value}': "
        "use --method linear, logit or raking-distance",
        "method_margins": "--method poststratify takes one margin of categories, not {value}: use --cell "
        "with --cells for their combinations, or --method rake",
        "number_missing": "column '{column}', row {row}: {value} is not a number, so its mean cannot be met: fill "
        "it in, or leave the column out",
        "population_unreadable": "'{value}' cannot be read as a population: {reason}",
        "cells_apart": "--cell and --cells go together: name the columns and the file with their combinations",
        "cells_columns": "'{value}' has the columns {known}: give it the columns {form}, the last with shares or "
        "counts",
        "cells_row": "'{value}', row {row}: a combination stands twice, lacks a value or a number: correct it",
        "weights_negative": "{people} would get a weight below 0, the first in row {row}: use --method {known}, or "
        "keep weights from 0 up with --bounds",
        "weight_beyond": "row {row} would get the weight {value}, which cannot be computed with: a weight is 0 or "
        "from 1e-50 to 1e50; set another --total, or look at the margins and base weights",
        "column_taken": "the file already has a column '{column}': choose another with --name",
        "file_itself": "'{value}' is the file that is weighted, which stays as it is: choose another --to",
        "file_exists": "'{value}' is already there: choose another --to, or add --force",
        "file_unwritable": "'{value}' cannot be written: {reason}",
        "recipe_unreadable": "'{value}' cannot be read as the weights of a file ({reason}): make it again with "
        "earshot weight",
        "recipe_unfit": "'{value}' does not belong to this file: {reason}; weight the file again, or take its "
        "weights as fixed, without a recipe",
        "logit_limits": "the method logit needs factors between two limits around 1: add for example "
        "--bounds 0.3,3",
        # planning and evidence
        "plan_nothing": "nothing to plan: give --margin, --segment-margin or --difference, or --n for what a "
        "number of people can show",
        "plan_range": "{option} {value} is out of range: give {form}",
        "option_needs": "{option} needs {needed} beside it: add it",
        "audit_nothing": "nothing to audit: give --share, or a study folder or a published.yaml",
        "audit_twice": "{option} is of a claim given by options, and '{value}' is a file of claims: give one of "
        "both",
        "published_unreadable": "'{value}' cannot be read: {reason}",
        "figure_unknown": "there is no figure '{value}' in the file: it has {known}",
        "one_question": "a reply-time curve is of one question with choices, without sets and nets, not of "
        "{value}: name one",
        "limit_missing": "no limit is given for {value} of '{column}' (there are {known}): give one such as "
        "15 min, 4 h, 3 days, none or aside, or name the value as missing",
        "invented_size": "{value} cannot be invented: give 1 to 10,000,000 people and 2 to {most} cells",
        "figures_contradict": "these figures cannot all be true of the same people: {figures}; change one of "
        "them, nothing is fudged",
        "figures_not_whole": "no {value} whole people have all of these shares ({figures}): give more people",
        # in a notebook
        "unreadable_source": "{value} cannot be read as a table: give a path, a mapping of column names to "
        "arrays of one dimension, or a data frame",
        "ragged_columns": "column '{column}' has {value} values, '{other}' has {rows}: columns need the same "
        "number of values, None where there is none",
        "not_numbers": "column '{column}', row {row}: '{value}' is not a number: name a column of numbers, take "
        "the shares of its choices with tabulate, or, if it means no answer, add missing=['{value}']",
        "number_beyond": "column '{column}', row {row}: {value} cannot be computed with: a number is 0, or lies "
        "between {smallest} and {largest} in size; correct it, or, if it means no answer, name it as missing",
        "times_wrong": "the time of case {row} cannot be used ({value}): {reason}",
        "synthetic_refused": "'{value}' holds synthetic answers ({reason}): nothing follows from them, so "
        "{verb} refuses them; use real answers",
    }
)


class DataProblem(Exception):
    """A fault in the data or the request, said so that a person can put it right.

    `code` is a key of CODES; `column`, `value` and `row` (counted as a spreadsheet shows it) are None where
    they do not apply; `message` is one line. Frozen by convention: nothing changes one after it is raised.
    """

    def __init__(
        self,
        code: str,
        *,
        column: str | None = None,
        value: object = None,
        row: int | None = None,
        **words: object,
    ) -> None:
        self.code = code
        self.column = column
        self.value = value
        self.row = row
        text = CODES[code].format(column=column, value=value, row=row, **words)
        self.message = " ".join(text.split())
        super().__init__(self.message)
