"""Where ONNX Runtime's files for browsers are looked for, and what is said when they are nowhere."""

from __future__ import annotations

import os
import tarfile
from pathlib import Path

import pytest

from onnxcam.errors import InputError
from onnxcam.exporting.web import RUNTIME_VERSION, find_runtime
from onnxcam.exporting.web.runtime_files import RUNTIME_FILES, version_of

NPM = """#!/bin/sh
[ "$1 $2 $3" = "pack --silent onnxruntime-web@{version}" ] || exit 9
{action}
"""


def install(folder: Path, version: str = "1.2.3") -> Path:
    """The package, as npm lays it out."""
    dist = folder / "dist"
    dist.mkdir(parents=True)
    for name in (*RUNTIME_FILES, "more.js"):
        (dist / name).write_text(name, encoding="utf-8")
    package = '{"name": "onnxruntime-web", "version": "%s"}'.replace("%s", version)
    (folder / "package.json").write_text(package, encoding="utf-8")
    return dist


@pytest.fixture
def nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to be in, an empty cache, and no npm."""
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    (tmp_path / "bin").mkdir()
    return tmp_path


def write_npm(folder: Path, action: str) -> None:
    npm = folder / "bin" / "npm"
    npm.write_text(NPM.format(version=RUNTIME_VERSION, action=action), encoding="utf-8")
    npm.chmod(0o755)


@pytest.mark.parametrize("given", ["node_modules/onnxruntime-web", "node_modules/onnxruntime-web/dist", "."])
def test_the_folder_that_is_given_counts(nothing: Path, given: str) -> None:
    dist = install(nothing / "elsewhere" / "node_modules" / "onnxruntime-web")
    assert find_runtime(nothing / "elsewhere" / given) == dist
    assert version_of(dist) == "1.2.3"


def test_a_folder_without_the_files_is_refused(nothing: Path) -> None:
    install(nothing / "here" / "node_modules" / "onnxruntime-web")
    with pytest.raises(InputError, match="holds no ONNX Runtime for browsers"):
        find_runtime(nothing / "bin")


def test_the_nearest_node_modules_count(nothing: Path) -> None:
    above = install(nothing / "node_modules" / "onnxruntime-web")
    assert find_runtime() == above
    assert find_runtime() != install(nothing / "here" / "node_modules" / "onnxruntime-web")
    assert find_runtime() == nothing / "here" / "node_modules" / "onnxruntime-web" / "dist"


def test_without_files_and_npm_it_says_what_to_do(nothing: Path) -> None:
    with pytest.raises(
        InputError, match=f"neither that nor npm here. Run 'npm install onnxruntime-web@{RUNTIME_VERSION}'"
    ):
        find_runtime()


@pytest.mark.skipif(os.name == "nt", reason="the stand-in for npm is a shell script")
def test_npm_fetches_them_once(nothing: Path) -> None:
    install(nothing / "made" / "package", RUNTIME_VERSION)
    with tarfile.open(nothing / "made.tgz", "w:gz") as archive:
        archive.add(nothing / "made" / "package", "package")
    write_npm(nothing, f'/bin/cp "{nothing}/made.tgz" onnxruntime-web.tgz')
    dist = find_runtime()
    assert dist == nothing / "cache" / "onnxcam" / f"onnxruntime-web-{RUNTIME_VERSION}" / "dist"
    assert {path.name for path in dist.iterdir()} == set(RUNTIME_FILES)
    assert version_of(dist) == RUNTIME_VERSION
    (nothing / "bin" / "npm").unlink()
    assert find_runtime() == dist
    assert len(list((nothing / "cache" / "onnxcam").iterdir())) == 1


@pytest.mark.skipif(os.name == "nt", reason="the stand-in for npm is a shell script")
@pytest.mark.parametrize(
    ("action", "told"),
    [
        ("echo 'npm error network is down' >&2; exit 1", "npm cannot fetch onnxruntime-web: npm error network is down"),
        ("exit 0", "npm cannot fetch onnxruntime-web: exit code 0"),
        ("echo broken > onnxruntime-web.tgz", "cannot be kept"),
    ],
    ids=["fails", "gives nothing", "gives no archive"],
)
def test_an_npm_that_fails_is_told(nothing: Path, action: str, told: str) -> None:
    write_npm(nothing, action)
    with pytest.raises(InputError, match=told):
        find_runtime()
    assert not list((nothing / "cache").rglob("*.wasm"))
