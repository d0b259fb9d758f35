"""The oracles: PyTorch and what builds on it. Without them the tests here skip and say so."""

from __future__ import annotations

from types import ModuleType

import pytest

torch = pytest.importorskip("torch", reason="PyTorch is not installed: scripts/test installs it, --no-oracles does not")
torch.set_num_threads(1)  # the tests run side by side


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "tests/oracles" in item.path.as_posix():
            item.add_marker(pytest.mark.oracle)


@pytest.fixture(autouse=True)
def vision(peer: ModuleType) -> ModuleType:
    """Torchvision imports, whether or not its compiled operators match torch's build."""
    return peer
