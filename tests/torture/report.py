"""What a torture run found, in the words that every run prints."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


class Skipped(Exception):
    """Why a part cannot run on this machine."""


@dataclass(frozen=True)
class Control:
    """A run that is weakened on purpose: it must go wrong, or the test would not see what it looks for."""

    weakened: str
    went_wrong: bool
    seen: str

    def __str__(self) -> str:
        verdict = "went wrong, as it must" if self.went_wrong else "DID NOT GO WRONG: this run proves nothing"
        return f"{self.weakened}: {self.seen} ({verdict})"


@dataclass(frozen=True)
class Outcome:
    """One part on one database. `faults` are sentences; with none, and every control wrong, it has passed."""

    name: str
    seed: int
    acknowledged: int
    lost: int
    duplicated: int
    corrupt: int
    controls: tuple[Control, ...]
    measured: Mapping[str, str | int | float] = field(default_factory=dict)
    faults: tuple[str, ...] = ()

    @property
    def passed(self) -> bool:
        sound = not (self.lost or self.duplicated or self.corrupt or self.faults)
        return sound and bool(self.controls) and all(one.went_wrong for one in self.controls)

    @property
    def bound(self) -> float:
        """The rule of three: the share that may be lost with 95 % confidence where none of N was."""
        return 3 / self.acknowledged if self.acknowledged else float("nan")

    def __str__(self) -> str:
        counted = (
            f"  acknowledged {self.acknowledged:,}  lost {self.lost}  duplicated {self.duplicated}  "
            f"corrupt {self.corrupt}  bound 3/N {self.bound:.2g}  seed {self.seed}"
        )
        lines = [f"{self.name}: {'passed' if self.passed else 'FAILED'}", counted]
        if self.measured:
            lines.append("  " + "  ".join(f"{name} {_shown(value)}" for name, value in self.measured.items()))
        lines += [f"  control, {control}" for control in self.controls] or ["  NO CONTROL WAS RUN"]
        return "\n".join([*lines, *(f"  fault: {fault}" for fault in self.faults)])


def _shown(value: str | int | float) -> str:
    return f"{value:.3g}" if isinstance(value, float) else f"{value:,}" if isinstance(value, int) else value
