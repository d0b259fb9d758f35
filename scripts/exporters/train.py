"""Trains the network with PyTorch on the pictures of an npz file, and says what it learnt. Minutes on two cores."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np
import torch
from numpy.lib.npyio import NpzFile
from numpy.typing import NDArray
from torch import Tensor, nn
from torch_network import ShapesNetwork, load_network, save_weights

SEED = 7
BATCH = 64
PEAK_LEARNING_RATE = 6e-3


def main() -> None:
    """Train, write the weights, and write the held-out logits and maps that the exports are held against."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("pictures", type=Path, help="npz with train, train_classes, held_out, mean and std")
    parser.add_argument("weights", type=Path, help="npz of the weights; trained and written if it is not there")
    parser.add_argument("reference", type=Path, help="npz to write held-out logits and last-convolution maps to")
    parser.add_argument("--epochs", type=int, required=True, help="passes over the training pictures")
    parser.add_argument("--threads", type=int, required=True, help="threads for PyTorch")
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    with np.load(args.pictures) as pictures:
        if not args.weights.exists():
            network = train(_inputs(pictures, "train"), torch.from_numpy(pictures["train_classes"]), args.epochs)
            save_weights(network, args.weights)
        logits, maps = explain(load_network(args.weights), _inputs(pictures, "held_out"))
    np.savez(args.reference, logits=logits, maps=maps)


def train(inputs: Tensor, classes: Tensor, epochs: int) -> ShapesNetwork:
    """A trained network; the same numbers give the same weights on one machine with one number of threads."""
    torch.manual_seed(SEED)
    network = ShapesNetwork()
    # Twice as fast on the CPU. PyTorch's stubs do not know this call.
    network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    optimiser = torch.optim.AdamW(network.parameters(), lr=PEAK_LEARNING_RATE, weight_decay=0.02)
    steps = epochs * (len(inputs) // BATCH)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, PEAK_LEARNING_RATE, total_steps=steps)
    loss_function = nn.CrossEntropyLoss(label_smoothing=0.05)
    for epoch in range(epochs):
        total = 0.0
        order = torch.split(torch.randperm(len(inputs)), BATCH)
        for rows in [rows for rows in order if len(rows) == BATCH]:
            batch = _turned(inputs[rows]).contiguous(memory_format=torch.channels_last)
            loss = loss_function(network(batch), classes[rows])
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            schedule.step()
            total += loss.item()
        sys.stderr.write(f"epoch {epoch + 1} of {epochs}: loss {total / (len(inputs) // BATCH):.4f}\n")
    network.to(memory_format=torch.contiguous_format)  # type: ignore[call-overload]
    return network.eval()


def explain(network: ShapesNetwork, inputs: Tensor) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Logits `(N, 6)` and Grad-CAM maps `(N, 12, 12)` of the predicted class at the last convolution's output."""
    activation = network.last(network.trunk(inputs)).detach().requires_grad_()
    logits = network.head(activation)
    (gradient,) = torch.autograd.grad(logits.amax(dim=1).sum(), activation)
    alpha = gradient.mean(dim=(2, 3), keepdim=True)
    maps = torch.relu((alpha * activation).sum(dim=1))
    return logits.detach().numpy(), maps.detach().numpy()


def _inputs(pictures: NpzFile, split: str) -> Tensor:
    """What the network takes, `(N, 3, H, W)`, from a split's pixels `(N, H, W, 3)` in 0..255."""
    pixels = torch.from_numpy(pictures[split]).permute(0, 3, 1, 2)
    return (pixels.float() / 255 - float(pictures["mean"])) / float(pictures["std"])


def _turned(batch: Tensor) -> Tensor:
    """The batch flipped or transposed at random as a whole: shapes stay what they are."""
    flips = [axis for axis in (2, 3) if torch.rand(()) < 0.5]
    batch = batch.flip(flips) if flips else batch
    return batch.transpose(2, 3) if torch.rand(()) < 0.5 else batch


if __name__ == "__main__":
    main()
