"""Suspicious clusters and the randomisation test in lines."""

from __future__ import annotations

from onnxcam.auditing import Cluster, Randomisation, RandomisedStep, Shortcuts
from onnxcam.cli.shortcuts import randomisation_lines, shortcut_lines


def cluster(number: int, border: float, corner: float, name: str = "star") -> Cluster:
    return Cluster(name, number, 40, 200, border, corner, tuple(f"{number}/{k}.png" for k in range(9)), ())


def test_suspicious_clusters_are_told_with_pictures_to_look_at() -> None:
    found = Shortcuts((cluster(1, 0.2, 0.834), cluster(0, 0.5, -0.1, "a\nb"), cluster(2, 0.1, 0.1)), (), ())
    assert shortcut_lines(found) == [
        "perhaps a shortcut:",
        "  class star, cluster of 40 of 200 pictures: corner excess 0.83, such as 1/0.png, 1/1.png, 1/2.png",
        "  class a b, cluster of 40 of 200 pictures: border excess 0.50, such as 0/0.png, 0/1.png, 0/2.png",
    ]
    assert shortcut_lines(Shortcuts((cluster(2, 0.1, 0.1),), (), ())) == []


def test_of_many_the_first_few_are_told() -> None:
    lines = shortcut_lines(Shortcuts(tuple(cluster(number, 0.3, 0.4) for number in range(9)), (), ()))
    assert len(lines) == 1 + 5 + 1
    assert lines[-1] == "  and 4 more, in audit.json"


def test_a_step_is_a_line_with_a_bar() -> None:
    steps = (
        RandomisedStep("head", "head", 1, False, 0.52, 4, 0.3, 4, None),
        RandomisedStep("b", "a", 3, True, -0.25, 2, None, 0, "2 of 4 maps are constant"),
        RandomisedStep("stage/" + 9 * "block/" + "conv", "c", 2, True, 0.1, 4, 0.1, 4, None),
        RandomisedStep("c", "c", 1, True, None, 0, None, 0, "it fails"),
    )
    assert randomisation_lines(Randomisation("cascading", 16, 4, steps, ())) == [
        "similarity to the maps of 4 pictures as weights are shuffled (cascading):",
        "  none                                      spearman  1.0000  ssim  1.0000  ####################",
        "  head                                      spearman  0.5200  ssim  0.3000  ##########",
        "  b … a (3)                                 spearman -0.2500  ssim       - (2 of 4 maps are constant)",
        "  …ck/block/block/block/block/conv … c (2)  spearman  0.1000  ssim  0.1000  ##",
        "  c                                         spearman       -  ssim       - (it fails)",
    ]
    assert randomisation_lines(None) == []
