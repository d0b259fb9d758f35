"""What takes turns: the shipped file alone, and what onnxcam does with it."""

from __future__ import annotations

from pathlib import Path

from benchmarks.turns import Job, Run

__all__ = ["explanation", "export_model", "exported", "first_gradient", "five_targets", "forward", "one_target"]


def forward(job: Job) -> Run:
    """The shipped file alone, with ONNX Runtime's default options."""
    return _whole_run(job.path, job.provider)


def exported(job: Job) -> Run:
    """The file that gives its map itself, in the same way."""
    return _whole_run(_exported_path(job.path), job.provider)


def export_model(path: Path, provider: str) -> None:
    """Write that file: before the turns, so that no side's memory counts it."""
    import onnxcam

    onnxcam.export(path, _exported_path(path), provider=provider)


def explanation(job: Job) -> Run:
    """Forward and Grad-CAM, the map at the input's resolution included."""
    import onnxcam

    return onnxcam.Explainer(job.path, provider=job.provider).explain


def one_target(job: Job) -> Run:
    """The map of the best class."""
    import onnxcam

    explainer = onnxcam.Explainer(job.path, provider=job.provider)
    return lambda x: explainer.explain(x, "top1")


def five_targets(job: Job) -> Run:
    """The maps of the five best classes."""
    import onnxcam

    explainer = onnxcam.Explainer(job.path, provider=job.provider)
    return lambda x: explainer.explain(x, "top5")


def first_gradient(job: Job) -> Run:
    """Forward, and the gradient of the predicted class at the first convolution: through nearly the whole network."""
    import onnxcam

    explainer = onnxcam.Explainer(job.path, layer=job.layer, provider=job.provider)
    return lambda x: explainer.gradient(x, lambda scores: (scores == scores.max(axis=1, keepdims=True)).astype("f4"))


def _exported_path(path: Path) -> Path:
    return path.with_suffix(".cam.onnx")


def _whole_run(path: Path, provider: str) -> Run:
    """All outputs of a file."""
    import onnxruntime

    if provider == "cuda":
        onnxruntime.preload_dlls()
    session = onnxruntime.InferenceSession(path, providers=[f"{provider.upper()}ExecutionProvider"])
    return lambda x: session.run(None, {"x": x})
