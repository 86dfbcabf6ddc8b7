"""Where answers stop, or are left out in a row: the sequence of what is missing."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Mask = NDArray[np.bool_]
STOPPED, GAP = 3, 5
"""Questions left out at the end, and in a row in between, from which on a row is flagged."""


def missing_sequence(
    answered: Mask, asked: Mask | None = None, stopped: int = STOPPED, gap: int = GAP
) -> tuple[Mask, Mask, NDArray[np.int64]]:
    """Return who stopped answering before the end, who left out a long run in between, and the longest run.

    `answered` and `asked` (rows, questions) are in the order of asking; None: everybody was asked everything.
    A row without any answer is neither: it has no sequence. All of shape (rows,).
    """
    put = np.ones_like(answered) if asked is None else asked
    given = answered & put
    inside = np.zeros(len(answered), dtype=np.int64)
    run = np.zeros(len(answered), dtype=np.int64)
    begun = np.zeros(len(answered), dtype=bool)
    for at in range(answered.shape[1]):
        now = given[:, at]
        # a run counts as a gap once an answer comes after it, and one came before it
        inside = np.where(now & begun, np.maximum(inside, run), inside)
        begun |= now
        run = np.where(now, 0, run + (put[:, at] & begun))
    return begun & (run >= stopped), inside >= gap, np.maximum(inside, run)
