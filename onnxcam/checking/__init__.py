"""A gate: what a policy demands of models, held against what audits and comparisons find.

policy = read_policy("policy.toml")        models, data, and demands such as "pearson >= 0.9 on 95 % of pictures"
result = check("policy.toml", "check")     runs what it names, and holds the demands against the rows
result.passed, result.findings
"""

from onnxcam.checking.checker import check
from onnxcam.checking.demands import Demand, parse_demand
from onnxcam.checking.findings import Finding
from onnxcam.checking.policy import Policy, Run, read_policy
from onnxcam.checking.result import Check

__all__ = ["Check", "Demand", "Finding", "Policy", "Run", "check", "parse_demand", "read_policy"]
