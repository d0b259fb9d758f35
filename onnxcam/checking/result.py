"""What came of a policy."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from onnxcam.checking.findings import Finding
from onnxcam.checking.policy import Policy

__all__ = ["Check"]


@dataclasses.dataclass(frozen=True, slots=True)
class Check:
    """What came of a policy.

    Attributes:
        policy: The policy.
        findings: What was found of each demand, in the policy's order.
        notes: What the reader must know.
        report_path: The page that shows it; None where none was asked for, or what makes it is not installed.
    """

    policy: Policy
    findings: tuple[Finding, ...]
    notes: tuple[str, ...]
    report_path: Path | None = None

    @property
    def passed(self) -> bool:
        """Whether everything is as demanded."""
        return all(one.is_passed for one in self.findings)

    @property
    def missed(self) -> tuple[Finding, ...]:
        """The findings that are not."""
        return tuple(one for one in self.findings if not one.is_passed)
