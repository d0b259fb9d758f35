"""`onnxcam check`: the gate of a pipeline."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from onnxcam.cli.narration import printable, progress, say
from onnxcam.cli.options import debug_option, example, folder_option, fresh_option
from onnxcam.cli.report_options import report_option
from onnxcam.cli.streams import FINDINGS

if TYPE_CHECKING:
    from onnxcam.checking import Check

__all__ = ["command"]


@click.command(
    "check",
    short_help="Gate a pipeline: hold models against a policy.",
    epilog=example("onnxcam check models/policy.toml --junit check.xml"),
)
@click.argument("policy", type=click.Path(path_type=Path))
@folder_option("check")
@click.option("--junit", metavar="FILE", type=click.Path(path_type=Path), help="Write JUnit's XML.")
@click.option("--json", "json_", metavar="FILE", type=click.Path(path_type=Path), help="Write JSON.")
@click.option("--sarif", metavar="FILE", type=click.Path(path_type=Path), help="Write SARIF 2.1.0.")
@click.option("--github", is_flag=True, help="Print annotations for GitHub Actions in place of the table.")
@click.option(
    "--update-baseline", is_flag=True, help="Write the policy's baseline file from what is found: the means of today."
)
@report_option
@fresh_option
@debug_option
@click.pass_context
def command(
    ctx: click.Context,
    /,
    policy: Path,
    folder: Path,
    junit: Path | None,
    json_: Path | None,
    sarif: Path | None,
    github: bool,
    update_baseline: bool,
    is_fresh: bool,
    has_report: bool,
) -> None:
    """Run the audits and comparisons of POLICY, and hold what is found against what it demands.

    POLICY is a TOML file: [[audit]] and [[compare]] tables with the models, the data, and sentences such as "pearson >=
    0.9 on 95 % of pictures" under require. A picture that cannot be read is a finding, unless the policy says otherwise
    ("failed <= 3").

    DIR/report.html shows the verdict, and the pictures that missed a demand; each run has its own below.

    The exit code is 0 where all demands hold, 1 where one is missed, 2 for a policy, model or data that cannot be used.
    A check that is stopped goes on where it stood.
    """
    from onnxcam.checking import check, read_policy
    from onnxcam.checking.policy import Run
    from onnxcam.checking.reports import REPORTS
    from onnxcam.datasets import open_dataset

    runs = read_policy(policy).runs
    counts = [open_dataset(run.arguments["dataset"], run.arguments.get("dataset_format", "auto")).count for run in runs]
    total = None if None in counts else sum(count for count in counts if count is not None)
    done: dict[str, int] = {}
    with progress(total, "checking") as advance:

        def report(run: Run, rows: int, _: int | None) -> None:
            advance(rows - done.get(run.name, 0))
            done[run.name] = rows

        found = check(
            policy, folder, update_baseline=update_baseline, is_fresh=is_fresh, has_report=has_report, report=report
        )
    for note in found.notes:
        say(f"Note: {note}.")
    if found.report_path is not None:
        say(f"The report is written: {found.report_path}.")
    for name, path in (("junit", junit), ("json", json_), ("sarif", sarif)):
        if path is not None:
            _write(path, REPORTS[name](found))
    if update_baseline:
        say(f"The baseline is written: {found.policy.baseline}.")
    click.echo(REPORTS["github"](found) if github else _table(found), nl=False)
    if not found.passed:
        ctx.exit(FINDINGS)


def _write(path: Path, text: str) -> None:
    from onnxcam.errors import InputError

    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise InputError(f"cannot write '{path}': {error.strerror}. Choose another place.", path=path) from error


def _table(found: Check) -> str:
    """A line for each finding, and the verdict last."""
    lines = []
    for one in found.findings:
        lines.append(f"{'passed' if one.is_passed else 'MISSED'}  {one.run}: {one.message}")
        if not one.is_passed and one.examples:
            lines.append(f"        such as {', '.join(one.examples)}")
    missed = len(found.missed)
    verdict = "all demands hold" if found.passed else f"{missed} of {len(found.findings)} demands are missed"
    return "".join(f"{printable(line)}\n" for line in (*lines, verdict))
