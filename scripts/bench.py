"""What onnxcam costs, as Markdown tables and JSON.

    python scripts/bench.py                     everything below, on the CPU
    python scripts/bench.py --only explain      forward alone against forward + Grad-CAM
    python scripts/bench.py --only targets      five targets of a picture against one
    python scripts/bench.py --only gradient     forward alone against forward + gradient at the first convolution
    python scripts/bench.py --only export       … against the file that onnxcam export writes
    python scripts/bench.py --only peers        other libraries against onnxcam, on the same weights
    python scripts/bench.py --only start        whole processes: import, --help, explain, over the least there is
    python scripts/bench.py --only folder       500 photographs explained, against decoding and the forward alone
    python scripts/bench.py --only audit        20,000 pictures audited, against decoding and the forward alone
    python scripts/bench.py --only build        time to build gradient models, and how it grows
    python scripts/bench.py --provider cuda     on CUDA

Times of runs are taken side by side: each side in a process of its own, so that neither's threads nor memory count for
the other. They take turns of a few runs in a row, a pause between them; the ratio is taken pair by pair. The forward is
the shipped file in a session with default options; the other side is `Explainer`, from the array to the finished map or
gradient, or one run of the exported file in such a session. All weights are random. Networks are torchvision's, written
by PyTorch's exporter, which takes the dependency group oracles; those of `build` and `audit` are written node by node.
The other libraries are the group peers.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from benchmarks.auditing import audits
from benchmarks.building import building
from benchmarks.folders import folders
from benchmarks.ratios import MODELS, QUANTIZED, beside_peers, explain, exported_files, gradient, targets
from benchmarks.starts import starts

Row = dict[str, Any]

PARTS: dict[str, Callable[[argparse.Namespace, Path], Iterator[Row]]] = {
    "explain": explain,
    "targets": targets,
    "gradient": gradient,
    "export": exported_files,
    "peers": beside_peers,
    "start": starts,
    "folder": folders,
    "audit": audits,
    "build": building,
}


def printed(rows: Iterator[Row]) -> Iterator[Row]:
    """The rows, each printed as a line of a Markdown table as soon as it is there."""
    for number, row in enumerate(rows):
        if number == 0:
            print(f"| {' | '.join(row)} |\n|{'---|' * len(row)}")
        print(f"| {' | '.join(map(str, row.values()))} |", flush=True)
        yield row


def main(argv: Sequence[str] | None = None) -> None:
    """Measure, and print what is found."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", choices=PARTS, nargs="+", default=list(PARTS), help="parts to run (default: all)")
    parser.add_argument("--rounds", type=int, default=20, help="pairs of turns, or builds (default: 20)")
    parser.add_argument("--batch", type=int, nargs="+", default=[1, 8], help="batch sizes (default: 1 8)")
    parser.add_argument("--model", choices=[*MODELS, *QUANTIZED], nargs="+", help="networks (default: a part's own)")
    parser.add_argument("--pictures", type=int, default=20_000, help="pictures to audit (default: 20000)")
    parser.add_argument("--photographs", type=int, default=500, help="photographs in the folder (default: 500)")
    parser.add_argument("--provider", choices=["cpu", "cuda"], default="cpu", help="execution provider (default: cpu)")
    parser.add_argument("--models", type=Path, metavar="DIR", help="where networks are kept for the next run")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write a list of rows for each part")
    args = parser.parse_args(argv)
    found: dict[str, list[Row]] = {}
    with tempfile.TemporaryDirectory() as folder:
        args.models = args.models or Path(folder)
        args.models.mkdir(parents=True, exist_ok=True)
        for number, part in enumerate(args.only):
            print("\n" * bool(number), end="")
            found[part] = list(printed(PARTS[part](args, Path(folder))))
            if args.json is not None:
                args.json.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
