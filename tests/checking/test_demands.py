"""Demands: what a sentence says."""

from __future__ import annotations

import pytest

from onnxcam.checking import Demand, parse_demand
from onnxcam.errors import InputError


@pytest.mark.parametrize(
    ("text", "demand"),
    [
        pytest.param("accuracy >= 0.95", Demand("", "accuracy", ">=", 0.95), id="mean"),
        pytest.param("drift<1e-3", Demand("", "drift", "<", 1e-3), id="no spaces"),
        pytest.param("sensitivity-max <= .5", Demand("", "sensitivity-max", "<=", 0.5), id="hyphen"),
        pytest.param("pearson > -0.1 on 99.5 %", Demand("", "pearson", ">", -0.1, percent=99.5), id="share"),
        pytest.param("pearson >= 1 on 95% of pictures", Demand("", "pearson", ">=", 1, percent=95), id="of pictures"),
        pytest.param("iou-50 >= 1 for each class", Demand("", "iou-50", ">=", 1, is_each=True), id="each class"),
        pytest.param(
            "entropy < 7 on 50 % for class great white shark",
            Demand("", "entropy", "<", 7, percent=50, class_name="great white shark"),
            id="one class",
        ),
        pytest.param("ssim >= baseline", Demand("", "ssim", ">=", 0, is_relative=True), id="baseline"),
        pytest.param("ssim >= baseline - 0.02", Demand("", "ssim", ">=", -0.02, is_relative=True), id="baseline less"),
        pytest.param("drift <= baseline+.01", Demand("", "drift", "<=", 0.01, is_relative=True), id="baseline more"),
    ],
)
def test_a_sentence_is_a_demand(text: str, demand: Demand) -> None:
    found = parse_demand(text)
    assert found.text == text
    assert (found.figure, found.sign, found.number, found.is_relative) == (
        demand.figure,
        demand.sign,
        demand.number,
        demand.is_relative,
    )
    assert (found.percent, found.is_each, found.class_name) == (demand.percent, demand.is_each, demand.class_name)


@pytest.mark.parametrize(
    "text", ["", "accuracy", "accuracy >= high", "accuracy => 1", ">= 1", "a >= 1 on most", "a >= 1 for all", "a == 1"]
)
def test_another_sentence_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="is no demand. Write FIGURE >= NUMBER"):
        parse_demand(text)


@pytest.mark.parametrize("share", ["0", "101"])
def test_a_share_is_within_the_pictures(share: str) -> None:
    with pytest.raises(InputError, match="are none, or too many"):
        parse_demand(f"pearson >= 0.9 on {share} %")


@pytest.mark.parametrize(("sign", "holding"), [(">=", [1, 2]), ("<=", [0, 1]), (">", [2]), ("<", [0])], ids=str)
def test_signs(sign: str, holding: list[int]) -> None:
    demand = parse_demand(f"a {sign} 1")
    assert [value for value in range(3) if demand.holds(value, 1)] == holding
