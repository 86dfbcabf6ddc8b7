"""Do groups get their replies equally fast? The log-rank test, for plain cases and for a sampling design."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from scipy.special import chdtrc

from analysis.estimators.design_variance import staged
from analysis.estimators.significance import p_text
from analysis.expectations.events import Observed, Risks, by_group, check_observed, risks_of
from analysis.table.column import Codes, Numbers
from analysis.table.design import Design, Sample
from analysis.table.sums import SEGMENT

PLAIN, DESIGN = "plain", "design"
METHODS = (PLAIN, DESIGN)


@dataclass(frozen=True)
class LogRank:
    """The test's chi-square, degrees of freedom and p; None with a reason where nothing can be tested."""

    method: str
    chi_square: float | None
    df: int
    p: float | None
    reason: str = ""

    def as_row(self) -> dict[str, Any]:
        """Return the test as a row."""
        return asdict(self)

    def __str__(self) -> str:
        if self.chi_square is None or self.p is None:
            return f"Log-rank: not tested, {self.reason}"
        return (
            f"Log-rank ({self.method}): chi-square {self.chi_square:.4g} on {self.df} df, p {p_text(self.p)}"
        )


def log_rank(
    observed: Observed,
    group: Codes,
    *,
    sample: Sample | None = None,
    design: Design | None = None,
    method: str | None = None,
) -> LogRank:
    """Test whether groups (codes from 0, shape (cases,)) have one curve.

    "plain": hypergeometric variance of Σ(observed - expected) (Mantel 1966; R survdiff). "design": linearised
    variance of the same weighted sum under the design (Rader 2014; R svylogrank), chi-square.
    Raises DataProblem as `kaplan_meier`.
    """
    chosen = check_observed(observed, sample, method, METHODS, (PLAIN, DESIGN))
    risks = risks_of(observed, sample, group)
    groups = int(group.max(initial=0)) + 1
    at_risk, events = by_group(risks, groups)
    if groups < 2 or (at_risk[0] > 0).sum() < 2:
        return LogRank(chosen, None, 0, None, "there is one group only")
    if not events.any():
        return LogRank(chosen, None, 0, None, "nothing was delivered")
    expected = at_risk * (risks.events / risks.at_risk)[:, None]
    score = (events - expected).sum(axis=0)
    if chosen == PLAIN:
        n, d, share = risks.at_risk, risks.events, at_risk / risks.at_risk[:, None]
        weight = np.where(n > 1, d * (n - d) / np.where(n > 1, n - 1, 1.0), 0.0)
        variance = np.diag(weight @ share) - (share * weight[:, None]).T @ share
    else:
        stage = staged(risks.sums, design or Design())
        variance = stage.covariance(np.arange(len(risks.sums.columns)), _scores(risks, at_risk))
    df = int(np.linalg.matrix_rank(variance, tol=1e-10 * max(float(np.abs(variance).max()), 1e-300)))
    if df == 0:
        return LogRank(chosen, None, 0, None, "the groups leave nothing to chance")
    # the groups' scores add up to 0, so one of them is left out by the inverse
    chi_square = float(score @ np.linalg.pinv(variance, rcond=1e-10, hermitian=True) @ score)
    return LogRank(chosen, chi_square, df, float(chdtrc(df, chi_square)))


def _scores(risks: Risks, at_risk: Numbers) -> Numbers:
    """Return each group of cases' part in the score, ∫(own group - share at risk)(dN - Y dΛ), (cases, groups)."""
    share = at_risk / risks.at_risk[:, None]
    hazard = risks.events / risks.at_risk
    own = np.eye(at_risk.shape[1])[risks.sums.columns[:, SEGMENT]]
    jump = risks.event[:, None] * (own - share[risks.place])
    drift = (
        own * hazard.cumsum()[risks.place][:, None] - (share * hazard[:, None]).cumsum(axis=0)[risks.place]
    )
    return np.asarray(jump - drift, dtype=np.float64)
