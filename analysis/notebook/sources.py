"""Arrays and data frames → an Arrow table, without asking which library made them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa
from pyarrow import interchange

from analysis.problems import DataProblem


def as_arrow(source: object) -> pa.Table:
    """Return a mapping of arrays or a data frame as an Arrow table. Raises DataProblem."""
    if isinstance(source, Mapping):
        columns = {str(name): _array(str(name), values) for name, values in source.items()}
        lengths = {name: len(values) for name, values in columns.items()}
        first = next(iter(lengths), "")
        odd = next((name for name, length in lengths.items() if length != lengths[first]), None)
        if odd is not None:
            raise DataProblem(
                "ragged_columns", column=odd, value=lengths[odd], other=first, rows=lengths[first]
            )
        return pa.table(columns)
    if hasattr(source, "__arrow_c_stream__"):
        return pa.table(source)
    if hasattr(source, "__dataframe__"):
        return interchange.from_dataframe(source)
    raise DataProblem("unreadable_source", value=f"a {type(source).__name__}")


def _array(name: str, values: Any) -> Any:
    """Return a column's values, of one dimension; numbers and words together are words."""
    if isinstance(values, (pa.Array, pa.ChunkedArray)):
        return values
    found = np.asarray(values) if hasattr(values, "__array__") else np.asarray([*values], dtype=object)
    if found.ndim != 1:
        shape = " x ".join(map(str, found.shape))
        raise DataProblem("unreadable_source", value=f"column '{name}' of shape {shape}")
    try:
        return pa.array(found, from_pandas=True)
    except (pa.ArrowInvalid, pa.ArrowTypeError):
        words = [None if one is None or one != one else str(one) for one in found.tolist()]
        return pa.array(words, pa.string())
