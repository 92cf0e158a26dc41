"""export, and apply of what it wrote: a file with stars leaves every secret as it is, typed against a real Azurite."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from scheduler import wiring
from tests.servers import Azurite
from tests.typist import Typist, settings, terminal

pytestmark = pytest.mark.azurite

SECRET = "hunter22secret"
CREDENTIALS = f'"imageRegistryCredentials":[{{"server":"s","username":"u","password":"{SECRET}"}}]'

EXTENSION = (
    '"extensionType":"t","version":"1.0","settings":{"city":"\\u00d6rebro","n":1.0,"on":true,"date":"2026-01-01"},'
    f'"protectedSettings":{{"key":"{SECRET}"}}'
)


@pytest.fixture
def typist(azurite: Azurite, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Typist]:
    with terminal(monkeypatch, settings(azurite, "http://127.0.0.1:1")):
        yield Typist(capsys)


def spec() -> object:
    found = wiring.world().jobs.read(("a", "b"))
    return found.columns["Spec"] if found else None


@pytest.mark.parametrize("way", ["yaml", "--json"])
@pytest.mark.parametrize(
    "typed",
    [
        f'{{"properties":{{{CREDENTIALS}}}}}',
        f'{{\n  "properties":\n  {{"sku": "Standard", {CREDENTIALS}}}\n}}',
        f'{{"properties":{{{CREDENTIALS.replace("hunter", chr(92) + "u0068unter")}}}}}',
        f'{{"properties":{{"extensions":[{{"name":"e","properties":{{{EXTENSION}}}}}]}}}}',
    ],
)
def test_a_spec_in_any_layout_leaves_with_stars_and_comes_back_as_it_is(
    typist: Typist, tmp_path: Path, typed: str, way: str
) -> None:
    wiring.world().jobs.keep(("a", "b"), {"Image": "x", "Spec": typed})
    kept = tmp_path / "kept.yaml"
    assert typist.type("export", str(kept), *([way] if way == "--json" else [])) == 0, typist.err
    assert "a/b: Spec is written with stars in place of secrets." in typist.err
    assert "unter22" not in kept.read_text()
    assert typist.type("apply", str(kept), "--dry-run") == 0, typist.err
    assert typist.out == "Nothing to do: 1 as the file says.\n"
    kept.write_text(kept.read_text().replace("x", "y", 1))
    assert typist.type("apply", str(kept), "--yes") == 0, typist.err
    assert spec() == typed


def test_stars_in_a_spec_that_was_changed_beside_them_are_refused(typist: Typist, tmp_path: Path) -> None:
    typed = f'{{"properties":{{{CREDENTIALS}}}}}'
    wiring.world().jobs.keep(("a", "b"), {"Image": "x", "Spec": typed})
    kept = tmp_path / "kept.yaml"
    typist.type("export", str(kept))
    kept.write_text(kept.read_text().replace("username: u", "username: other"))
    assert typist.type("apply", str(kept), "--yes") == 2
    assert "Spec holds stars, which stand for what is not shown: write the whole value." in typist.err
    assert spec() == typed


def test_of_volumes_with_a_secret_that_itself_is_refused_and_not_the_stars(typist: Typist, tmp_path: Path) -> None:
    volume = f'"shareName":"s","storageAccountName":"account","storageAccountKey":"{SECRET}"'
    wiring.world().jobs.keep(("a", "b"), {"Image": "x", "Volumes": f'{{"/data":{{"azureFile":{{{volume}}}}}}}'})
    kept = tmp_path / "kept.yaml"
    assert typist.type("export", str(kept)) == 0, typist.err
    assert SECRET not in kept.read_text()
    assert typist.type("apply", str(kept), "--dry-run") == 2
    assert "storageAccountKey, this text is no reference to a secret in Key Vault" in typist.err
    assert "stars" not in typist.err
