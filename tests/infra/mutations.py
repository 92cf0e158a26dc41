# ruff: noqa: E501 (a mutation is one row)
"""Ways in which infra/ could go wrong, each with what must be said of it: by the checker (a code) or by a rule.

A row: the file, what stands there, what would stand there, who notices, and a part of what it says.
"""

from typing import NamedTuple


class Mutation(NamedTuple):
    """One way to go wrong."""

    file: str
    old: str
    new: str
    noticed_by: str
    says: str


ROLE = "roles.bicep"
CHECKER = "checker"


def row(written: tuple[str, str, str, str, str]) -> Mutation:
    return Mutation(*written)


MUTATIONS = [row(each) for each in [
    # typing errors, which the compiler would find, too
    ("storage.bicep", "allowSharedKeyAccess: false", "allowSharedKeysAccess: false", CHECKER, "BCP037"),
    ("storage.bicep", "minimumTlsVersion: 'TLS1_2'", "minimumTlsVersion: 'TLS1.2'", CHECKER, "BCP036"),
    ("storage.bicep", "kind: 'StorageV2'", "", CHECKER, "BCP035"),
    ("storage.bicep", "kind: 'StorageV2'", "kind: 'StorageV2', sku2: sku", CHECKER, "BCP037"),
    ("storage.bicep", "enabled: true, days: 7", "enabled: true, days: '7'", CHECKER, "BCP036"),
    ("storage.bicep", "enabled: true, days: 7", "enabled: true, days: 400", CHECKER, "BCP327"),
    ("storage.bicep", "storageAccounts@2025-01-01' = {", "storageAccounts@2025-11-01' = {", CHECKER, "BCP081"),
    ("storage.bicep", "primaryEndpoints.blob", "primaryEndpoint.blob", CHECKER, "BCP053"),
    ("storage.bicep", "parent: tableService", "parent: tableServices", CHECKER, "BCP057"),
    ("storage.bicep", "sku: { name: sku }", "sku: { name: sku", CHECKER, "syntax"),
    ("app.bicep", "runtime: { name: 'python'", "runtime: { name: 'Python'", CHECKER, "BCP036"),
    ("app.bicep", "runtime: { name: 'python', version", "runtime: { name: 'python', versions", CHECKER, "BCP037"),
    ("app.bicep", "type: 'blobContainer'", "type: 'blobcontainer'", CHECKER, "BCP036"),
    ("app.bicep", "  location: location\n", "", CHECKER, "BCP035"),
    ("app.bicep", "serverFarmId: plan.id", "serverFarmId: plans.id", CHECKER, "BCP057"),
    ("app.bicep", "properties: { allow: false }", "properties: { allowed: false }", CHECKER, "BCP037"),
    ("identities.bicep", "scheduler.properties.clientId", "scheduler.properties.clientID", CHECKER, "BCP053"),
    ("monitoring.bicep", "DisableLocalAuth: true", "DisableLocalAuth: 'true'", CHECKER, "BCP036"),
    ("vault.bicep", "family: 'A', name: 'standard'", "name: 'standard'", CHECKER, "BCP035"),
    ("vault.bicep", "  name: name\n", "  name: 'kv_1'\n", CHECKER, "pattern"),
    ("registry.bicep", "status: 'enabled'", "status: 'on'", CHECKER, "BCP036"),
    ("sample.bicep", "restartPolicy: 'Never'", "restartPolicy: 'No'", CHECKER, "BCP036"),
    ("sample.bicep", "osType: 'Linux'", "", CHECKER, "BCP035"),
    ("sample.bicep", "memoryInGB: 1", "", CHECKER, "BCP035"),
    ("alerts.bicep", "criterionType: 'StaticThresholdCriterion'", "criterionType: 'Static'", CHECKER, "BCP036"),
    ("alerts.bicep", "operator: 'LessThan'", "operator: 'Less'", CHECKER, "BCP036"),
    ("availability.bicep", "Kind: 'standard'\n", "Kind: 'url'\n", CHECKER, "BCP036"),
    ("availability.bicep", "failedLocationCount: 2", "failedLocations: 2", CHECKER, "BCP037"),
    ("main.bicep", "alerts.outputs.groupId", "alerts.outputs.groupIds", CHECKER, "BCP053"),
    ("budget.bicep", "timeGrain: 'Monthly'", "timeGrain: 'Month'", CHECKER, "BCP036"),
    ("budget.bicep", "threshold: 100", "treshold: 100", CHECKER, "BCP037"),
    ("sample.bicep", "name: 'CRONTABLE_JOB'", "nam: 'CRONTABLE_JOB'", CHECKER, "BCP037"),
    ("sign-in.bicep", "  parent: app\n", "", CHECKER, "BCP169"),
    ("storage.bicep", "param sku string", "param sku strng", CHECKER, "BCP302"),
    ("roles.bicep", "resourceGroup().id", "resourceGroup().ids", CHECKER, "BCP053"),
    ("roles.bicep", "roles.acrPull)\n", "roles.acrPul)\n", CHECKER, "BCP053"),
    ("main.bicep", "planName: names.plan", "planName: names.plann", CHECKER, "BCP053"),
    ("network.bicep", "idleTimeoutInMinutes: 4", "idleTimeoutMinutes: 4", CHECKER, "BCP037"),
    ("main.bicep", "storage.outputs.packageAddress", "storage.outputs.packageAdress", CHECKER, "BCP053"),
    ("main.bicep", "    runsTable: runsTable\n", "", CHECKER, "BCP035"),
    ("main.bicep", "    runsTable: runsTable\n", "    runsTables: runsTable\n", CHECKER, "BCP037"),
    ("main.bicep", "    sku: storageSku\n", "    sku: 1\n", CHECKER, "BCP036"),
    ("main.bicep", "storageSku string = 'Standard_LRS'", "storageSku string = 'Standard_LSR'", CHECKER, "BCP036"),
    ("main.bicep", "'modules/vault.bicep'", "'modules/vaults.bicep'", CHECKER, "BCP091"),
    ("main.bicep", "'modules/vault.bicep'", "'br/public:avm/res/key-vault/vault:0.13.0'", CHECKER, "registry"),
    ("main.bicep", "take(uniqueString(", "takes(uniqueString(", CHECKER, "BCP057"),
    ("main.bicep", "take(uniqueString(resourceGroup().id), 8)", "take(storage.outputs.id, 8)", CHECKER, "BCP080"),
    ("app.bicep", "  name: planName\n", "  name: app.properties.defaultHostName\n", CHECKER, "BCP120"),
    ("main.bicep", "if (vnet) {", "if (empty(storage.outputs.id)) {", CHECKER, "BCP120"),
    ("main.bicep", "param vnet bool", "param vnets bool", CHECKER, "BCP057"),
    ("main.bicep", "param tags object = {}", "param tags object = {}\nparam idle string = ''", CHECKER, "no-unused-params"),
    ("main.bicepparam", "param name = 'crontable'", "param names = 'crontable'", CHECKER, "BCP037"),
    ("main.bicepparam", "param name = 'crontable'", "param name = 'cr'", CHECKER, "BCP332"),
    ("main.bicepparam", "param name = 'crontable'", "param name = 7", CHECKER, "BCP036"),
    # keys in place of identities
    ("storage.bicep", "allowSharedKeyAccess: false", "allowSharedKeyAccess: true", "locked", "allowSharedKeyAccess is True"),
    ("storage.bicep", "    allowSharedKeyAccess: false\n", "", "locked", "allowSharedKeyAccess is None"),
    ("storage.bicep", "allowBlobPublicAccess: false", "allowBlobPublicAccess: true", "locked", "allowBlobPublicAccess is True"),
    ("storage.bicep", "supportsHttpsTrafficOnly: true", "supportsHttpsTrafficOnly: false", "locked", "HttpsTrafficOnly"),
    ("storage.bicep", "'TLS1_2'", "'TLS1_0'", "locked", "minimumTlsVersion is 'TLS1_0'"),
    ("storage.bicep", "publicAccess: 'None'", "publicAccess: 'Blob'", "locked", "publicAccess is 'Blob'"),
    ("storage.bicep", "output id string = account.id", "output id string = account.listKeys().keys[0].value", "keyless", "listKeys"),
    ("storage.bicep", "'${account.properties.primaryEndpoints.blob}${package.name}'",
     "'DefaultEndpointsProtocol=https;AccountName=${name};AccountKey=x'", "keyless", "DefaultEndpointsProtocol"),
    ("registry.bicep", "adminUserEnabled: false", "adminUserEnabled: true", "locked", "adminUserEnabled is True"),
    ("registry.bicep", "anonymousPullEnabled: false", "anonymousPullEnabled: true", "locked", "anonymousPullEnabled is True"),
    ("registry.bicep", "output loginServer string = registry.properties.loginServer",
     "output loginServer string = registry.listCredentials().username", "keyless", "listCredentials"),
    ("monitoring.bicep", "DisableLocalAuth: true", "DisableLocalAuth: false", "locked", "DisableLocalAuth is False"),
    ("monitoring.bicep", "disableLocalAuth: true", "disableLocalAuth: false", "locked", "disableLocalAuth is False"),
    ("monitoring.bicep", "component.properties.ConnectionString", "component.properties.InstrumentationKey", "keyless", "InstrumentationKey"),
    ("vault.bicep", "enableRbacAuthorization: true", "enableRbacAuthorization: false", "locked", "enableRbacAuthorization"),
    ("vault.bicep", "    enablePurgeProtection: true\n", "", "locked", "enablePurgeProtection is None"),
    ("app.bicep", "httpsOnly: true", "httpsOnly: false", "locked", "httpsOnly is False"),
    ("app.bicep", "properties: { allow: false }", "properties: { allow: true }", "locked", "allow is True"),
    ("app.bicep", "  name: 'scm'\n", "  name: 'ftp'\n", "locked", "publishing with passwords"),
    ("main.bicep", "output location string = location", "output location string = contextKey", "keyless", "puts out the secret contextKey"),
    ("main.bicep", "param contextKey string = newGuid()", "param contextKey string = '0123456789012345678901234567890123'", "keyless", "the secret contextKey has a default"),
    # what Flex Consumption refuses
    ("app.bicep", "AzureWebJobsStorage__accountName: storageName", "AzureWebJobsStorage: ''", "flexible", "AzureWebJobsStorage"),
    ("app.bicep", "AzureWebJobsStorage__credential: 'managedidentity'", "FUNCTIONS_WORKER_RUNTIME: 'python'", "flexible", "FUNCTIONS_WORKER_RUNTIME"),
    ("app.bicep", "AzureWebJobsStorage__credential: 'managedidentity'", "WEBSITE_RUN_FROM_PACKAGE: '1'", "flexible", "WEBSITE_RUN_FROM_PACKAGE"),
    ("app.bicep", "AzureWebJobsStorage__credential: 'managedidentity'", "WEBSITE_CONTENTSHARE: 'x'", "flexible", "WEBSITE_CONTENTSHARE"),
    ("app.bicep", "minTlsVersion: '1.2'", "minTlsVersion: '1.2', ftpsState: 'Disabled'", "flexible", "siteConfig.ftpsState"),
    ("app.bicep", "minTlsVersion: '1.2'", "minTlsVersion: '1.2', alwaysOn: true", "flexible", "siteConfig.alwaysOn"),
    ("app.bicep", "minTlsVersion: '1.2'", "minTlsVersion: '1.2', linuxFxVersion: 'PYTHON|3.13'", "flexible", "siteConfig.linuxFxVersion"),
    ("app.bicep", "name: 'FC1', tier: 'FlexConsumption'", "name: 'Y1', tier: 'Dynamic'", "flexible", "must be FC1"),
    ("app.bicep", "reserved: true", "reserved: false", "locked", "reserved is False"),
    ("app.bicep", "type: 'UserAssignedIdentity'", "type: 'StorageAccountConnectionString'", "flexible", "not fetched with an identity"),
    # settings
    ("main.bicep", "MAX_ACTIVE_RUNS:", "MAX_ACTIVE_RUN:", "settled", "MAX_ACTIVE_RUN is read by nobody"),
    ("main.bicep", "      ALLOWED_GROUPS: allowedGroups\n", "", "settled", "ALLOWED_GROUPS of scheduler/settings.py can be set"),
    ("app.bicep", "  AzureWebJobsStorage__credential: 'managedidentity'\n", "", "settled", "__credential is missing"),
    ("app.bicep", "  AzureWebJobsStorage__clientId: identityClientId\n", "", "settled", "not told its client id"),
    # roles
    (ROLE, "name: guid(storage.id, schedulerPrincipalId, roles.storageTableDataContributor)\n  scope: storage",
     "name: guid(storage.id, schedulerPrincipalId, roles.storageTableDataContributor)", "granted", "on the resource group, which nobody expects"),
    (ROLE, "  scope: vault\n", "", "granted", "scheduler is not given Key Vault Secrets User"),
    (ROLE, "  scope: storage::queues::ticks\n", "  scope: storage\n", "granted", "Storage Queue Data Contributor on Microsoft.Storage/storageAccounts, which nobody"),
    (ROLE, "  scope: jobs\n", "", "granted", "Managed Identity Operator on the resource group, which nobody"),
    (ROLE, "storageBlobDataOwner: 'b7e6dc6d-f1e8-4753-8033-0f276bb0955b'", "storageBlobDataOwner: '8e3af657-a8ff-443c-a75c-2fe8c4bcb635'", "granted", "8e3af657-a8ff-443c-a75c-2fe8c4bcb635"),
    (ROLE, "principalId: jobsPrincipalId", "principalId: schedulerPrincipalId", "granted", "jobs is not given AcrPull"),
    ("jobs-roles.bicep", "containerInstancesContributor: '5d977122-f97e-4b4d-a52f-6b43003ddb4d'", "containerInstancesContributor: 'b24988ac-6180-42a0-ab88-20f7382dd24c'", "granted", "scheduler is given Contributor"),
    ("main.bicep", "  scope: resourceGroup(jobsResourceGroup)\n  params: {\n    schedulerPrincipalId", "  params: {\n    schedulerPrincipalId", "granted", "Container Instances Contributor Role on the resource group"),
    ("main.bicep", "jobsPrincipalId: identities.outputs.jobsPrincipalId", "jobsPrincipalId: identities.outputs.schedulerPrincipalId", "granted", "scheduler is given AcrPull"),
    ("main.bicep", "  dependsOn: [roles, jobsRoles]\n", "", "ordered", "the module app does not wait for roles.bicep"),
    ("main.bicep", "dependsOn: [registry, vault, monitoring, network]", "dependsOn: [vault, monitoring, network]", "ordered", "does not wait for registry.bicep"),
    (ROLE, "    principalType: 'ServicePrincipal'\n", "", "granted", "principalType is None"),
    ("identities.bicep", "token.actions.githubusercontent.com", "token.actions.githubusercontents.com", "locked", "issuer is"),
    ("identities.bicep", "repo:${githubRepository}:environment:${githubEnvironment}", "repo:${githubRepository}:pull_request", "locked", "subject is"),
    ("network.bicep", "Microsoft.ContainerInstance/containerGroups", "Microsoft.Web/serverFarms", "networked", "the subnet groups is not delegated"),
    ("network.bicep", "          natGateway: { id: gateway.id }\n", "", "networked", "reaches the internet"),
    ("app.bicep", "functionapp,linux", "functionapp", "flexible", "its kind is functionapp"),
    ("main.bicep", "ACI_SUBNET_ID: vnet ?", "ACI_SUBNET_ID: !vnet ?", "accepted", "is taken of what is not made"),
    (ROLE, "resource jobsImages ", "resource again 'Microsoft.Authorization/roleAssignments@2022-04-01' = {\n  name: guid(registry.id, jobsPrincipalId, 'x')\n  scope: registry\n  properties: {\n    roleDefinitionId: subscriptionResourceId(definitions, roles.acrPull)\n    principalId: jobsPrincipalId\n    principalType: 'ServicePrincipal'\n  }\n}\n\nresource jobsImages ", "granted", "AcrPull on Microsoft.ContainerRegistry/registries twice"),
    (ROLE, "resource jobsImages ", "resource again 'Microsoft.Authorization/roleAssignments@2022-04-01' = {\n  name: guid(registry.id, jobsPrincipalId, roles.acrPull)\n  scope: registry\n  properties: {\n    roleDefinitionId: subscriptionResourceId(definitions, roles.acrPull)\n    principalId: jobsPrincipalId\n    principalType: 'ServicePrincipal'\n  }\n}\n\nresource jobsImages ", "granted", "have one name"),
    ("sample.bicep", "'${identityId}': {}", "'${subnetId}': {}", "identified", "it works as"),
    ("main.bicep", "identityId: identities.outputs.jobsId", "identityId: identities.outputs.schedulerId", "identified", "it works as scheduler"),
    ("monitoring.bicep", "    WorkspaceResourceId: workspace.id\n", "", "identified", "its log goes to None"),
    ("network.bicep", "{ service: 'Microsoft.Storage' }, ", "", "networked", "has the service endpoints"),
    ("vault.bicep", "enabledForTemplateDeployment: false", "enabledForTemplateDeployment: true", "locked", "enabledForTemplateDeployment is True"),
    (ROLE, "resource jobsImages ", "resource own 'Microsoft.Authorization/roleDefinitions@2022-04-01' = {\n  name: guid('own')\n  properties: { roleName: 'own' }\n}\n\nresource jobsImages ", "granted", "a role of our own"),
    ("app.bicep", "version: pythonVersion", "version: '3.12'", "flexible", "it must be Python 3.13"),
    ("app.bicep", "resource plan '", "resource more 'Microsoft.Web/serverfarms@2024-11-01' = {\n  name: 'more'\n  location: location\n}\n\nresource plan '", "flexible", "carries exactly one app"),
    # names, tags, places, versions, words
    ("storage.bicep", "  tags: tags\n", "", "tagged", "account"),
    ("main.bicep", "app: 'crontable', ", "", "tagged", "its tags are"),
    ("main.bicep", "storage: 'st${joined}'", "storage: 'storage${joined}'", "named", "does not follow"),
    ("main.bicep", "registry: 'cr${joined}'", "registry: 'cr${hyphened}'", "named", "does not"),
    ("main.bicep", "@maxLength(12)\nparam name", "@maxLength(13)\nparam name", "named", "does not match ^[a-zA-Z0-9-]{3,24}$"),
    ("identities.bicep", "userAssignedIdentities@2024-11-30' = {\n  name: jobsName", "userAssignedIdentities@2023-01-31' = {\n  name: jobsName", "versions", "2024-11-30 is expected"),
    ("main.bicep", "@description('Tags for everything, beside app and installation.')\n", "", "described", "tags has no description"),
    ("main.bicep", "vault: 'kv-${hyphened}'", "vault: 'kv-${name}-${take(suffix, 6)}'", "named", "different suffixes"),
    ("main.bicep", "@maxLength(12)\nparam name", "@maxLength(20)\nparam name", "named", "has 30 characters"),
    ("main.bicep", "module network 'modules/network.bicep' = if (vnet) {\n", "module network 'modules/network.bicep' = if (vnet) {\n  scope: resourceGroup(jobsResourceGroup)\n", "placed", "only container groups may stand"),
    ("main.bicep", "module registry 'modules/registry.bicep' = {\n", "module registry 'modules/registry.bicep' = {\n  scope: resourceGroup('elsewhere')\n", "placed", "it is deployed into"),
    ("main.bicep", "var withSample = !empty(sampleImage)", "var withSample = empty(sampleImage) && vnet", "optional", "no Microsoft.ContainerInstance/containerGroups is made"),
    ("main.bicep", "'modules/vault.bicep'", "'br/public:avm/res/key-vault/vault:0.13.0'", "local", "is no file of infra/"),
    ("main.bicep", "'modules/context-key.bicep'", "'modules/vault.bicep'", "local", "context-key.bicep is used by nothing"),
    ("main.bicep", "output keyVaultName string = names.vault", "output keyVaultName string = ''", "answered", "keyVaultName is empty"),
    ("vault.bicep", "metadata description", "metadata words", "described", "has no metadata description"),
    ("main.bicep", "@minValue(1)\n@maxValue(10000)\n", "", "described", "maxActiveRuns is not bounded"),
    ("main.bicep", "param name string = 'crontable'", "param name string", "described", "name has no default"),
    ("main.bicep", "if (vnet) {", "if (vnet || true) {", "optional", "made though nobody asked"),
    ("main.bicep", "if (withSample) {\n  scope: resourceGroup(jobsResourceGroup)", "if (withSample) {", "placed", "container groups stand in the jobs' resource group"),
    ("main.bicep", "output registryName string", "output registry string", "answered", "registryName is missing"),
    ("storage.bicep", "  kind: 'StorageV2'\n", "  #disable-next-line BCP036\n  kind: 'StorageV2'\n", "local", "switches a check off"),
    ("main.bicep", "groupShortName: name", "groupShortName: '${name}-people'", "accepted", "groupShortName"),
]]  # fmt: skip
