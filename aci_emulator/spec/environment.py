"""The environment variables of a container (aci.md, 2 and 5). Pure."""

import math

from aci_emulator.spec.names import read_variable_name
from aci_emulator.spec.reading import Place
from aci_emulator.spec.refusals import impossible, invalid
from aci_emulator.spec.terms import Terms


def read_environment(place: Place, container: str, terms: Terms) -> dict[str, str]:
    """Return name -> value of every variable, the secret ones among them."""
    values: dict[str, str] = {}
    for variable in place.objects("environmentVariables", math.inf, "variables"):
        name = read_variable_name(variable, container, terms)
        if name in values:
            raise invalid(variable.at("name"), name, "a name that no other variable of the container has")
        values[name] = _value(variable)
    return values


def _value(variable: Place) -> str:
    """Return the value; neither is refused, too: it is how a secret comes back from a GET, and would be lost."""
    if variable.get("secureValueReference") is not None:
        raise impossible(f"Property '{variable.at('secureValueReference')}' is not emulated.")
    plain, secure = variable.maybe_text("value"), variable.maybe_text("secureValue")
    value = secure if plain is None else plain
    if value is None or (plain is not None and secure is not None):
        raise impossible(f"Property '{variable.path}' must have exactly one of 'value' and 'secureValue'.")
    return value
