"""How the refusal of a body is worded: the property's path, its value if it may be shown, what is allowed. Pure."""

import math

from aci_emulator.arm import ArmError, undeserialisable

SECRETS = {"password", "protectedSettings", "secret", "secureValue", "storageAccountKey", "value", "workspaceKey"}
"""Properties whose values no sentence shows, whatever they hold."""

LONGEST = 120
"""Characters of a value that a sentence shows."""

LARGEST = 10**18
"""Beyond it a number is not spelt out: a hostile one has thousands of digits."""


def refused(code: str, sentence: str) -> ArmError:
    """Return a refusal with a code and a text that ACI is known for."""
    return ArmError(400, code, sentence)


def missing(key: str, path: str) -> ArmError:
    """Return the refusal of an object at `path` without the required property `key`, in ACI's words (aci.md, 4)."""
    return undeserialisable(f"Required property '{key}' not found in JSON. Path '{path}'")


def mistyped(path: str, value: object, wanted: str) -> ArmError:
    """Return the refusal of a value that is not of the kind `wanted`, such as `a string`."""
    return undeserialisable(f"Property '{path}' must be {wanted}; it is {_shown_at(path, value)}")


def invalid(path: str, value: object, allowed: str) -> ArmError:
    """Return the refusal of a value that breaks a rule for which no code of ACI's is known."""
    return impossible(f"Property '{path}' is {_shown_at(path, value)}. Allowed: {allowed}.")


def impossible(sentence: str) -> ArmError:
    """Return the refusal, for which no code of ACI's is known, of what `sentence` describes."""
    return ArmError(400, "InvalidRequestContent", f"The request content was invalid: {sentence}")


def told(value: object) -> str:
    """Return a value as a sentence shows it: in short, and never what is inside an object or an array."""
    match value:
        case str():
            return repr(value if len(value) <= LONGEST else f"{value[:LONGEST]}...")
        case bool():
            return str(value).lower()
        case int() | float() if abs(value) < LARGEST:
            return str(value)
    return _kind(value)


def span(least: float, most: float) -> str:
    """Return how a sentence says what lies between two limits, of which the upper may be none."""
    return f"{least:g} or more" if math.isinf(most) else f"{least:g} to {most:g}"


def _shown_at(path: str, value: object) -> str:
    last = path.rpartition(".")[2].partition("[")[0]
    return _kind(value) if last in SECRETS else told(value)


def _kind(value: object) -> str:
    names = {
        str: "a string",
        bool: "a boolean",
        int: "a number",
        float: "a number",
        list: "an array",
        dict: "an object",
    }
    return names.get(type(value), "null")
