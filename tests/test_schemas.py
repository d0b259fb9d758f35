"""The published schemas are those of the code, and what is written keeps to them."""

from __future__ import annotations

import importlib
import json
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import onnxcam
from onnxcam.checking.reports import REPORTS
from onnxcam.reporting import as_json
from tests.auditing.pictures import MODEL, OPTIONS, write_pictures
from tests.reporting.pages import page_of

jsonschema = pytest.importorskip("jsonschema", reason="schemas are held against files by jsonschema, of onnxcam[dev]")
pytest.importorskip("pydantic", reason="schemas are made by pydantic, of onnxcam[dev]")
ROOT = Path(__file__).parents[1]
NAMES = ("audit", "audit-row", "check", "comparison", "comparison-row", "report")


def valid(name: str, instance: Any) -> bool:
    schema = json.loads((ROOT / "onnxcam" / "schemas" / f"{name}.schema.json").read_text(encoding="utf-8"))
    checker = jsonschema.Draft202012Validator(schema)
    errors = [f"{error.json_path}: {error.message}" for error in checker.iter_errors(instance)]
    assert not errors, "\n".join(errors[:5])
    return True


def read(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A check of an audit and a comparison, with a picture that cannot be read and demands that are missed."""
    root = tmp_path_factory.mktemp("schemas")
    pictures = write_pictures(root / "pictures", 40)
    (pictures / "circle" / "broken.png").write_bytes(b"no picture")
    plain = "\n".join(f'{name} = "{OPTIONS[name]}"' for name in ("preprocess", "labels"))
    audit = f'[[audit]]\nname = "a"\nmodel = "{MODEL}"\ndataset = "pictures"\nrandomisation = "cascading"\n'
    audit += (
        f'randomised_pictures = 2\nreport_pictures = 9\n{plain}\nrequire = ["accuracy >= 2", "entropy <= 1 on 50 %"]'
    )
    second = MODEL.with_name("shapes-int8.onnx")
    compare = f'[[compare]]\nname = "c"\nfirst = "{MODEL}"\nsecond = "{second}"\ndataset = "pictures"\n{plain}\n'
    compare += 'require = ["drift <= 0 for each class"]'
    (root / "policy.toml").write_text(f"{audit}\n{compare}\n".replace("\\", "/"))
    found = onnxcam.check(root / "policy.toml", root / "check")
    assert not found.passed
    (root / "check.json").write_text(REPORTS["json"](found))
    return root


def test_what_is_written_keeps_to_the_schemas(folder: Path) -> None:
    run = folder / "check"
    valid("check", read(folder / "check.json"))
    valid("audit", read(run / "a" / "audit.json"))
    valid("comparison", read(run / "c" / "comparison.json"))
    for path in (run, run / "a", run / "c"):
        valid("report", read(path / "report.json"))
    for name, which in (("a", "audit-row"), ("c", "comparison-row")):
        rows = (run / name / "rows.jsonl").read_text(encoding="utf-8").splitlines()
        assert len(rows) == 41
        assert all(valid(which, json.loads(row)) for row in rows)
    valid("report", as_json(page_of()))


def broken(instance: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield {**instance, "unknown": 1}
    yield {name: value for name, value in list(instance.items())[:-1]}
    yield {**instance, "schema": "onnxcam.other", "key": 3}
    yield {name: {} for name in instance}


@pytest.mark.parametrize("name", NAMES)
def test_a_schema_refuses_what_is_none(folder: Path, name: str) -> None:
    run = folder / "check"
    files = {
        "audit": run / "a" / "audit.json",
        "audit-row": run / "a" / "rows.jsonl",
        "check": folder / "check.json",
        "comparison": run / "c" / "comparison.json",
        "comparison-row": run / "c" / "rows.jsonl",
        "report": run / "report.json",
    }
    text = files[name].read_text(encoding="utf-8")
    instance = json.loads(text.splitlines()[0] if name.endswith("row") else text)
    for other in broken(instance):
        with pytest.raises(AssertionError):
            valid(name, other)


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(ROOT / "scripts"))
    return importlib.import_module("schemas")


def test_the_files_are_what_the_script_writes(script: ModuleType) -> None:
    made = script.schemas()
    assert sorted(made) == sorted(f"{name}.schema.json" for name in NAMES)
    assert sorted(path.name for path in script.FOLDER.iterdir()) == sorted(made)
    for name, schema in made.items():
        jsonschema.Draft202012Validator.check_schema(schema)
        assert (script.FOLDER / name).read_text(encoding="utf-8") == script.written(schema), name


def test_every_field_is_described(script: ModuleType) -> None:
    for name in ("audit", "comparison", "report"):
        for kind, one in script.schemas()[f"{name}.schema.json"]["$defs"].items():
            for field, of in one.get("properties", {}).items():
                assert field == "kind" or of.get("description"), f"{kind}.{field}"
