"""Rows for `onnxcam/autodiff/rules/cumulative.py`."""

import numpy as np

from tests.autodiff.cases.case import NEWEST, Case, Values

ZEROS = np.array([[1.5, -2.0, 0.0, 0.7, -1.2], [0.0, 1.1, 0.0, -0.6, 2.0], [0.5, -0.7, 1.3, -2.0, 0.9]])
FORMS = {"": "exclusive = 0", "-exclusive": "exclusive = 1", "-reverse": "reverse = 1"} | {
    "-exclusive-reverse": "exclusive = 1, reverse = 1"
}


def forms(op_type: str, opsets: tuple[int, ...], x: Values) -> tuple[Case, ...]:
    return (
        *(
            Case(
                f"{op_type}{form}",
                f"y = {op_type} <{attributes}> (x, a)",
                {"x": x, "a": np.array(1)},
                opsets,
                constant=("a",),
            )
            for form, attributes in FORMS.items()
        ),
        Case(
            f"{op_type}-computed",
            f"a = ReduceMax <keepdims = 0> (b) y = {op_type}(x, a)",
            {"x": x, "b": np.array([-2])},
            opsets[:1],
        ),
    )


CASES = (*forms("CumSum", (11, 14, NEWEST), (2, 3, 4)), *forms("CumProd", (26, NEWEST), ZEROS))
