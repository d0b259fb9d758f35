"""Makes everything in `models/`: one small network, trained on drawn pictures, written by five exporters.

The pictures are drawn, PyTorch trains the network, and its weights go through an npz file to the scripts in
`exporters/`, each of which runs in a virtual environment of its own with its framework pinned. This script itself needs
numpy, opencv-python, onnx, onnx-ir and onnxruntime only. It takes some ten minutes on two cores and, for the
environments, some 4 GB of disk.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import venv
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from exporters.onnx_variants import strip_traces, write_float16, write_int8
from model_cards import HeldOut, measure, share_of_peaks_inside, write_card
from numpy.typing import NDArray
from shapes_pictures import CLASSES, SIZE, Picture, draw_picture, draw_split

SCRIPTS = Path(__file__).resolve().parent
MEAN, STD = 0.5, 0.25
COUNTS = {"train": 7200, "calibration": 128, "held-out": 1200}
SIZE_LIMIT = 500 * 1024
SAMPLES = 8
LARGE_SAMPLES = (1203, 1205)
LARGE_SIZE = (180, 240)


@dataclass(frozen=True, slots=True)
class Export:
    """One exporter: the script `exporters/export_<name>.py`, run in an environment."""

    name: str
    environment: str
    exporter: str
    packages: tuple[str, ...]
    """Packages whose versions the card names."""
    layout: str = "NCHW"
    has_softmax: bool = False
    has_right_shapes: bool = True
    notes: str = ""


EXPORTS = (
    Export("torchscript", "torch", "torch.onnx.export(dynamo=False)", ("torch",)),
    Export("dynamo", "torch", "torch.onnx.export(dynamo=True)", ("torch", "onnxscript")),
    Export(
        "keras",
        "keras",
        "tf2onnx.convert.from_function",
        ("tf2onnx", "keras", "tensorflow-cpu"),
        layout="NHWC",
        has_softmax=True,
        notes="Ends in Softmax, as Keras models mostly do; the others give logits.",
    ),
    Export(
        "jax",
        "jax",
        "jax2onnx.to_onnx",
        ("jax2onnx", "flax", "jax"),
        layout="NHWC",
        has_right_shapes=False,
        notes="jax2onnx notes shapes of inner values in the wrong layout; value_info is removed.",
    ),
    Export(
        "paddle",
        "paddle",
        "paddle2onnx.export",
        ("paddle2onnx", "paddlepaddle"),
        notes="Batch normalisation stays a node of its own.",
    ),
)

ENVIRONMENTS = sorted({export.environment for export in EXPORTS})


def main() -> None:
    """Draw, train, export, quantise, measure, write."""
    args = parse_arguments()
    args.scratch.mkdir(parents=True, exist_ok=True)
    args.output.mkdir(parents=True, exist_ok=True)
    pythons = prepare_environments(args.scratch, dict(args.python))
    weights, held_out = train(pythons["torch"], args)
    write_shared_files(args.output)
    cards = [make_export(export, pythons[export.environment], weights, held_out, args.output) for export in EXPORTS]
    cards += make_variants(args.output, held_out)
    write_readme(args.output, cards, share_of_peaks_inside(held_out.maps, held_out.masks))
    if failures := list(shortcomings(cards)):
        sys.exit("\n".join(failures))


def parse_arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--output", type=Path, default=SCRIPTS.parent / "models", help="folder to write to (default: models/)"
    )
    parser.add_argument(
        "--scratch",
        type=Path,
        default=SCRIPTS.parent / "build" / "models",
        help="folder for environments, drawn pictures and weights (default: build/models/)",
    )
    parser.add_argument(
        "--python",
        type=environment,
        action="append",
        default=[],
        metavar="NAME=PYTHON",
        help=f"interpreter to use for {', '.join(ENVIRONMENTS)} instead of making an environment; may be repeated",
    )
    parser.add_argument("--reuse-weights", action="store_true", help="do not train again if the weights are there")
    parser.add_argument("--epochs", type=int, default=16, help="passes over the training pictures (default: 16)")
    parser.add_argument("--threads", type=int, default=2, help="threads to train with (default: 2)")
    return parser.parse_args()


def prepare_environments(scratch: Path, given: dict[str, Path]) -> dict[str, Path]:
    """The interpreter of each environment; those not given are made in the scratch folder, once."""
    return {name: given.get(name) or _make_environment(name, scratch / f"environment-{name}") for name in ENVIRONMENTS}


def train(python: Path, args: argparse.Namespace) -> tuple[Path, HeldOut]:
    """Draw the pictures and train in PyTorch; the weights' file and the measuring stick for all exports."""
    pictures, weights, reference = (args.scratch / f"{name}.npz" for name in ("pictures", "weights", "reference"))
    say("drawing pictures")
    pixels, masks, classes = draw_split("held-out", COUNTS["held-out"])
    drawn: dict[str, NDArray[Any]] = {"held_out": pixels, "mean": np.array(MEAN), "std": np.array(STD)}
    if not (args.reuse_weights and weights.exists()):
        weights.unlink(missing_ok=True)
        drawn["train"], _, drawn["train_classes"] = draw_split("train", COUNTS["train"])
    np.savez(pictures, allow_pickle=False, **drawn)
    say("training")
    run_in(python, "train.py", pictures, weights, reference, f"--epochs={args.epochs}", f"--threads={args.threads}")
    with np.load(reference) as told, np.load(weights) as saved:
        return weights, HeldOut(
            inputs=to_inputs(pixels),
            masks=masks,
            classes=classes,
            logits=told["logits"],
            maps=told["maps"],
            classifier=saved["classifier.weight"],
        )


def make_export(export: Export, python: Path, weights: Path, held_out: HeldOut, output: Path) -> dict[str, Any]:
    """Run one exporter, clean its file, measure it and write its card."""
    say(f"exporting with {export.exporter}")
    path = output / f"shapes-{export.name}.onnx"
    run_in(python, f"export_{export.name}.py", weights, path)
    strip_traces(path, keep_shapes=export.has_right_shapes)
    facts = {
        "exporter": export.exporter,
        "versions": {package: version_in(python, package) for package in export.packages},
        "precision": "float32",
        "layout": export.layout,
        "preprocess": "preprocess-nhwc.json" if export.layout == "NHWC" else "preprocess.json",
        "scores": "probabilities" if export.has_softmax else "logits",
        "notes": export.notes,
    }
    return write_card(path, facts, measure(path, held_out, layout=export.layout, has_softmax=export.has_softmax))


def make_variants(output: Path, held_out: HeldOut) -> list[dict[str, Any]]:
    """Make the float16 and int8 versions of the TorchScript export, with their cards."""
    source = output / "shapes-torchscript.onnx"
    float16, int8 = output / "shapes-float16.onnx", output / "shapes-int8.onnx"
    say("converting to float16 and int8")
    write_float16(source, float16)
    write_int8(source, int8, to_inputs(draw_split("calibration", COUNTS["calibration"])[0]))
    shared = {
        "versions": {"onnxruntime": version_in(Path(sys.executable), "onnxruntime")},
        "layout": "NCHW",
        "preprocess": "preprocess.json",
        "scores": "logits",
        "made_from": source.name,
    }
    facts = {
        float16: {
            "exporter": "onnxruntime.transformers.float16.convert_float_to_float16",
            "precision": "float16",
            "notes": "Input and output are float32, with a Cast behind and before them.",
        },
        int8: {
            "exporter": "onnxruntime.quantization.quantize_static",
            "precision": "int8",
            "notes": f"QDQ; calibrated on {COUNTS['calibration']} pictures; weights quantised by channel. The "
            "quantiser leaves out every Relu: QuantizeLinear, whose range begins at zero, clips in its stead.",
        },
    }
    cards = []
    for path, own in facts.items():
        strip_traces(path, keep_shapes=True)
        cards.append(write_card(path, own | shared, measure(path, held_out, layout="NCHW", has_softmax=False)))
    return cards


def write_shared_files(output: Path) -> None:
    """Labels, preprocessing, and a handful of pictures with their masks."""
    (output / "labels.txt").write_text("\n".join(CLASSES) + "\n", encoding="utf-8")
    preprocess = {
        "size": [SIZE, SIZE],
        "resize": "stretch",
        "crop": None,
        "channel_order": "rgb",
        "scale": 1 / 255,
        "mean": [MEAN] * 3,
        "std": [STD] * 3,
    }
    write_json(output / "preprocess.json", preprocess | {"layout": "NCHW"})
    write_json(output / "preprocess-nhwc.json", preprocess | {"layout": "NHWC"})
    folder = output / "pictures"
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "masks").mkdir(parents=True)
    index = []
    for number in range(SAMPLES):
        picture = draw_picture("held-out", number)
        name = f"{CLASSES[picture.class_index]}-{number // len(CLASSES)}"
        index.append(write_picture(picture, folder, f"{name}.png"))
    for number in LARGE_SAMPLES:
        picture = draw_picture("held-out", number, LARGE_SIZE)
        index.append(write_picture(picture, folder, f"{CLASSES[picture.class_index]}-large.jpg"))
    write_json(folder / "index.json", index)


def write_picture(picture: Picture, folder: Path, name: str) -> dict[str, Any]:
    """Write a picture and its mask (255 on the object, else 0); its entry in the index."""
    mask = f"masks/{Path(name).stem}.png"
    cv2.imwrite(str(folder / name), picture.pixels[:, :, ::-1], [cv2.IMWRITE_JPEG_QUALITY, 92])
    cv2.imwrite(str(folder / mask), picture.mask.astype(np.uint8) * 255)
    return {"file": name, "label": CLASSES[picture.class_index], "class_index": picture.class_index, "mask": mask}


def write_readme(output: Path, cards: list[dict[str, Any]], peaks: float) -> None:
    """Fill the table in `exporters/models-readme.md` and write it beside the models."""
    rows = [
        f"| `{card['file']}` | {card['exporter'].split('(')[0] if card['precision'] != 'float32' else card['exporter']}"
        f" | {card['precision']} | {card['opset']['ai.onnx']} | {card['layout']} | {card['size'] // 1024} KiB"
        f" | {card['held_out']['accuracy']:.2%} | {card['held_out']['max_logit_difference']:.1e}"
        f" | {card['held_out']['peak_in_mask']:.1%} |"
        for card in cards
    ]
    template = (SCRIPTS / "exporters" / "models-readme.md").read_text(encoding="utf-8")
    text = template.replace("{{rows}}", "\n".join(rows)).replace("{{peaks}}", f"{peaks:.1%}")
    (output / "README.md").write_text(text, encoding="utf-8")


def shortcomings(cards: list[dict[str, Any]]) -> list[str]:
    """What a model misses of size and faithfulness, one sentence each."""
    missed = []
    for card in cards:
        if card["size"] > SIZE_LIMIT:
            missed.append(f"{card['file']} has {card['size']} bytes, more than {SIZE_LIMIT}.")
        if card["held_out"]["accuracy"] < 0.97:
            missed.append(f"{card['file']} is right on {card['held_out']['accuracy']:.1%} of pictures, less than 97 %.")
        if card["precision"] == "float32" and card["held_out"]["max_logit_difference"] > 1e-4:
            missed.append(f"{card['file']} is {card['held_out']['max_logit_difference']} away from PyTorch's logits.")
    return missed


def to_inputs(pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """What the network takes, `(N, 3, H, W)`, from pixels `(N, H, W, 3)`."""
    scaled = (pixels.astype(np.float32) / 255 - MEAN) / STD
    return np.ascontiguousarray(scaled.transpose(0, 3, 1, 2))


def run_in(python: Path, script: str, *arguments: object) -> None:
    """Run one of `exporters/` with another interpreter; what it prints goes to stderr."""
    command = [str(python), str(SCRIPTS / "exporters" / script), *map(str, arguments)]
    # The frameworks find no GPU to differ on, and none of them reads this interpreter's packages.
    environment = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
    environment |= {"CUDA_VISIBLE_DEVICES": "-1", "TF_CPP_MIN_LOG_LEVEL": "3"}
    subprocess.run(command, check=True, stdout=sys.stderr, env=environment)


def version_in(python: Path, package: str) -> str:
    """Version of a package in another environment."""
    code = f"from importlib.metadata import version; print(version({package!r}))"
    return subprocess.run([python, "-c", code], check=True, capture_output=True, text=True).stdout.strip()


def write_json(path: Path, value: object) -> None:
    """Write a value as JSON, indented, with a newline at the end."""
    path.write_text(json.dumps(value, indent=2) + "\n", encoding="utf-8")


def say(text: str) -> None:
    """Tell on stderr what is being done."""
    sys.stderr.write(f"{text}\n")


def _make_environment(name: str, folder: Path) -> Path:
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    finished = folder / "finished"
    if not finished.exists():
        say(f"making the environment {name}")
        venv.create(folder, clear=True, with_pip=True)
        requirements = SCRIPTS / "exporters" / f"requirements-{name}.txt"
        subprocess.run([python, "-m", "pip", "install", "-q", "-r", requirements], check=True, stdout=sys.stderr)
        finished.touch()
    return python


def environment(text: str) -> tuple[str, Path]:
    """Name and interpreter from `NAME=PYTHON`; argparse turns the ValueError into its usage message."""
    name, separator, python = text.partition("=")
    if not separator or name not in ENVIRONMENTS or shutil.which(python) is None:
        raise ValueError(text)
    return name, Path(python)


if __name__ == "__main__":
    main()
