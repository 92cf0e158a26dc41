"""What Bicep answers to `build-params`, as far as the real parameters of infra/main.bicep go: read line by line."""

import json
import re
from pathlib import Path
from typing import Any

#: By which az knows the scope of a template.
SCHEMA = "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#"
ROOT = Path(__file__).parents[2]
_PARAM = re.compile(r"((?:^@[^\n]*\n)+)param (\w+) ([\w\[\]]+)(?: = ([^\n]*))?", re.MULTILINE)
_NUMBER = re.compile(r"^@(minValue|maxValue|minLength|maxLength)\((\d+)\)$", re.MULTILINE)
_ALLOWED = re.compile(r"^@allowed\(\[(.*)\]\)$", re.MULTILINE)


def compiled() -> str:
    """`{"parametersJson": …, "templateJson": …}`, each a text of JSON, as Bicep's `--stdout` prints it."""
    text = (ROOT / "infra/main.bicep").read_text()
    declared = {name: _declared(above, kind, default) for above, name, kind, default in _PARAM.findall(text)}
    return json.dumps(
        {
            "parametersJson": json.dumps({"parameters": {"name": {"value": "crontable"}}}),
            "templateJson": json.dumps({"$schema": SCHEMA, "parameters": declared, "resources": []}),
        }
    )


def _declared(above: str, kind: str, default: str) -> dict[str, Any]:
    kind = "array" if kind.endswith("[]") else kind
    told: dict[str, Any] = {"type": f"secure{kind}" if "@secure()" in above else kind}
    told |= {word: int(number) for word, number in _NUMBER.findall(above)}
    if allowed := _ALLOWED.search(above):
        told["allowedValues"] = [_value(one.strip()) for one in allowed[1].split(",")]
    if default:
        told["defaultValue"] = _value(default)
    return told


def _value(text: str) -> Any:
    """A literal's value; for an expression the text in brackets, as ARM has it."""
    if re.fullmatch(r"'[^'$]*'", text):
        return text[1:-1]
    if text in {"true", "false"}:
        return text == "true"
    return int(text) if text.isdigit() else f"[{text}]"
