"""Figures against Quantus, pytorch-grad-cam and scikit-image, which nobody wrote here."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from onnxcam.metrics import Subject, find_metrics, measure, ssim
from onnxcam.metrics import road as road_module
from onnxcam.metrics.imputation import impute

# Peers warn of themselves.
pytestmark = [pytest.mark.oracle, pytest.mark.filterwarnings("ignore")]

RNG = np.random.default_rng(8)
SIZE = 16


def distinct_map() -> NDArray[np.float32]:
    """Smooth, and no two values equal."""
    small = RNG.random((5, 5)).astype(np.float32)
    map = cv2.resize(small, (SIZE, SIZE), interpolation=cv2.INTER_CUBIC) + 1e-3 * RNG.random((SIZE, SIZE))
    map -= map.min()
    return (map / map.max()).astype(np.float32)


def rectangle() -> NDArray[np.bool_]:
    region = np.zeros((SIZE, SIZE), np.bool_)
    top, left = RNG.integers(0, SIZE - 5, size=2)
    region[top : top + RNG.integers(2, 6), left : left + RNG.integers(2, 6)] = True
    return region


MAPS = [distinct_map() for _ in range(6)]
REGIONS = [rectangle() for _ in MAPS]
REGIONS[0] = MAPS[0] > 0.8  # one that holds the peak
TENSORS = [RNG.normal(size=(1, SIZE, SIZE)).astype(np.float32) for _ in MAPS]
WEIGHTS = RNG.normal(size=(2, SIZE, SIZE))


@pytest.fixture
def quantus(peer: ModuleType) -> ModuleType:
    return pytest.importorskip("quantus", reason="the oracle Quantus is not installed")


@pytest.fixture
def torch(peer: ModuleType) -> ModuleType:
    return pytest.importorskip("torch", reason="the oracle PyTorch is not installed")


@pytest.fixture
def model(torch: ModuleType) -> Any:
    """Softmax of a linear layer over the mean channel."""

    class Linear(torch.nn.Module):  # type: ignore[name-defined,misc]
        def forward(self, tensors: Any) -> Any:
            scores = torch.einsum("nhw,chw->nc", tensors.double().mean(1), torch.tensor(WEIGHTS))
            return torch.softmax(scores / 10, 1)

    return Linear().eval()


def probe(tensors: NDArray[np.float32]) -> NDArray[np.float64]:
    """The first class of the same model, in numpy."""
    scores = np.exp(np.tensordot(tensors.astype(np.float64).mean(axis=1), WEIGHTS, ((1, 2), (1, 2))) / 10)
    return scores[:, 0] / scores.sum(axis=1)


def seen(map: NDArray[np.float32], tensor: NDArray[np.float32], **fields: Any) -> Subject:
    return Subject(map, tensor=tensor, probe=probe, **fields)


@pytest.mark.parametrize(
    ("figure", "theirs"),
    [
        pytest.param("pointing-game", "PointingGame", id="pointing game"),
        pytest.param("energy-inside", "RelevanceMassAccuracy", id="mass accuracy"),
        pytest.param("energy-inside", "AttributionLocalisation", id="attribution localisation"),
        pytest.param("rank-accuracy", "RelevanceRankAccuracy", id="rank accuracy"),
    ],
)
def test_localisation_is_quantuss(quantus: ModuleType, figure: str, theirs: str) -> None:
    metric = getattr(quantus, theirs)(disable_warnings=True, abs=False, normalise=False)
    expected = metric.evaluate_batch(
        x_batch=np.stack(TENSORS), a_batch=np.stack(MAPS)[:, None], s_batch=np.stack(REGIONS)[:, None]
    )
    pairs = zip(MAPS, REGIONS, strict=True)
    ours = [measure(Subject(map, (region,)), find_metrics([figure]))[figure] for map, region in pairs]
    assert ours == pytest.approx(np.asarray(expected, float), rel=1e-5)
    assert len(set(ours)) > 1


def test_entropy_is_quantuss_complexity(quantus: ModuleType) -> None:
    metric = quantus.Complexity(disable_warnings=True, abs=False, normalise=False)
    expected = metric.evaluate_batch(x_batch=np.stack(TENSORS), a_batch=np.stack(MAPS).astype(np.float64))
    assert [measure(Subject(map), find_metrics(["entropy"]))["entropy"] for map in MAPS] == pytest.approx(expected)


@pytest.mark.parametrize("index", range(2), ids=["first", "second"])
def test_deletion_is_the_area_under_quantuss_pixel_flipping(quantus: ModuleType, model: Any, index: int) -> None:
    map, tensor = MAPS[index], TENSORS[index]
    metric = quantus.PixelFlipping(
        features_in_step=SIZE * SIZE // 32, perturb_baseline=0.0, disable_warnings=True, abs=False, normalise=False
    )
    (curve,) = metric(
        model=model,
        x_batch=tensor[None],
        y_batch=np.array([0]),
        a_batch=map[None, None],
        channel_first=True,
        softmax=False,
    )
    expected = np.trapezoid([probe(tensor[None])[0], *curve]) / 32
    assert measure(seen(map, tensor), find_metrics(["deletion"]))["deletion"] == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("index", range(2), ids=["first", "second"])
def test_sensitivity_is_quantuss_for_the_same_noise(quantus: ModuleType, model: Any, index: int) -> None:
    map, tensor = MAPS[index], TENSORS[index]
    given: list[NDArray[np.float32]] = []

    def remap(tensors: NDArray[np.float32]) -> NDArray[np.float32]:
        given.extend(tensors)
        return map * np.abs(np.tanh(5 * tensors[:, 0]))

    figures = measure(Subject(map, tensor=tensor, remap=remap), find_metrics(["sensitivity-max", "sensitivity-mean"]))
    assert np.abs(np.stack(given) - tensor).max() <= 0.02 * np.ptp(tensor) + 1e-6
    for name, theirs in [("sensitivity-max", "MaxSensitivity"), ("sensitivity-mean", "AvgSensitivity")]:
        noisy = iter(given[:10])
        metric = getattr(quantus, theirs)(
            nr_samples=10,
            perturb_func=lambda arr, noisy=noisy, **_: next(noisy).reshape(arr.shape),
            disable_warnings=True,
            abs=False,
            normalise=False,
        )
        (expected,) = metric(
            model=model,
            x_batch=tensor[None],
            y_batch=np.array([0]),
            a_batch=map[None, None],
            channel_first=True,
            explain_func=lambda inputs, **_: remap(inputs)[:, None],
        )
        assert figures[name] == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
@pytest.mark.parametrize("channels", [1, 3])
def test_imputed_pixels_are_theirs(
    peer: ModuleType, quantus: ModuleType, torch: ModuleType, share: float, channels: int
) -> None:
    from pytorch_grad_cam.metrics.road import NoisyLinearImputer

    tensor = RNG.normal(size=(channels, 9, 13)).astype(np.float32)
    missing = RNG.random((9, 13)) < share
    missing[0, 0] = True
    ours = impute(tensor, missing)
    assert np.array_equal(ours[:, ~missing], tensor[:, ~missing])
    theirs = NoisyLinearImputer(noise=0)(torch.tensor(tensor), torch.tensor((~missing).astype(np.float32)))
    assert ours == pytest.approx(theirs.numpy(), abs=1e-5)
    if channels > 1:  # with one channel its right-hand side loses its axis, and it fails
        imputation = quantus.functions.perturb_func.noisy_linear_imputation
        assert ours == pytest.approx(imputation(tensor, np.flatnonzero(missing), noise=0), abs=1e-5)


@pytest.fixture
def no_noise(monkeypatch: pytest.MonkeyPatch, torch: ModuleType) -> None:
    monkeypatch.setattr(road_module, "NOISE", 0.0)
    monkeypatch.setattr(torch, "randn_like", torch.zeros_like)


@pytest.mark.usefixtures("no_noise")
@pytest.mark.parametrize("index", range(2), ids=["first", "second"])
def test_road_is_pytorch_grad_cams(peer: ModuleType, torch: ModuleType, model: Any, index: int) -> None:
    from pytorch_grad_cam.metrics import road as theirs

    side = 10  # so that each tenth is whole pixels
    map, tensor = MAPS[index][:side, :side], np.repeat(TENSORS[index], 2, axis=0)[:, :side, :side]
    padded = np.pad(tensor, ((0, 0), (0, SIZE - side), (0, SIZE - side)))

    class Padding(torch.nn.Module):  # type: ignore[name-defined,misc]
        def forward(self, tensors: Any) -> Any:
            return model(torch.nn.functional.pad(tensors, (0, SIZE - side, 0, SIZE - side)))

    given = torch.tensor(tensor[None]), map[None], [lambda scores: scores[0]], Padding()
    subject = Subject(
        map, tensor=tensor, probe=lambda tensors: probe(np.pad(tensors, ((0, 0), (0, 0), (0, 6), (0, 6))))
    )
    figures = measure(subject, find_metrics(["road", "road-morf", "road-lerf"]))
    whole = probe(padded[None])[0]
    assert figures["road-morf"] - whole == pytest.approx(theirs.ROADMostRelevantFirstAverage()(*given)[0], abs=1e-5)
    assert figures["road-lerf"] - whole == pytest.approx(theirs.ROADLeastRelevantFirstAverage()(*given)[0], abs=1e-5)
    assert figures["road"] == pytest.approx(theirs.ROADCombined()(*given)[0], abs=1e-5)


def test_drop_and_increase_are_pytorch_grad_cams(peer: ModuleType, torch: ModuleType, model: Any) -> None:
    from pytorch_grad_cam.metrics.cam_mult_image import DropInConfidence, IncreaseInConfidence

    targets = [lambda scores: scores[0]] * len(MAPS)
    given = torch.tensor(np.stack(TENSORS)), np.stack(MAPS), targets, model
    subjects = [seen(map, tensor) for map, tensor in zip(MAPS, TENSORS, strict=True)]
    figures = [measure(subject, find_metrics(["average-drop", "increase"])) for subject in subjects]
    # Theirs is not divided by the confidence.
    drops = [one["average-drop"] * probe(tensor[None])[0] for one, tensor in zip(figures, TENSORS, strict=True)]
    assert drops == pytest.approx(DropInConfidence()(*given), abs=1e-6)
    assert [one["increase"] for one in figures] == IncreaseInConfidence()(*given).tolist()
    assert 0 < sum(one["increase"] for one in figures) < len(MAPS)


def test_complexity_and_coherency_are_pytorch_grad_cams(peer: ModuleType, torch: ModuleType) -> None:
    from pytorch_grad_cam.metrics.arcc import Coherency, Complexity

    stats = pytest.importorskip("scipy.stats", reason="SciPy is not installed: the extra 'audit' brings it")

    def remap(tensors: NDArray[np.float32]) -> NDArray[np.float32]:
        return np.maximum(tensors[:, 0], 0)

    complexities = Complexity()(np.stack(MAPS))
    coherencies = Coherency()(
        torch.tensor(np.stack(TENSORS)),
        np.stack(MAPS),
        [],
        None,
        lambda input_tensor, targets: remap(input_tensor.numpy()),
    )
    for map, tensor, complexity, coherency in zip(MAPS, TENSORS, complexities, coherencies, strict=True):
        found = measure(
            seen(map, tensor, remap=remap), find_metrics(["complexity", "coherency", "average-drop", "adcc"])
        )
        assert found["complexity"] == pytest.approx(complexity, rel=1e-5)
        assert found["coherency"] == pytest.approx(coherency, rel=1e-5)
        parts = [found["coherency"], 1 - found["complexity"], 1 - found["average-drop"]]
        assert found["adcc"] == pytest.approx(stats.hmean(parts), rel=1e-9)


def test_ssim_is_scikit_images(peer: ModuleType) -> None:
    skimage = pytest.importorskip("skimage.metrics", reason="the oracle scikit-image is not installed")
    theirs: Callable[..., float] = skimage.structural_similarity
    for one, other in zip(MAPS[1:], MAPS[:-1], strict=True):
        expected = theirs(
            one.astype(np.float64), other.astype(np.float64),
            gaussian_weights=True, sigma=1.5, use_sample_covariance=False, data_range=1,
        )  # fmt: skip
        assert ssim(one, other) == pytest.approx(expected, abs=1e-9)
