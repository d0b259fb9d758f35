"""What onnxcam costs, as Markdown tables or JSON.

    python scripts/bench.py                            everything below, on the CPU
    python scripts/bench.py --only explain             forward alone against forward + Grad-CAM
    python scripts/bench.py --only gradient            … against forward + gradient at the first convolution
    python scripts/bench.py --only export              … against the file that onnxcam export writes
    python scripts/bench.py --only audit               20,000 pictures, against decoding and the forward alone
    python scripts/bench.py --only build               time to build gradient models, and how it grows
    python scripts/bench.py --provider cuda            on CUDA

Times of runs are taken side by side: each side in a process of its own, so that neither's threads nor memory count for
the other. They take turns of a few runs in a row, a pause between them; the ratio is taken pair by pair. The forward is
the shipped file in a session with default options; the other side is `Explainer`, from the array to the finished map or
gradient, or one run of the exported file in such a session. All weights are random.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from benchmarks.auditing import audit_beside_forward, draw_pictures
from benchmarks.building import build, growth
from benchmarks.networks import DenseNet, EfficientNet, MobileNetV2, Network, ResNet, ViT, save
from benchmarks.turns import Job, Run, compare, explanation, export_model, exported, first_gradient, forward

RESNET_50 = ResNet((3, 4, 6, 3))
MOBILENET_V2 = MobileNetV2()
EFFICIENTNET_B0 = EfficientNet()

# Real ones, then narrow ones of growing depth: 500 to 3,000 nodes.
REAL: dict[str, Network] = {
    "ResNet-152, batch normalisation unfolded": ResNet((3, 8, 36, 3), is_folded=False),
    "DenseNet-121": DenseNet((6, 12, 24, 16)),
    "ViT-B/16": ViT(12),
}
GROWING: dict[str, list[Network]] = {
    "ResNet": [ResNet((3, 8, n, 3), width=8, is_folded=False) for n in (36, 84, 184, 284)],
    "DenseNet": [DenseNet((6, 12, 24, 16, *[24] * n), growth=4) for n in (1, 4, 11, 18)],
    "ViT": [ViT(n, width=48, heads=4) for n in (6, 13, 27, 40)],
}

Row = dict[str, Any]
AUDIT_BATCH = 8


def explain(args: argparse.Namespace, folder: Path) -> Iterator[Row]:
    """Forward alone against forward + Grad-CAM."""
    yield from side_by_side(args, folder, "forward + Grad-CAM", explanation, {"ResNet-50": RESNET_50})


def gradient(args: argparse.Namespace, folder: Path) -> Iterator[Row]:
    """Forward alone against forward + the gradient at the first convolution."""
    networks: dict[str, Network] = {"ResNet-50": RESNET_50, "MobileNetV2": MOBILENET_V2}
    yield from side_by_side(args, folder, "forward + gradient at the first Conv", first_gradient, networks)


def export(args: argparse.Namespace, folder: Path) -> Iterator[Row]:
    """Forward alone against one run of the exported file."""
    networks: dict[str, Network] = {
        "ResNet-50": RESNET_50,
        "MobileNetV2": MOBILENET_V2,
        "EfficientNet-B0": EFFICIENTNET_B0,
    }
    yield from side_by_side(args, folder, "exported file", exported, networks, prepare=export_model)


def side_by_side(
    args: argparse.Namespace,
    folder: Path,
    name: str,
    other: Callable[[Job], Run],
    networks: dict[str, Network],
    prepare: Callable[[Path, str], None] | None = None,
) -> Iterator[Row]:
    """A row for each network and batch size."""
    for model, network in networks.items():
        path, first_conv, _ = save(network, folder)
        if prepare is not None:
            prepare(path, args.provider)
        for batch in args.batch:
            found = compare((forward, other), Job(path, first_conv, args.provider, batch), args.rounds)
            plain, with_other = (round(ms, 1) for ms in found.medians)
            low, middle, high = found.quartiles
            yield {
                "model": model,
                "provider": args.provider,
                "batch": batch,
                "forward, ms": plain,
                f"{name}, ms": with_other,
                "ratio (quartiles)": f"{middle:.3f} ({low:.3f} to {high:.3f})",
                "peak memory, MB": " / ".join(f"{peak:.0f}" for peak in found.peaks),
            }


def building(args: argparse.Namespace, folder: Path) -> Iterator[Row]:
    """Time to build gradient models to the first convolution, and the power of the node count that it grows with."""
    for model, networks in {**{name: [network] for name, network in REAL.items()}, **GROWING}.items():
        found = []
        for network in networks:
            one = build(*save(network, folder), args.rounds)
            found.append(one)
            yield {
                "model": model,
                "nodes": one.nodes,
                "nodes of the gradient": one.gradient_nodes,
                "load, ms": round(one.load),
                "plan, ms": round(one.plan),
                "differentiate, ms": round(one.differentiate),
                "differentiate, ms a node": round(one.differentiate / one.nodes, 3),
                "all, ms a node": round(one.total / one.nodes, 3),
                "grows as nodes to the": round(growth(found), 2) if len(found) == len(networks) > 1 else "",
            }


def audit(args: argparse.Namespace, folder: Path) -> Iterator[Row]:
    """Pictures a second of an audit and of decoding and the forward alone, and what the process holds."""
    pictures = draw_pictures(folder / "pictures", args.pictures)
    for model, network, count in (
        ("ResNet-50", RESNET_50, args.pictures // 20),
        ("MobileNetV2", MOBILENET_V2, args.pictures),
    ):
        path, _, _ = save(network, folder)
        stops = (count,) if count < args.pictures else tuple(count * share // 20 for share in (1, 10, 20))
        for one in audit_beside_forward(path, pictures, folder / model, stops, AUDIT_BATCH, args.provider):
            yield {
                "model": model,
                "provider": args.provider,
                "pictures": one.done,
                "decode + forward, /s": round(one.plain, 1),
                "audit, /s": round(one.audited, 1),
                "rate": round(one.audited / one.plain, 3),
                "memory, MB": round(one.memory),
            }


PARTS = {"explain": explain, "gradient": gradient, "export": export, "audit": audit, "build": building}


def print_table(rows: Iterator[Row]) -> None:
    """The rows as Markdown, each as soon as it is there."""
    for number, row in enumerate(rows):
        if number == 0:
            print(f"| {' | '.join(row)} |\n|{'---|' * len(row)}")
        print(f"| {' | '.join(map(str, row.values()))} |", flush=True)


def main(argv: Sequence[str] | None = None) -> None:
    """Measure, and print what is found."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", choices=PARTS, nargs="+", default=list(PARTS), help="parts to run (default: all)")
    parser.add_argument("--rounds", type=int, default=20, help="pairs of turns, or builds (default: 20)")
    parser.add_argument("--batch", type=int, nargs="+", default=[1, 8], help="batch sizes (default: 1 8)")
    parser.add_argument("--pictures", type=int, default=20_000, help="pictures to audit (default: 20000)")
    parser.add_argument("--provider", choices=["cpu", "cuda"], default="cpu", help="execution provider (default: cpu)")
    parser.add_argument("--json", action="store_true", help="print one JSON object, a list of rows for each part")
    args = parser.parse_args(argv)
    with tempfile.TemporaryDirectory() as folder:
        if args.json:
            print(json.dumps({part: list(PARTS[part](args, Path(folder))) for part in args.only}, indent=2))
            return
        for number, part in enumerate(args.only):
            print("\n" * bool(number), end="")
            print_table(PARTS[part](args, Path(folder)))


if __name__ == "__main__":
    main()
