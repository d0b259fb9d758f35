"""Figures that run a shipped model again, against Quantus or plain sums over ONNX Runtime's answers to the same file.

Chance orders a map's equal values, and makes noise. So that no figure needs a tolerance for it, the tensors that an
audit has the model run are recorded, checked to be what the figure's definition says, and given to the other side.
"""

from __future__ import annotations

import dataclasses
import json
import statistics
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import onnxruntime
import pytest
from numpy.typing import NDArray
from PIL import Image

import onnxcam
from onnxcam.auditing import audit
from tests.auditing.pictures import read_rows
from tests.shared import shared

pytestmark = pytest.mark.filterwarnings("ignore")  # Quantus warns of itself.

SIDE = 32
PIXELS = SIDE * SIDE
STEPS = 32
Floats = NDArray[np.float64]
Figure = Callable[[str], None]


@dataclasses.dataclass(frozen=True)
class Case:
    """A model of CIFAR-10, how it takes colours, and which class of the picture with a dog and a cat is explained."""

    model: str
    mean: tuple[float, ...]
    std: tuple[float, ...]
    explained: int


CASES = {
    "resnet20, dog": Case("cifar-resnet20-torchscript", (0.485, 0.456, 0.406), (0.229, 0.224, 0.225), 5),
    "winml, cat": Case("cifar-winml-pytorch17", (0.5,) * 3, (0.5,) * 3, 3),
}


class Bench:
    """A case, with the file in a session of ONNX Runtime, and audits of it whose runs are recorded."""

    def __init__(self, name: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        case = CASES[name]
        self.name, self.case, self.folder, self.monkeypatch = name, case, folder, monkeypatch
        self.model = shared(f"models/{case.model}/model.onnx")
        self.picture = shared("images/both.png")
        self.session = onnxruntime.InferenceSession(self.model, providers=["CPUExecutionProvider"])
        preprocess = onnxcam.Preprocess(mean=case.mean, std=case.std)
        self.explainer = onnxcam.Explainer(self.model, provider="cpu", preprocess=preprocess)
        self.map: Floats = self.explainer.explain(self.picture, case.explained).map[0].astype(np.float64)
        with Image.open(self.picture) as image:
            small = np.asarray(image.convert("RGB").resize((SIDE, SIDE), Image.Resampling.BILINEAR))
        self.tensor: Floats = ((small / 255 - case.mean) / case.std).transpose(2, 0, 1)
        self.scored: list[Floats] = []
        self.mapped: list[Floats] = []

    def probabilities(self, tensors: NDArray[Any]) -> Floats:
        """Of all classes, (M, 10): the softmax of what the file gives for tensors (M, 3, 32, 32)."""
        (name,) = (one.name for one in self.session.get_inputs())
        logits = self.session.run(None, {name: np.asarray(tensors, np.float32)})[0].astype(np.float64)
        powers = np.exp(logits - logits.max(1, keepdims=True))
        return np.asarray(powers / powers.sum(1, keepdims=True))

    def confidences(self, tensors: NDArray[Any]) -> Floats:
        return self.probabilities(tensors)[:, self.case.explained]

    def maps(self, tensors: NDArray[Any]) -> Floats:
        """Of the explained class, (M, 32, 32)."""
        return self.explainer.explain(np.asarray(tensors, np.float32), self.case.explained).map.astype(np.float64)

    def audit(self, *figures: str) -> dict[str, float]:
        """An audit's figures of the picture; what it ran for them is in `scored` and `mapped`."""
        (self.folder / "picture.png").symlink_to(self.picture)
        (self.folder / "manifest.csv").write_text(f"path,label\npicture.png,{self.case.explained}\n")
        settings = self.folder / "preprocess.json"
        settings.write_text(json.dumps({"mean": self.case.mean, "std": self.case.std}))
        with self.monkeypatch.context() as patch:
            for name, kept in (("scores", self.scored), ("explain", self.mapped)):
                patch.setattr(onnxcam.Explainer, name, recording(getattr(onnxcam.Explainer, name), kept))
            audit(
                self.model, self.folder / "manifest.csv", self.folder / "out",
                target="label", provider="cpu", preprocess=settings, metrics=figures, rows="jsonl", has_report=False,
            )  # fmt: skip
        (row,) = read_rows(self.folder / "out")
        assert row["error"] is None
        return {name: float(str(row[name])) for name in figures}


def recording(run: Callable[..., Any], kept: list[Floats]) -> Callable[..., Any]:
    def record(self: onnxcam.Explainer, inputs: Any, *more: Any) -> Any:
        if not inputs.pictures:  # those that are no picture's own
            kept.extend(inputs.feeds[self.input.name].astype(np.float64))
        return run(self, inputs, *more)

    return record


@pytest.fixture(params=CASES)
def bench(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    return Bench(request.param, tmp_path, monkeypatch)


@pytest.fixture
def quantus(peer: ModuleType) -> ModuleType:
    return pytest.importorskip("quantus", reason="the oracle Quantus is not installed")


def wrapped(bench: Bench) -> Any:
    """The file as the PyTorch module that Quantus takes."""
    torch = pytest.importorskip("torch", reason="the oracle PyTorch is not installed")

    class Shipped(torch.nn.Module):  # type: ignore[name-defined,misc]
        def forward(self, tensors: Any) -> Any:
            return torch.from_numpy(bench.probabilities(tensors.numpy()))

    return Shipped().eval()


def assert_descending(saliency: Floats, changed: NDArray[np.bool_], counts: list[int]) -> None:
    """Of masks (steps, H, W), each has so many pixels, none whose value is below that of one that has yet to come."""
    assert changed.sum(axis=(1, 2)).tolist() == counts
    for gone in changed:
        if gone.any() and not gone.all():
            assert saliency[gone].min() >= saliency[~gone].max() - 1e-6


def flipped(quantus: ModuleType, bench: Bench, order: Floats, start: Floats, end: Floats) -> Floats:
    """The curve of Quantus's pixel flipping from one tensor to the other, the highest values of `order` first."""

    def replace(arr: NDArray[Any], indices: NDArray[Any], **_: Any) -> NDArray[Any]:
        result = arr.copy()
        np.put_along_axis(result, indices, np.take_along_axis(end.reshape(1, -1), indices, 1), 1)
        return result

    metric = quantus.PixelFlipping(
        features_in_step=PIXELS // STEPS, perturb_func=replace, disable_warnings=True, abs=False, normalise=False
    )
    (curve,) = metric(
        model=wrapped(bench), x_batch=start[None], y_batch=np.array([bench.case.explained]),
        a_batch=order[None, None], channel_first=True, softmax=False,
    )  # fmt: skip
    # It takes channels for pixels of their own: three of its steps are one.
    return np.array([bench.confidences(start[None])[0], *curve[2::3]])


def smooth(tensor: Floats) -> Floats:
    """Gaussian means, edges repeated, of a standard deviation of 5/224 of the side."""
    sigma, reach = 5 / 224 * SIDE, 6
    weights = np.exp(-(np.arange(-reach, reach + 1) ** 2) / (2 * sigma**2))
    weights /= weights.sum()
    for axis in (1, 2):
        padded = np.pad(tensor, [(reach, reach) if a == axis else (0, 0) for a in range(3)], mode="edge")
        tensor = sum(w * np.take(padded, range(i, i + SIDE), axis) for i, w in enumerate(weights))
    return tensor


@pytest.mark.oracle
@pytest.mark.parametrize("name", ["deletion", "insertion"])
def test_areas_are_those_under_quantuss_pixel_flipping(
    name: str, bench: Bench, quantus: ModuleType, figure: Figure
) -> None:
    found = bench.audit(name)[name]
    blank, blurred = np.zeros_like(bench.tensor), smooth(bench.tensor)
    start, end = (bench.tensor, blank) if name == "deletion" else (blurred, bench.tensor)
    tensors = np.stack(bench.scored)
    changed = np.all(abs(tensors - end) < 1e-5, axis=1)
    assert tensors == pytest.approx(np.where(changed[:, None], end, start), abs=1e-5)
    assert_descending(bench.map, changed, [PIXELS // STEPS * step for step in range(STEPS + 1)])
    curve = flipped(quantus, bench, changed.sum(axis=0).astype(np.float64), start, end)
    expected = (curve[0] / 2 + curve[1:-1].sum() + curve[-1] / 2) / STEPS
    figure(f"{bench.name}: {name} {found:.4f}, by Quantus {expected:.4f}")
    assert found == pytest.approx(expected, abs=1e-4)


def test_the_confidence_through_the_map_and_adcc_are_what_the_file_says(bench: Bench, figure: Figure) -> None:
    found = bench.audit("average-drop", "increase", "complexity", "coherency", "adcc")
    through = bench.tensor * bench.map
    whole, seen = bench.confidences(np.stack([bench.tensor, through]))
    drop = max(0.0, (whole - seen) / whole)
    coherency = (1 + np.corrcoef(bench.map.ravel(), bench.maps(through[None]).ravel())[0, 1]) / 2
    complexity = abs(bench.map).sum() / PIXELS
    expected = {
        "average-drop": drop,
        "increase": float(seen > whole),
        "complexity": complexity,
        "coherency": coherency,
        "adcc": statistics.harmonic_mean([coherency, 1 - complexity, 1 - drop]),
    }
    figure(f"{bench.name}: " + ", ".join(f"{name} {value:.4f}" for name, value in found.items()))
    assert found == pytest.approx(expected, abs=1e-4)


@pytest.mark.oracle
def test_road_imputes_as_quantus_does(bench: Bench, quantus: ModuleType, figure: Figure) -> None:
    found = bench.audit("road", "road-morf", "road-lerf")
    tensors = np.stack(bench.scored)
    gone = np.any(abs(tensors - bench.tensor) > 1e-6, axis=1)
    counts = [PIXELS * tenths // 10 for tenths in range(1, 10)]
    assert_descending(bench.map, gone[:9], counts)
    assert_descending(-bench.map, gone[9:], counts)
    impute = quantus.functions.perturb_func.noisy_linear_imputation
    noise = []
    for tensor, gaps in zip(tensors, gone, strict=True):
        filled = impute(bench.tensor, np.flatnonzero(gaps), noise=0)
        noise.append((tensor - filled)[:, gaps].ravel() / np.ptp(bench.tensor))
    deviations = np.concatenate(noise)
    assert deviations.std() == pytest.approx(0.01, rel=0.1)
    assert abs(deviations.mean()) < 1e-3
    morf, lerf = bench.confidences(tensors).reshape(2, 9).mean(axis=1)
    expected = {"road": (lerf - morf) / 2, "road-morf": morf, "road-lerf": lerf}
    figure(f"{bench.name}: " + ", ".join(f"{name} {value:.4f}" for name, value in found.items()))
    assert found == pytest.approx(expected, abs=1e-4)


@pytest.mark.oracle
def test_sensitivity_is_quantuss_for_the_same_noise(bench: Bench, quantus: ModuleType, figure: Figure) -> None:
    found = bench.audit("sensitivity-max", "sensitivity-mean")
    noisy = np.stack(bench.mapped)
    share = (noisy - bench.tensor) / np.ptp(bench.tensor)
    assert len(noisy) == 10
    assert abs(share).max() == pytest.approx(0.02, rel=1e-3)
    assert share.std() == pytest.approx(0.02 / np.sqrt(3), rel=0.02)
    for name, theirs in (("sensitivity-max", "MaxSensitivity"), ("sensitivity-mean", "AvgSensitivity")):
        left = iter(noisy)
        metric = getattr(quantus, theirs)(
            nr_samples=10, perturb_func=lambda arr, left=left, **_: next(left).reshape(arr.shape),
            disable_warnings=True, abs=False, normalise=False,
        )  # fmt: skip
        (expected,) = metric(
            model=wrapped(bench), x_batch=bench.tensor[None], y_batch=np.array([bench.case.explained]),
            a_batch=bench.map[None, None], channel_first=True,
            explain_func=lambda inputs, **_: bench.maps(inputs)[:, None],
        )  # fmt: skip
        figure(f"{bench.name}: {name} {found[name]:.4f}, by Quantus {expected:.4f}")
        assert found[name] == pytest.approx(expected, rel=1e-3)
