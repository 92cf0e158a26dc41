"""JSON Web Tokens without a signature: how they are written and read. Pure."""

import base64
import json

from aci_emulator.arm import Json

PARTS = 3
"""A token is header.claims.signature."""


def unsigned(claims: Json) -> str:
    """Return `claims` as a token whose signature is empty."""
    return f"{_encoded({'typ': 'JWT', 'alg': 'none'})}.{_encoded(claims)}."


def read(token: str) -> Json | None:
    """Return what `token` claims, whoever signed it; None when it is no token."""
    parts = token.split(".")
    decoded = [_decoded(part) for part in parts[:2]]
    return decoded[1] if len(parts) == PARTS and None not in decoded else None


def _encoded(value: Json) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def _decoded(part: str) -> Json | None:
    try:
        text = base64.b64decode(part + "=" * (-len(part) % 4), altchars="-_", validate=True)
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None
