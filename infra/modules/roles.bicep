metadata description = 'What each identity may do here: built-in roles, each on the one resource that it is needed on.'

@description('Name of the storage account.')
@minLength(3)
param storageName string

@description('Name of the queue of ticks.')
@minLength(3)
param queueName string

@description('Name of the container of the logs of runs.')
@minLength(3)
param logsContainer string

@description('Name of the registry.')
@minLength(5)
param registryName string

@description('Name of the vault.')
@minLength(3)
param vaultName string

@description('Name of the Application Insights component.')
@minLength(1)
param componentName string

@description('Name of the jobs\' identity.')
@minLength(3)
param jobsIdentityName string

@description('Name of the network whose subnet the container groups join; empty when there is none.')
param networkName string

@description('Object id of the scheduler\'s identity.')
@minLength(36)
@maxLength(36)
param schedulerPrincipalId string

@description('Object id of the jobs\' identity.')
@minLength(36)
@maxLength(36)
param jobsPrincipalId string

@description('Object id of the workflow\'s identity; empty when there is none.')
@maxLength(36)
param deploymentPrincipalId string

@description('Object id of the person or group that works with the jobs; empty when nobody is named.')
@maxLength(36)
param deployerPrincipalId string

@description('What that object is.')
@allowed(['User', 'Group', 'ServicePrincipal'])
param deployerPrincipalType string

var definitions = 'Microsoft.Authorization/roleDefinitions'
var roles = {
  acrPull: '7f951dda-4ed3-4680-a7ca-43fe172d538d'
  contributor: 'b24988ac-6180-42a0-ab88-20f7382dd24c'
  keyVaultSecretsOfficer: 'b86a8fe4-44ce-4948-aee5-eccb2c155cd7'
  keyVaultSecretsUser: '4633458b-17de-408a-b874-0445c86b69e6'
  managedIdentityOperator: 'f1a07417-d97a-45cb-824c-7a7467783830'
  monitoringMetricsPublisher: '3913510d-42f4-4e42-8a64-420c390055eb'
  networkContributor: '4d97b98b-1d4f-4787-a291-c67834d212e7'
  storageBlobDataOwner: 'b7e6dc6d-f1e8-4753-8033-0f276bb0955b'
  storageBlobDataReader: '2a2b9908-6ea1-4ae2-8e65-a410df84e7d1'
  storageQueueDataContributor: '974c5e8b-45b9-4653-ba55-5f855dd0fb88'
  storageTableDataContributor: '0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3'
}

resource storage 'Microsoft.Storage/storageAccounts@2025-01-01' existing = {
  name: storageName

  resource queues 'queueServices' existing = {
    name: 'default'
    resource ticks 'queues' existing = { name: queueName }
  }

  resource blobs 'blobServices' existing = {
    name: 'default'
    resource logs 'containers' existing = { name: logsContainer }
  }
}

resource registry 'Microsoft.ContainerRegistry/registries@2025-04-01' existing = { name: registryName }

resource vault 'Microsoft.KeyVault/vaults@2024-11-01' existing = { name: vaultName }

resource component 'Microsoft.Insights/components@2020-02-02' existing = { name: componentName }

resource jobs 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' existing = { name: jobsIdentityName }

resource network 'Microsoft.Network/virtualNetworks@2024-07-01' existing = if (!empty(networkName)) {
  name: empty(networkName) ? 'none' : networkName

  resource groups 'subnets' existing = { name: 'groups' }
}

// An assignment is named after its scope, principal and role. Named after the identity's resource instead, one for an
// identity that was deleted and made anew would be refused: an assignment's principal cannot be changed.

// The Functions host keeps its locks, keys and timers in containers that it makes itself; the scheduler writes logs.
resource schedulerBlobs 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(storage.id, schedulerPrincipalId, roles.storageBlobDataOwner)
  scope: storage
  properties: {
    roleDefinitionId: subscriptionResourceId(definitions, roles.storageBlobDataOwner)
    principalId: schedulerPrincipalId
    principalType: 'ServicePrincipal'
  }
}

// The account and not two tables: the scheduler makes a table that is missing, and the host keeps one of its own.
resource schedulerTables 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(storage.id, schedulerPrincipalId, roles.storageTableDataContributor)
  scope: storage
  properties: {
    roleDefinitionId: subscriptionResourceId(definitions, roles.storageTableDataContributor)
    principalId: schedulerPrincipalId
    principalType: 'ServicePrincipal'
  }
}

resource schedulerQueue 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(storage::queues::ticks.id, schedulerPrincipalId, roles.storageQueueDataContributor)
  scope: storage::queues::ticks
  properties: {
    roleDefinitionId: subscriptionResourceId(definitions, roles.storageQueueDataContributor)
    principalId: schedulerPrincipalId
    principalType: 'ServicePrincipal'
  }
}

resource schedulerSecrets 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(vault.id, schedulerPrincipalId, roles.keyVaultSecretsUser)
  scope: vault
  properties: {
    roleDefinitionId: subscriptionResourceId(definitions, roles.keyVaultSecretsUser)
    principalId: schedulerPrincipalId
    principalType: 'ServicePrincipal'
  }
}

resource schedulerTelemetry 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(component.id, schedulerPrincipalId, roles.monitoringMetricsPublisher)
  scope: component
  properties: {
    roleDefinitionId: subscriptionResourceId(definitions, roles.monitoringMetricsPublisher)
    principalId: schedulerPrincipalId
    principalType: 'ServicePrincipal'
  }
}

// To give a container group an identity, the scheduler must be allowed to hand out that one; it may hand out no other.
resource schedulerJobs 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(jobs.id, schedulerPrincipalId, roles.managedIdentityOperator)
  scope: jobs
  properties: {
    roleDefinitionId: subscriptionResourceId(definitions, roles.managedIdentityOperator)
    principalId: schedulerPrincipalId
    principalType: 'ServicePrincipal'
  }
}

// To put a container group into the subnet, the scheduler must be allowed to join it.
resource schedulerSubnet 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (!empty(networkName)) {
  name: guid(network::groups.id, schedulerPrincipalId, roles.networkContributor)
  scope: network::groups
  properties: {
    roleDefinitionId: subscriptionResourceId(definitions, roles.networkContributor)
    principalId: schedulerPrincipalId
    principalType: 'ServicePrincipal'
  }
}

resource jobsImages 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(registry.id, jobsPrincipalId, roles.acrPull)
  scope: registry
  properties: {
    roleDefinitionId: subscriptionResourceId(definitions, roles.acrPull)
    principalId: jobsPrincipalId
    principalType: 'ServicePrincipal'
  }
}

// All of this template but the roles themselves: the workflow can widen nobody's rights, its own included.
resource workflowGroup 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (!empty(deploymentPrincipalId)) {
  name: guid(resourceGroup().id, deploymentPrincipalId, roles.contributor)
  properties: {
    roleDefinitionId: subscriptionResourceId(definitions, roles.contributor)
    principalId: deploymentPrincipalId
    principalType: 'ServicePrincipal'
  }
}

resource deployerTables 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (!empty(deployerPrincipalId)) {
  name: guid(storage.id, deployerPrincipalId, roles.storageTableDataContributor)
  scope: storage
  properties: {
    roleDefinitionId: subscriptionResourceId(definitions, roles.storageTableDataContributor)
    principalId: deployerPrincipalId
    principalType: deployerPrincipalType
  }
}

resource deployerLogs 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (!empty(deployerPrincipalId)) {
  name: guid(storage::blobs::logs.id, deployerPrincipalId, roles.storageBlobDataReader)
  scope: storage::blobs::logs
  properties: {
    roleDefinitionId: subscriptionResourceId(definitions, roles.storageBlobDataReader)
    principalId: deployerPrincipalId
    principalType: deployerPrincipalType
  }
}

resource deployerSecrets 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (!empty(deployerPrincipalId)) {
  name: guid(vault.id, deployerPrincipalId, roles.keyVaultSecretsOfficer)
  scope: vault
  properties: {
    roleDefinitionId: subscriptionResourceId(definitions, roles.keyVaultSecretsOfficer)
    principalId: deployerPrincipalId
    principalType: deployerPrincipalType
  }
}
