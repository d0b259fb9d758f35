"""A path that dies in a piecewise constant operator is told, and never a silent zero."""

from __future__ import annotations

import numpy as np
import pytest

import onnxcam
from onnxcam.autodiff import reverse
from onnxcam.errors import GradientError
from onnxcam.graph import load
from tests.conftest import Write

HALF = "g (float[2, 3] x, bool c) => (float[2, 3] y) {{ {body} }}"
# Node, and where a part of its gradient ends; nothing where no value comes to an end.
ENDS = (
    ("r = Round(x) y = Mul(r, x)", ("Round at node 'r'",)),
    ("r = Round(x) s = Floor(x) t = Mul(r, x) y = Add(t, s)", ("Floor at node 's'", "Round at node 'r'")),
    (
        "z = Constant <value_float = 0.0> () p = Greater(x, z) f = Cast <to = 1> (p) y = Mul(x, f)",
        ("Cast at node 'f'",),
    ),
    ("z = Constant <value_float = 0.0> () p = Greater(x, z) w = Where(p, z, x) y = Add(w, x)", ()),
    (
        "y = If <then_branch = t () => (a) { r = Ceil(x) a = Mul(x, r) }, else_branch = e () => (b) { b = Sin(x) }>(c)",
        ("Ceil in If at node 'y'",),
    ),
    ("s = Shape(x) f = Cast <to = 1> (s) m = ReduceMax <keepdims = 0> (f) y = Div(x, m)", ()),
    ("u = RandomUniformLike(x) y = Mul(x, u)", ()),
)


@pytest.mark.parametrize(("body", "ends"), ENDS, ids=[b for b, _ in ENDS])
def test_dead_ends_are_named(write_model: Write, body: str, ends: tuple[str, ...]) -> None:
    model = load(write_model(HALF.replace("{body}", body).replace("{{", "{").replace("}}", "}")))
    gradient = reverse(model, [model.value("y")], [model.value("x")])
    assert gradient.dead_ends == ends


def test_a_gradient_that_is_zero_everywhere_is_an_error(write_model: Write) -> None:
    model = load(write_model("g (float[2, 3] x) => (float[2, 3] y) { r = Round(x) y = Exp(r) }"))
    with pytest.raises(GradientError, match=r"every path ends in an operator without a gradient \(Round at node 'r'\)"):
        reverse(model, [model.value("y")], [model.value("x")])


def test_an_explanation_notes_what_it_does_not_see(write_model: Write, rng: np.random.Generator) -> None:
    weights = rng.standard_normal((4, 1, 3, 3)).astype(np.float32)
    path = write_model(
        """g (float[N, 1, 8, 8] x) => (float[N, 4] y) {
            c = Conv(x, w)
            r = Round(c)
            s = Add(c, r)
            p = GlobalAveragePool(s)
            y = Flatten(p)
        }""",
        w=weights,
    )
    result = onnxcam.explain(path, rng.standard_normal((1, 1, 8, 8)).astype(np.float32), provider="cpu")
    assert any("a part of the gradient ends on the way" in n and "Round at node 'r'" in n for n in result.notes)
