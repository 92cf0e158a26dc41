"""Parts of a body that nothing here acts on: of the right shape or refused, and then echoed (aci.md, 2). Pure."""

import math

from aci_emulator.spec.reading import Place
from aci_emulator.spec.refusals import impossible

NOT_EMULATED = ("containerGroupProfile", "standbyPoolProfile", "secretReferences")
"""What later api-versions know: a group without what these would give it is another group."""


def check_shapes(properties: Place) -> None:
    """Refuse parts of a group that have not the shape that ACI gives them, or that would be lost."""
    for key in NOT_EMULATED:
        if properties.get(key):
            raise impossible(f"Property '{properties.at(key)}' is not emulated.")
    _check_analytics(properties)
    _check_names(properties)
    encryption = properties.maybe_object("encryptionProperties")
    if encryption is not None:
        for key in ("vaultBaseUrl", "keyName", "keyVersion"):
            encryption.filled(key)
        encryption.maybe_text("identity")
    for extension in properties.objects("extensions", math.inf, "extensions"):
        extension.filled("name")
        extension.maybe_object("properties")
    confidential = properties.maybe_object("confidentialComputeProperties")
    if confidential is not None:
        confidential.maybe_text("ccePolicy")


def check_container_shapes(place: Place) -> None:
    """Refuse probes and a security context that are no objects."""
    for key in ("livenessProbe", "readinessProbe", "securityContext"):
        place.maybe_object(key)
    settings = place.maybe_object("configMap")
    if settings is not None:
        settings.maybe_object("keyValuePairs")


def _check_analytics(properties: Place) -> None:
    diagnostics = properties.maybe_object("diagnostics")
    analytics = diagnostics.maybe_object("logAnalytics") if diagnostics else None
    if analytics is None:
        return
    analytics.filled("workspaceId")
    analytics.filled("workspaceKey")
    analytics.maybe_text("workspaceResourceId")
    analytics.choice("logType", ("ContainerInsights", "ContainerInstanceLogs"))
    metadata = analytics.maybe_object("metadata")
    if metadata is not None:
        for key in metadata.value:
            metadata.text(key)


def _check_names(properties: Place) -> None:
    """Refuse a DNS configuration without name servers."""
    names = properties.maybe_object("dnsConfig")
    if names is None:
        return
    names.need("nameServers")
    names.texts("nameServers")
    names.maybe_text("searchDomains")
    names.maybe_text("options")
