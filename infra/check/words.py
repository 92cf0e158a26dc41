"""The functions and decorators that Bicep itself has; each function with how many arguments it takes."""

#: `name:least-most`; `*` = any number, one number alone = exactly that many.
_FUNCTIONS = """
    resourceGroup:0-2 subscription:0-1 tenant:0 managementGroup:0-1 deployment:0 deployer:0 environment:0
    resourceId:2-* subscriptionResourceId:2-* tenantResourceId:2-* managementGroupResourceId:2-*
    extensionResourceId:3-* reference:1-3 list:2-3 listKeys:2-3 pickZones:3-5 providers:1-2 getSecret:2-4
    toLogicalZone:3 toLogicalZones:3 toPhysicalZone:3 toPhysicalZones:3
    uniqueString:1-* guid:1-* newGuid:0 utcNow:0-1 dateTimeAdd:2-3 dateTimeFromEpoch:1 dateTimeToEpoch:1
    toLower:1 toUpper:1 trim:1 format:1-* replace:3 split:2 join:2 substring:2-3 padLeft:2-3 startsWith:2 endsWith:2
    indexOf:2 lastIndexOf:2 string:1 int:1 bool:1 json:1 array:1 any:1 nameof:1
    base64:1 base64ToString:1 base64ToJson:1 uri:2 uriComponent:1 uriComponentToString:1 dataUri:1
    dataUriToString:1 buildUri:1 parseUri:1 cidrSubnet:3 cidrHost:2 parseCidr:1
    contains:2 length:1 empty:1 concat:0-* union:1-* intersection:1-* first:1 last:1 min:1-* max:1-* take:2 skip:2
    range:2 coalesce:1-* items:1 objectKeys:1 shallowMerge:1 flatten:1 filter:2 map:2 mapValues:2 sort:2 reduce:3
    toObject:2-3 groupBy:2-3 fail:1 externalInput:1-2 readEnvironmentVariable:1-2
    loadTextContent:1-2 loadJsonContent:1-3 loadYamlContent:1-3 loadFileAsBase64:1 loadDirectoryFileInfo:1-2
"""
_ANY = 10_000


def _bounds(written: str) -> tuple[int, int]:
    least, _, most = written.partition("-")
    return int(least), _ANY if most == "*" else int(most or least)


FUNCTIONS = {name: _bounds(count) for name, count in (each.split(":") for each in _FUNCTIONS.split())}
_TEXTUAL = """
    uniqueString guid newGuid utcNow dateTimeAdd dateTimeFromEpoch toLower toUpper trim format replace join substring
    padLeft string base64 base64ToString uri uriComponent dataUri resourceId subscriptionResourceId tenantResourceId
    extensionResourceId managementGroupResourceId loadTextContent loadFileAsBase64 cidrSubnet cidrHost
    """
#: What these give is a text, whatever they are given.
TEXTUAL = frozenset(_TEXTUAL.split())
_DECORATORS = """
    description allowed secure minLength maxLength minValue maxValue metadata batchSize export sealed discriminator
    onlyIfNotExists retryOn waitUntil validate
    """
DECORATORS = frozenset(_DECORATORS.split())
#: What some functions give: the properties that may be taken of it.
GIVEN = {
    "resourceGroup": "id name location tags type managedBy properties",
    "subscription": "id subscriptionId tenantId displayName",
    "tenant": "tenantId id displayName countryCode",
    "deployment": "name location properties",
    "deployer": "objectId tenantId userPrincipalName",
    "environment": (
        "name resourceManager authentication suffixes portal graph graphAudience gallery batch media sqlManagement "
        "vmImageAliasDoc activeDirectoryDataLake"
    ),
}
#: What a resource says of itself before anything is deployed.
KNOWN_AT_THE_START = frozenset({"id", "name", "type", "apiVersion"})


def of_a_resource(name: str) -> bool:
    """Say whether this is a function that is called on a resource: `st.listKeys()`, `vault.getSecret('x')`."""
    return name.startswith("list") or name == "getSecret"


def takes(name: str) -> str:
    """Say how many arguments a function takes."""
    least, most = FUNCTIONS[name]
    count = f"{least}" if most == least else f"{least} or more" if most == _ANY else f"{least} to {most}"
    return f"{count} argument{'' if count == '1' else 's'}"
