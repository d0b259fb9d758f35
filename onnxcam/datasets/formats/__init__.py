"""One file a format; each is imported in `onnxcam.datasets`, which registers it."""
