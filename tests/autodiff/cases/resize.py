"""Rows for `onnxcam/autodiff/rules/resize.py`."""

from collections.abc import Sequence

import numpy as np

from tests.autodiff.cases.case import NEWEST, Case

X = (2, 3, 4, 5)
COORDINATES = ("half_pixel", "pytorch_half_pixel", "align_corners", "asymmetric", "tf_half_pixel_for_nn")
ROUNDINGS = ("round_prefer_floor", "round_prefer_ceil", "floor", "ceil")
OPSETS = (11, 13, 18, NEWEST)


def floats(name: str, values: Sequence[float]) -> str:
    return f"{name} = Constant <value = float[{len(values)}] {{{', '.join(map(str, map(float, values)))}}}> ()"


def trusted(attributes: str, scales: Sequence[float] = ()) -> str:
    """The evaluator to run.

    The reference does not know tf_half_pixel_for_nn, permutes axes that are given wrongly, rounds 'nearest' in float64
    (ONNX Runtime: float32), and does not round down the sizes that scales give in align_corners and tf_crop_and_resize.
    """
    is_broken = any(s != int(s) for s in scales) and ("align_corners" in attributes or "tf_crop" in attributes)
    is_wrong = is_broken or any(word in attributes for word in ("nearest", "tf_half", " axes = [-1"))
    return "onnxruntime" if is_wrong else "reference"


def scaled(
    name: str,
    attributes: str,
    scales: Sequence[float],
    x: tuple[int, ...] = X,
    *,
    roi: Sequence[float] = (),
    **more: object,
) -> Case:
    """A Resize by constant scales."""
    more = {"runtime": trusted(attributes, scales), **more}
    body = f"{floats('r', roi)}\n{floats('s', scales)}\ny = Resize <{attributes}> (x, r, s)"
    return Case(f"Resize-{name}", body, {"x": x}, **{"opsets": OPSETS, **more})


def sized(
    name: str, attributes: str, sizes: Sequence[int], x: tuple[int, ...] = X, *, is_fed: bool = False, **more: object
) -> Case:
    """A Resize to given sizes, constant or computed."""
    more = {"runtime": trusted(attributes), **more}
    body = f"y = Resize <{attributes}> (x, , , z)"
    kept = {} if is_fed else {"constant": ("z",)}
    return Case(f"Resize-{name}", body, {"x": x, "z": np.array(sizes)}, **{"opsets": (13, 18, NEWEST), **kept, **more})


def mode(name: str, coordinates: str, more: str = "") -> str:
    return f'mode = "{name}", coordinate_transformation_mode = "{coordinates}"{more}'


def nearest(coordinates: str, rounding: str) -> str:
    return mode("nearest", coordinates, f', nearest_mode = "{rounding}"')


BOTH = {"up": (1, 1, 2, 3), "down": (1, 1, 0.5, 0.6), "mixed": (1, 1, 1.7, 0.7)}

CASES = (
    *(
        Case(
            f"Upsample-attribute-{m}",
            f'y = Upsample <mode = "{m}", scales = [1.0, 1.0, 2.0, 1.5]> (x)',
            {"x": X},
            (7, 8),
            runtime="onnxruntime",
        )
        for m in ("nearest", "linear")
    ),
    *(
        Case(
            f"Upsample-{m}-{k}",
            f'{floats("s", s)}\ny = Upsample <mode = "{m}"> (x, s)',
            {"x": X},
            opsets=(9,),
            runtime="onnxruntime",
        )
        for m in ("nearest", "linear")
        for k, s in {"whole": (1, 1, 2, 3), "broken": (1, 1, 1.5, 2.3)}.items()
    ),
    *(
        Case(
            f"Resize-early-{m}-{k}",
            f'{floats("s", s)}\ny = Resize <mode = "{m}"> (x, s)',
            {"x": X},
            opsets=(10,),
            runtime="onnxruntime",
        )
        for m in ("nearest", "linear")
        for k, s in {
            "whole": (1, 1, 2, 3),
            "up": (1, 1, 1.5, 2.3),
            "down": (1, 1, 0.5, 0.7),
            "mixed": (1, 1, 1.5, 0.7),
        }.items()
    ),
    *(
        Case(
            f"Resize-early-{m}-computed",
            f'{floats("two", (2,))} f = Cast <to = 1> (q) s = Div(f, two) y = Resize <mode = "{m}"> (x, s)',
            {"x": X, "q": np.array((2, 2, 3, 1))},
            opsets=(10,),
            runtime="onnxruntime",
        )
        for m in ("nearest", "linear")
    ),
    *(
        scaled(f"nearest-{c}-{r}-{k}", nearest(c, r), s, opsets=OPSETS if (r, k) == ("floor", "up") else (13,))
        for c in COORDINATES
        for r in ROUNDINGS
        for k, s in BOTH.items()
    ),
    *(
        scaled(f"{m}-{c}-{k}", mode(m, c), s, opsets=OPSETS if k == "mixed" else (18,))
        for m in ("linear", "cubic")
        for c in COORDINATES[:4]
        for k, s in BOTH.items()
    ),
    scaled("cubic-coefficient", mode("cubic", "half_pixel", ", cubic_coeff_a = -0.5"), BOTH["mixed"]),
    scaled("cubic-exclude_outside", mode("cubic", "half_pixel", ", exclude_outside = 1"), BOTH["mixed"]),
    *(
        scaled(
            f"{m}-crop-{k}",
            mode(m, "tf_crop_and_resize", ", extrapolation_value = 3.0"),
            s,
            roi=(0, 0, 0.1, 0.2, 1, 1, 0.9, 1.3),
        )
        for m in ("nearest", "linear", "cubic")
        for k, s in BOTH.items()
    ),
    *(
        scaled(f"{m}-antialias-{k}", mode(m, "half_pixel", ", antialias = 1"), s, opsets=(18, NEWEST))
        for m in ("linear", "cubic")
        for k, s in BOTH.items()
    ),
    *(sized(f"{m}-sizes", mode(m, "half_pixel"), (2, 3, 7, 3)) for m in ("nearest", "linear", "cubic")),
    *(
        sized(f"{m}-sizes-fed", mode(m, "half_pixel"), (2, 3, 7, 3), is_fed=True, is_dynamic=False)
        for m in ("nearest", "linear", "cubic")
    ),
    # What an exporter writes for a size that is 7/4 or 3/5 of the input's: known in the run only.
    *(
        Case(
            f"Resize-{m}-sizes-computed",
            f"""
                s = Shape(x)
                m = Constant <value_ints = [1, 1, 7, 3]> ()
                d = Constant <value_ints = [1, 1, 4, 5]> ()
                t = Mul(s, m)
                z = Div(t, d)
                y = Resize <{mode(m, "half_pixel")}> (x, , , z)
            """,
            {"x": X},
            opsets=(13, NEWEST),
            runtime=trusted(mode(m, "half_pixel")),
        )
        for m in ("nearest", "linear", "cubic")
    ),
    sized("nearest-sizes-whole", nearest("asymmetric", "floor"), (2, 3, 8, 15)),
    *(
        sized(f"{m}-axes", mode(m, "half_pixel", ", axes = [-1, 2]"), (7, 9), opsets=(18, NEWEST))
        for m in ("nearest", "linear", "cubic")
    ),
    *(
        sized(
            f"linear-{p}",
            mode("linear", "half_pixel", f', axes = [2, 3], keep_aspect_ratio_policy = "{p}"'),
            (8, 20),
            opsets=(18, NEWEST),
        )
        for p in ("not_larger", "not_smaller")
    ),
    # Sizes that are rounded, or known in the run only; the scale is that of one axis to the digit.
    *(
        sized(
            f"{m}-{p}-{how}",
            mode(m, "half_pixel", f', axes = [3, 2], keep_aspect_ratio_policy = "{p}"'),
            sizes,
            opsets=(18, NEWEST),
            is_fed=how == "fed",
            is_dynamic=how != "fed",
            runtime="onnxruntime",
        )
        for m in ("nearest", "linear", "cubic")
        for p in ("not_larger", "not_smaller")
        for how, sizes in (("up", (8, 7)), ("down", (3, 3)), ("fed", (2, 5)))
    ),
    *(
        scaled(f"{m}-symmetric-{k}", mode(m, "half_pixel_symmetric"), s, opsets=(19, NEWEST), is_dynamic=k == "up")
        for m in ("nearest", "linear", "cubic")
        for k, s in BOTH.items()
    ),
    sized("linear-symmetric-sizes", mode("linear", "half_pixel_symmetric"), (2, 3, 7, 3), opsets=(19, NEWEST)),
    scaled("nearest-1d", nearest("asymmetric", "floor"), (1, 1, 3), (2, 3, 4)),
    scaled("nearest-3d", nearest("asymmetric", "floor"), (1, 1, 2, 1, 3), (1, 2, 2, 3, 2)),
    scaled("nearest-3d-broken", nearest("asymmetric", "floor"), (1, 1, 1.5, 1, 2.5), (1, 2, 2, 3, 2)),
    scaled("linear-3d", mode("linear", "half_pixel"), (1, 1, 1.5, 2, 0.6), (1, 2, 2, 3, 5)),
    scaled("nearest-channels", nearest("asymmetric", "floor"), (2, 2, 3, 1), (1, 2, 2, 3)),
    scaled("nearest-channels-last", nearest("half_pixel", "floor"), (1, 1.5, 2, 1), (2, 4, 3, 2)),
    scaled("linear-channels-last", mode("linear", "half_pixel"), (1, 1.5, 2, 1), (2, 4, 3, 2)),
    scaled("linear-matrix", mode("linear", "half_pixel"), (1.5, 2), (4, 3)),
    Case(
        "Resize-scales-fed",
        "\n".join(
            (
                floats("two", (2,)),
                "f = Cast <to = 1> (q)",
                "s = Div(f, two)",
                f"y = Resize <{mode('linear', 'half_pixel')}> (x, , s)",
            )
        ),
        {"x": X, "q": np.array((2, 2, 3, 1))},
        opsets=(13, NEWEST),
    ),
)
