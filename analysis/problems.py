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
        "no_rows": "'{value}' holds no rows below its header: nothing can be tabulated",
        # names
        "no_question": "nothing to tabulate: name a column with --question (the file has {known})",
        "unknown_column": "there is no column '{value}' in the file: {near}",
        "unknown_choice": "column '{column}' has no choice '{value}': it has {known}",
        "unknown_option": "{option} knows no '{value}': use one of {known}",
        "bad_option": "{option} '{value}' cannot be read: write it as {form}",
        "unused_option": "{option} names '{column}', which is neither tabulated nor a by-column: "
        "add --question '{column}' or --by '{column}'",
        "name_taken": "'{value}' is already a choice of '{column}': give the net another name",
        "too_many_choices": "column '{column}' has {value} different values, more than {limit}: it looks "
        "like an id or a number; name another column, or cut it into bands: --bands '{column}=LOW-HIGH,LOW+'",
        "multi_mixed": "column '{column}' of the set is coded yes and no, but holds '{value}' too: if that "
        "means no answer, add --missing '{value}'; otherwise recode the column",
        # bands
        "bad_bands": "the band '{value}' of column '{column}' cannot be used: {reason}; "
        "write bands like 18-23,24-34,35+",
        "not_a_number": "column '{column}', row {row}: '{value}' is not a number, so it falls in no band; "
        "if it means no answer, add --missing '{value}'",
        # design
        "bad_weight": "weight column '{column}', row {row}: {value} is not a weight; "
        "a weight is a number of 0 or more: correct it, or put 0 for a person who must not count",
        "weights_zero": "all weights in column '{column}' are 0: at least one person must count",
        "design_missing": "{role} column '{column}' is empty in row {row}: every row needs one; "
        "fill it in or leave the column out of the design",
        "bad_fpc": "fpc column '{column}', row {row}: {value} is neither a number of units in the "
        "population (above 1) nor a sampling fraction (above 0, at most 1)",
        "fpc_varies": "fpc column '{column}', row {row}: {value} differs from {other} given before for "
        "stratum '{stratum}'; every row of a stratum needs the same number",
        "fpc_small": "fpc column '{column}' says that stratum '{stratum}' has {value} {units} in the "
        "population, but the sample holds {sample}: give the population's number, not the sample's",
        "lonely_stratum": "stratum '{value}' of column '{column}' has only one {unit}, so its variance "
        "cannot be estimated: merge it with a similar one, or choose --lonely certainty, adjust or average",
        "lonely_all": "no stratum of column '{column}' has two {unit}s, so --lonely average has nothing "
        "to average: merge strata, or choose --lonely adjust",
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
        "shares are numbers of 0 or more with a sum above 0",
        "margin_category_empty": "margin '{column}', category '{value}': the population has it (share "
        "{share}), the sample has nobody in it; merge it with a neighbouring category",
        "margin_zero_target": "margin '{column}', category '{value}': {count} people are in the sample, but "
        "the population share is 0; correct the margin or leave these people out",
        "raking_stuck": "raking did not settle in {iterations} rounds; margin '{column}', category '{value}' "
        "is furthest off (share {share}, wanted {target}): the margins contradict each other in this sample; "
        "merge small categories or drop a margin",
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
