# ruff: noqa: E501 (a fault is one row)
"""The offline checker of Bicep: a sound file has no problems, and each fault is named by its line and mend."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from infra.check import tree
from infra.check.__main__ import main
from infra.check.bicep import Output
from infra.check.check import Check
from infra.check.facts import Facts
from infra.check.read import parse

FACTS = Facts.read()
SOUND = """\
targetScope = 'resourceGroup'

@description('Its name.')
@minLength(3)
@maxLength(11)
param name string = 'crontable'

@allowed(['Standard_LRS', 'Standard_ZRS'])
param sku string = 'Standard_LRS'

param regions string[] = []
param size int?

var suffix = take(uniqueString(resourceGroup().id), 6)

resource account 'Microsoft.Storage/storageAccounts@2025-01-01' = {
  name: 'st${name}${suffix}'
  location: resourceGroup().location
  kind: 'StorageV2'
  sku: { name: sku }
  properties: { minimumTlsVersion: 'TLS1_2', allowSharedKeyAccess: false }

  resource tables 'tableServices' = {
    name: 'default'
  }
}

resource copies 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = [for (region, at) in regions: if (region != '') {
  name: 'id-${at}'
  location: region
}]

resource rule 'Microsoft.Storage/storageAccounts/managementPolicies@2025-01-01' = {
  parent: account
  name: 'default'
  properties: { policy: { rules: [] } }
}

module plan 'plan.bicep' = if (size != null) {
  params: { size: size ?? 1, name: name }
}

output blobs string = account.properties.primaryEndpoints.blob
output tables string = account::tables.id
output first string = copies[0].properties.clientId
output size int = plan!.outputs.size
output names array = map(regions, region => toLower(region))
"""
PLAN = """\
param size int
@allowed(['crontable', 'other'])
param name string
param optional string?
output size int = size + length(name) + length(optional ?? '')
"""
GIVEN = """\
using 'main.bicep'

param name = 'crontable'
param regions = ['northeurope']
"""


def problems(folder: Path, files: Mapping[str, str], *names: str) -> list[str]:
    for name, text in files.items():
        (folder / name).write_text(text)
    found = Check(FACTS).problems([folder / name for name in names or ("main.bicep",)])
    return [f"{problem.path.name}:{problem.line}: {problem.code}: {problem.sentence}" for problem in found]


def test_a_sound_tree_has_no_problems(tmp_path: Path) -> None:
    files = {"main.bicep": SOUND, "plan.bicep": PLAN, "main.bicepparam": GIVEN}
    assert problems(tmp_path, files, "main.bicep", "main.bicepparam") == []


FAULTS = [
    # what is broken, what stands there in its place, and what is said
    ("var suffix =", "var suffix", "14: syntax: This cannot be read"),
    ("sku: { name: sku }", "sku: { name: sku ", "syntax: This cannot be read"),
    ("'TLS1_2', allow", "'TLS1_2' allow", "syntax: "),
    ("kind: 'StorageV2'", "kind: 'StorageV2' tags: {}", "19: syntax: A new line or a comma is missing before 'tags"),
    ("  kind: 'StorageV2'\n", "  kind: 'StorageV2'\n  kind: 'Storage'\n", "20: BCP025: The property kind stands twice"),
    ("  kind: 'StorageV2'\n", "  ...account\n", "19: syntax: This cannot be read"),
    # names
    ("sku: { name: sku }", "sku: { name: skew }", "20: BCP057: The name skew is not declared."),
    ("sku: { name: sku }", "sku: { name: 'Standard_LRS' }", "9: no-unused-params: sku is never used."),
    ("${suffix}", "", "14: no-unused-vars: suffix is never used."),
    ("take(", "tkae(", "14: BCP057: There is no function tkae(); did you mean take?"),
    ("take(uniqueString(resourceGroup().id), 6)", "take('a')", "14: BCP071: take() takes 2 arguments, and is given 1."),
    ("@minLength(3)", "@minLenght(3)", "4: BCP057: There is no decorator @minLenght; did you mean minLength?"),
    ("param size int?", "param name int?", "12: BCP028: name is declared here and in line 6"),
    ("(region, at)", "(name, at)", "28: hidden: name hides what is declared under this name"),
    ("account::tables.id", "tables.id", "44: BCP057: The name tables is not declared"),
    ("account::tables.id", "account::table.id", "44: BCP159: No resource table stands in account; did you mean tables?"),
    # resource types and their properties
    ("s@2025-01-01' = {\n  name: 'st", "s' = {\n  name: 'st", "16: BCP029: The type 'Microsoft.Storage/storageAccounts'"),
    ("Accounts@2025-01-01' = {\n  name: 'st", "Accounts@2025-01-02' = {\n  name: 'st", "16: BCP081: account is of the type"),
    ("Microsoft.ManagedIdentity", "Microsoft.ManagedIdentities", "is not known: see types.json"),
    ("minimumTlsVersion:", "minimumTLSVersion:", "21: BCP037: account.properties has no property minimumTLSVersion; did you mean minimumTlsVersion?"),
    ("  kind: 'StorageV2'\n", "", "16: BCP035: account lacks kind."),
    ("  location: region\n", "", "28: BCP035: copies lacks location."),
    ("'TLS1_2'", "'TLS1.2'", "21: BCP036: account.properties.minimumTlsVersion is 'TLS1.2': it must be 'TLS1_0', 'TLS1_1', 'TLS1_2' or 'TLS1_3'; did you mean TLS1_2?"),
    ("KeyAccess: false", "KeyAccess: 'false'", "account.properties.allowSharedKeyAccess is of the kind string: it must be bool."),
    ("KeyAccess: false", "KeyAccess: size", "is of the kind int: it must be bool."),
    ("KeyAccess: false", "KeyAccess: empty(name) ? false : 'no'", "is of the kind string: it must be bool."),
    ("sku: { name: sku }", "sku: { name: sku, tier: 'Premium' }", "20: BCP073: account.sku.tier is read-only"),
    ("name: 'st${name}${suffix}'", "name: 'st'", "17: BCP333: account.name is 'st': it must have 3 to 24 characters."),
    ("rules: []", "rules: {}", "36: BCP036: rule.properties.policy.rules is of the kind object: it must be array."),
    ("rules: []", "rules: [{ name: 'x' }]", "36: BCP035: rule.properties.policy.rules[0] lacks type, definition."),
    ("rules: []", "rules: [for name2 in regions: { name: name2 }]", "36: BCP035: rule.properties.policy.rules[] lacks"),
    # what is taken of others
    ("primaryEndpoints.blob", "primaryEndpoint.blob", "43: BCP053: account.properties has no property primaryEndpoint; did you mean primaryEndpoints?"),
    ("clientId", "clientID", "45: BCP053: copies[].properties has no property clientID; did you mean clientId?"),
    ("plan!.outputs.size", "plan!.outputs.sizes", "46: BCP053: The module plan has no output sizes; did you mean size?"),
    ("plan!.outputs.size", "plan!.result.size", "46: BCP053: The module plan has no result"),
    ("output blobs string = account.properties.primaryEndpoints.blob", "output blobs int = account.name", "43: BCP033: The output blobs is declared as int, and its value is string."),
    # before the deployment
    ("name: 'id-${at}'", "name: account.properties.primaryEndpoints.blob", "29: BCP120: copies.name must be known before anything is deployed, and account.properties is not."),
    ("if (region != '')", "if (account.properties.isHnsEnabled)", "28: BCP120: The condition of copies must be known"),
    ("in regions", "in plan.outputs.size", "BCP120: What copies loops over must be known before anything is deployed, and plan.outputs is not."),
    ("var suffix = take(uniqueString(resourceGroup().id), 6)", "var suffix = rule.properties.policy", "BCP120: account.name must be known"),
    ("  parent: account\n", "  scope: resourceGroup('other')\n", "34: BCP139: rule.scope is resourceGroup(): a resource of another scope must stand in a module"),
    ("var suffix = take(uniqueString(resourceGroup().id), 6)", "var suffix = string([for r in regions: r])", "14: BCP138: A loop may not stand inside this value"),
    ("rules: []", "rules: concat([for r in regions: { name: r }])", "36: BCP138: A loop must be the whole value of a property"),
    ("rules: []", "rules: [for r in regions: { definition: [for s in regions: s] }]", "36: BCP142: A property's loop may not stand inside another"),
    ("rules: []", "rules: [for r in account.properties.networkAcls.ipRules: { name: r }]", "36: BCP120: What rule loops over must be known"),
    ("param size int?", "param size int?\nvar ids = [for r in regions: '${account.properties.primaryLocation}${r}']", "13: BCP120: What the loop of ids gives must be known"),
    # modules
    ("'plan.bicep'", "'plans.bicep'", "39: BCP091: The module plan is 'plans.bicep': no such file is there."),
    ("'plan.bicep'", "'br/public:avm/res/web/site:1.0.0'", "39: registry: The module plan is br/public:avm/res/web/site:1.0.0"),
    ("size: size ?? 1, ", "", "39: BCP035: The module plan lacks the parameters size."),
    ("size: size ?? 1", "size: size ?? 1, sizes: 2", "40: BCP037: The module plan has no parameter sizes; did you mean size?"),
    ("size: size ?? 1", "size: '1'", "40: BCP036: The module plan is given size: it must be int, and is string."),
    ("1, name: name", "1, name: 'crontabel'", "40: BCP036: The module plan is given name = 'crontabel': it must be one of 'crontable', 'other'."),
    ("  params: {", "  parameters: {}\n  params: {", "39: BCP037: The module plan has no property parameters."),
    # lists and objects that are put together
    ("rules: []", "rules: concat([{ name: 'x' }], [])", "36: BCP035: rule.properties.policy.rules[0] lacks type, definition."),
    ("rules: []", "rules: map(regions, r => { name: r })", "36: BCP035: rule.properties.policy.rules[] lacks type, definition."),
    ("sku: { name: sku }", "sku: union({ name: sku }, { nam: sku })", "20: BCP037: account.sku has no property nam; did you mean name?"),
    ("sku: { name: sku }", "sku: union({ tear: sku }, json('{}'))", "20: BCP037: account.sku has no property tear"),
    # Bicep's own words
    ("param size int?", "param true string\nparam size int?", "12: BCP015: true is a word of the language, and no name."),
    ("account::tables.id", "resourceGroup()::tables.id", "44: BCP159: Before ::tables a resource must stand."),
    ("  parent: account\n", "  parent: account\n  dependsOn: ['account']\n", "35: BCP034: rule.dependsOn holds what is no resource"),
    ("01-01' = {\n  parent: account\n  name: 'default'\n", "01-01' existing = {\n  parent: account\n", "33: BCP035: rule is found by its name, and lacks it."),
    ("01-01' = {\n  parent: account\n", "01-01' existing = {\n  parent: account\n", "33: BCP073: rule.properties may not be given"),
    # rings, places, types
    ("var suffix = take(uniqueString(resourceGroup().id), 6)", "var suffix = plan!.outputs.size", "BCP120"),
    ("var suffix = take(uniqueString(resourceGroup().id), 6)", "var suffix = more\nvar more = suffix", "14: BCP080: suffix needs itself: these need each other in a ring: more, suffix."),
    ("  parent: account\n", "", "34: BCP169: rule has a name of 1 parts: it needs a parent, or 2 parts."),
    ("name: 'default'\n  prop", "name: 'st/default'\n  prop", "35: BCP169: rule has a name of 2 parts: it needs a parent, or 1 parts."),
    ("param name string =", "param name sting =", "6: BCP302: There is no type sting; did you mean string?"),
    ("var suffix = take(", "var words = { a: { b: 1 } }\nvar deep = words.a.c\nvar suffix = take(", "15: BCP053: words.a has no property c."),
    ("string[]", "strings[]", "11: BCP302: There is no type strings; did you mean string?"),
    ("uniqueString(resourceGroup().id)", "uniqueString(resourceGroup().ids)", "14: BCP053: resourceGroup() has no property ids; did you mean id?"),
    # parameters
    ("= 'crontable'", "= 1", "6: BCP036: The default of name: it must be string, and is int."),
    ("= 'crontable'", "= 'no'", "6: BCP332: The default of name = 'no': @minLength(3) bounds it."),
    ("= 'Standard_LRS'\n", "= 'Premium_LRS'\n", "9: BCP036: The default of sku = 'Premium_LRS': it must be one of 'Standard_LRS', 'Standard_ZRS'."),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "said"), FAULTS)
def test_each_fault_is_named_with_its_line(old: str, new: str, said: str, tmp_path: Path) -> None:
    assert old in SOUND
    found = problems(tmp_path, {"main.bicep": SOUND.replace(old, new, 1), "plan.bicep": PLAN})
    assert any(said in problem for problem in found), found
    assert all(problem.startswith("main.bicep:") for problem in found)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("param name =", "param nam =", "3: BCP037: main.bicep has no parameter nam; did you mean name?"),
        ("'crontable'", "1", "3: BCP036: main.bicep is given name: it must be string, and is int."),
        ("'crontable'", "'crontable-long'", "3: BCP332: main.bicep is given name = 'crontable-long': @maxLength(11)"),
        ("['northeurope']", "[", "syntax: This cannot be read"),
        ("'main.bicep'", "'mein.bicep'", "1: BCP091: It is for 'mein.bicep': no such file is there."),
        ("using 'main.bicep'", "", "1: BCP261: A .bicepparam file must say which file it is for"),
    ],
)
def test_a_parameter_file_is_held_against_the_file_it_is_for(old: str, new: str, said: str, tmp_path: Path) -> None:
    files = {"main.bicep": SOUND, "plan.bicep": PLAN, "main.bicepparam": GIVEN.replace(old, new)}
    found = problems(tmp_path, files, "main.bicepparam")
    assert any(f"main.bicepparam:{said}" in problem or said in problem for problem in found), found


def test_a_parameter_without_a_default_must_be_given_by_the_parameter_file(tmp_path: Path) -> None:
    files = {"main.bicep": PLAN, "main.bicepparam": "using 'main.bicep'\nparam size = 1\n"}
    assert problems(tmp_path, files, "main.bicepparam") == [
        "main.bicepparam:1: BCP035: main.bicep lacks the parameters name."
    ]


def test_a_fault_in_a_module_is_named_with_the_module_and_the_module_is_read_once(tmp_path: Path) -> None:
    twice = SOUND + "\nmodule again 'plan.bicep' = {\n  params: { size: 1, name: 'other' }\n}\n"
    found = problems(tmp_path, {"main.bicep": twice, "plan.bicep": PLAN + "var idle = 1\n"})
    assert found == ["plan.bicep:6: no-unused-vars: idle is never used."]


def test_a_problem_may_be_let_pass_at_its_line_by_its_code_only(tmp_path: Path) -> None:
    told = SOUND.replace("  kind:", "  tag: {}\n  kind:")
    assert len(problems(tmp_path, {"main.bicep": told, "plan.bicep": PLAN})) == 1
    for code, left in (("BCP037", 0), ("BCP036", 1)):
        passed = told.replace("  tag:", f"  #disable-next-line {code}\n  tag:")
        assert len(problems(tmp_path, {"main.bicep": passed, "plan.bicep": PLAN})) == left


def test_a_kind_is_held_against_what_that_kind_has(tmp_path: Path) -> None:
    site = "resource site 'Microsoft.Web/sites@2024-11-01' existing = { name: 'x' }\n"
    text = site + (
        "resource c 'Microsoft.Web/sites/config@2024-11-01' = {\n"
        "  parent: site\n  name: 'appsettings'\n  properties: { a: 'b' }\n}\n"
    )
    assert problems(tmp_path, {"main.bicep": text}) == []
    (said,) = problems(tmp_path, {"main.bicep": text.replace("'b'", "1")})
    assert "c.properties.a is of the kind int: it must be string." in said
    (said,) = problems(tmp_path, {"main.bicep": text.replace("'appsettings'", "'appsetting'")})
    assert "c.name is 'appsetting': it must be" in said
    (said,) = problems(tmp_path, {"main.bicep": text.replace("  name: 'appsettings'\n", "")})
    assert "c lacks name: 'appsettings'," in said


@pytest.mark.parametrize(
    "written", ["a ? b : c.d.e", "a ?? c.d.e", "!a && c.d.e", "a ? '' : c!.d[0].e", "map(a, b => c.d.e)"]
)
def test_a_property_belongs_to_the_operand_before_it_and_not_to_the_whole(written: str) -> None:
    (output,) = parse(f"output x string = {written}\n", Path("main.bicep")).of(Output).values()
    members = [node for node in output.walk() if isinstance(node, tree.Member) and node.name == "e"]
    assert [name.name for name in members[0].walk() if isinstance(name, tree.Name)] == ["c"]
    assert not isinstance(output.value, tree.Member)


def test_parentheses_keep_the_whole_together() -> None:
    (output,) = parse("output x string = (a ? b : c).d.e\n", Path("main.bicep")).of(Output).values()
    assert isinstance(output.value, tree.Member)
    assert isinstance(output.value.of, tree.Member)
    assert isinstance(output.value.of.of, tree.Choice)


def test_the_command_names_problems_and_its_exit_code_tells_a_script(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("main.bicep").write_text(SOUND.replace("StorageV2", "StorageV3"))
    Path("plan.bicep").write_text(PLAN)
    assert main(["main.bicep"]) == 1
    first, last = capsys.readouterr().out.splitlines()
    assert first.startswith("main.bicep:19: BCP036: account.kind is 'StorageV3': it must be 'Storage', 'StorageV2'")
    assert last == "2 files, 4 resources, 1 problems"
    Path("main.bicep").write_text(SOUND)
    assert main(["main.bicep"]) == 0


@pytest.mark.parametrize("arguments", [[], ["nowhere.bicep"], ["Makefile"]])
def test_nothing_to_check_is_no_success(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) == 2
    assert "name .bicep and .bicepparam files" in capsys.readouterr().out
