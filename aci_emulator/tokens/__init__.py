"""Bearer tokens, which are read but never verified, and the identity endpoint of containers (aci.md, 1.5 and 7).

    bearer      who asks, and whether a request may be let in
    identities  the endpoint where containers get tokens
    jwt         how a token is written and read

Time is an argument; no I/O.
"""

from aci_emulator.tokens.bearer import ANYONE, AUDIENCES, check_bearer, principal
from aci_emulator.tokens.identities import TENANT, Identities, client_id, principal_id

__all__ = ["ANYONE", "AUDIENCES", "TENANT", "Identities", "check_bearer", "client_id", "principal", "principal_id"]
