"""The report of a check: the verdict, what was missed with the pictures that missed it, and every demand."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from onnxcam.checking.findings import Finding
from onnxcam.checking.policy import Policy, Run
from onnxcam.reporting import PAGE, write_report
from onnxcam.reporting.page import Badge, Card, Column, Gallery, Link, Page, Section, Stack, Table, Tile, Tone, Verdict

__all__ = ["Outcome", "report_check"]


@dataclasses.dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a run.

    Attributes:
        run: The run.
        count: Records of its data set.
        findings: Of what is demanded of it.
        cards: The pictures by their keys; None where it has no report.
        notes: What the reader must know.
    """

    run: Run
    count: int
    findings: tuple[Finding, ...]
    cards: Mapping[str, Card] | None
    notes: tuple[str, ...]


def report_check(policy: Policy, outcomes: Sequence[Outcome], notes: tuple[str, ...], folder: Path) -> Path:
    """Write the report of a check into its folder, in which each run has one of its own; gives the page's path.

    Raises:
        InputError: The folder cannot be written to.
    """
    findings = [found for one in outcomes for found in one.findings]
    sections: list[Section] = [_demands(findings)]
    cards = tuple(_cards(outcomes))
    if cards:
        about = "Each misses a demand by itself, or pulls a mean that misses one; the worst of each stand first."
        groups = tuple(dict.fromkeys(name for card in cards for name in card.groups))
        sections.append(Gallery("Pictures that missed a demand", about, cards, "by demand", (), groups))
    with_page = [one.run.name for one in outcomes if one.cards is not None]
    page = Page(
        "check",
        f"Check of {policy.path.name}",
        ", ".join(f"{one.run.kind} {one.run.name}" for one in outcomes),
        _verdict(findings),
        tuple(_tiles(findings, outcomes)),
        tuple(sections),
        notes,
        {"policy": policy.path.name, "baseline": None if policy.baseline is None else policy.baseline.name},
        tuple(Link(f"report of {name}", f"{name}/{PAGE}") for name in with_page),
    )
    return write_report(page, folder)


def _verdict(findings: Sequence[Finding]) -> Verdict:
    missed = [one for one in findings if not one.is_passed]
    if not missed:
        met = "The only demand is" if len(findings) == 1 else f"All {len(findings)} demands are"
        return Verdict("good", f"Passed. {met} met.")
    text = f"Failed. {len(missed)} of {len(findings)} demands {'is' if len(missed) == 1 else 'are'} missed."
    return Verdict("bad", text, tuple(f"{one.run}: {one.message}." for one in missed))


def _tiles(findings: Sequence[Finding], outcomes: Sequence[Outcome]) -> Iterator[Tile]:
    missed = sum(not one.is_passed for one in findings)
    yield Tile("demands", str(len(findings)), f"{len(findings) - missed} met")
    yield Tile("missed", str(missed))
    yield Tile("runs", str(len(outcomes)), ", ".join(one.run.name for one in outcomes))
    yield Tile("pictures", f"{sum(one.count for one in outcomes):,}", "of all runs")


def _demands(findings: Sequence[Finding]) -> Table:
    """Every finding, the missed ones first."""
    columns = (
        Column("verdict", "Whether it is as demanded.", is_number=False),
        Column("run", "What was run.", is_number=False),
        Column("demand", "The policy's sentence.", is_number=False),
        Column("class", "Of which class; a dash for all pictures.", is_number=False),
        Column("value", "What was measured: a mean, or a share of pictures in percent."),
        Column("wanted", "What the value is held against."),
        Column("found", "The same in words.", is_number=False),
        Column("line", "Of the policy."),
    )
    ordered = sorted(findings, key=lambda one: one.is_passed)
    rows = tuple(
        (
            "met" if one.is_passed else "missed",
            one.run,
            one.demand.text,
            one.class_name,
            one.value,
            one.wanted if one.demand.percent is None else one.demand.percent,
            one.message,
            one.demand.line,
        )
        for one in ordered
    )
    tones: tuple[Tone, ...] = tuple("good" if one.is_passed else "bad" for one in ordered)
    return Table("Demands", "What the policy demands, and what was found.", columns, rows, tones)


def _cards(outcomes: Sequence[Outcome]) -> Iterator[Card]:
    """The examples of what was missed, as the runs' own reports show them; one that misses several is shown once."""
    for of in outcomes:
        badges: dict[str, list[Badge]] = {}
        for one in of.findings:
            for key in () if one.is_passed else one.examples:
                badges.setdefault(key, []).append(Badge(one.demand.text, "bad"))
        for key, own in badges.items():
            if key in (of.cards or {}):
                yield _of_run(of.run.name, (of.cards or {})[key], own)


def _of_run(run: str, card: Card, badges: Sequence[Badge]) -> Card:
    """A run's card on the page of the check, one folder above."""
    stacks = tuple(Stack(s.caption, f"{run}/{s.picture}", s.heat and f"{run}/{s.heat}") for s in card.stacks)
    groups = (run, *(badge.text for badge in badges))
    return dataclasses.replace(
        card, key=f"{run}: {card.key}", badges=(*badges, *card.badges), stacks=stacks, groups=groups
    )
