"""Rows for `onnxcam/autodiff/rules/softmax.py`."""

from tests.autodiff.cases.case import Case

X = {"x": (2, 3, 4)}
FLATTENING = "onnxruntime"  # the reference evaluator knows only the meaning of version 13


def rows(op_type: str) -> tuple[Case, ...]:
    return (
        Case(f"{op_type}-flattened", f"y = {op_type}(x)", X, opsets=(7, 11, 12), runtime=FLATTENING),
        Case(f"{op_type}-flattened-axis", f"y = {op_type} <axis = 2> (x)", X, opsets=(7, 12), runtime=FLATTENING),
        Case(f"{op_type}-flattened-all", f"y = {op_type} <axis = 0> (x)", X, opsets=(7, 12), runtime=FLATTENING),
        Case(f"{op_type}-flattened-negative", f"y = {op_type} <axis = -2> (x)", X, opsets=(11, 12), runtime=FLATTENING),
        Case(f"{op_type}-default", f"y = {op_type}(x)", X),
        Case(f"{op_type}-axis", f"y = {op_type} <axis = 1> (x)", X),
        Case(f"{op_type}-negative", f"y = {op_type} <axis = -3> (x)", X),
    )


CASES = (*rows("Softmax"), *rows("LogSoftmax"))
