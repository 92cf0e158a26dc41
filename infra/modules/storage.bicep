metadata description = 'The storage account: the tables, the queue, the logs of runs, and the package of the app.'

@description('Name of the account.')
@minLength(3)
@maxLength(24)
param name string

@description('Where it stands.')
@minLength(2)
param location string

@description('Tags of what can carry them.')
param tags object

@description('How often the account keeps each byte, and where.')
@allowed(['Standard_LRS', 'Standard_ZRS', 'Standard_GRS', 'Standard_RAGRS', 'Standard_GZRS', 'Standard_RAGZRS'])
param sku string

@description('Name of the table that people edit.')
@minLength(3)
@maxLength(63)
param jobsTable string

@description('Name of the table of runs.')
@minLength(3)
@maxLength(63)
param runsTable string

@description('Name of the table of what people did.')
@minLength(3)
@maxLength(63)
param auditTable string

@description('Name of the container of the logs of runs.')
@minLength(3)
@maxLength(63)
param logsContainer string

@description('After how many days the log of a run is deleted.')
@minValue(1)
@maxValue(36500)
param runLogRetentionDays int

// The queue carries ranges of jobs from the timer to other ticks, once one tick is too little.
var queueName = 'ticks'
var packageContainer = 'app-package'

resource account 'Microsoft.Storage/storageAccounts@2025-01-01' = {
  name: name
  location: location
  tags: tags
  kind: 'StorageV2'
  sku: { name: sku }
  properties: {
    accessTier: 'Hot'
    allowBlobPublicAccess: false
    allowCrossTenantReplication: false
    allowSharedKeyAccess: false
    defaultToOAuthAuthentication: true
    isLocalUserEnabled: false
    minimumTlsVersion: 'TLS1_2'
    supportsHttpsTrafficOnly: true
    // Open to every network and to nobody without a role: people edit the Jobs table from their desks.
    publicNetworkAccess: 'Enabled'
    networkAcls: { bypass: 'AzureServices', defaultAction: 'Allow' }
  }
}

resource tableService 'Microsoft.Storage/storageAccounts/tableServices@2025-01-01' = {
  parent: account
  name: 'default'
}

resource jobs 'Microsoft.Storage/storageAccounts/tableServices/tables@2025-01-01' = {
  parent: tableService
  name: jobsTable
}

resource runs 'Microsoft.Storage/storageAccounts/tableServices/tables@2025-01-01' = {
  parent: tableService
  name: runsTable
}

resource audit 'Microsoft.Storage/storageAccounts/tableServices/tables@2025-01-01' = {
  parent: tableService
  name: auditTable
}

resource queueService 'Microsoft.Storage/storageAccounts/queueServices@2025-01-01' = {
  parent: account
  name: 'default'
}

resource ticks 'Microsoft.Storage/storageAccounts/queueServices/queues@2025-01-01' = {
  parent: queueService
  name: queueName
}

resource blobService 'Microsoft.Storage/storageAccounts/blobServices@2025-01-01' = {
  parent: account
  name: 'default'
  properties: {
    containerDeleteRetentionPolicy: { enabled: true, days: 7 }
    // The host writes its timer's blob each minute, and a running log grows each minute: with soft delete on, every
    // one of these writes would leave a copy behind.
    deleteRetentionPolicy: { enabled: false }
  }
}

resource logs 'Microsoft.Storage/storageAccounts/blobServices/containers@2025-01-01' = {
  parent: blobService
  name: logsContainer
  properties: { publicAccess: 'None' }
}

resource package 'Microsoft.Storage/storageAccounts/blobServices/containers@2025-01-01' = {
  parent: blobService
  name: packageContainer
  properties: { publicAccess: 'None' }
}

resource lifecycle 'Microsoft.Storage/storageAccounts/managementPolicies@2025-01-01' = {
  parent: account
  name: 'default'
  properties: {
    policy: {
      rules: [
        {
          name: 'forget-old-run-logs'
          type: 'Lifecycle'
          enabled: true
          definition: {
            filters: {
              blobTypes: ['blockBlob']
              // The slash ends the name: without it a container run-logs-archive would be emptied, too.
              prefixMatch: ['${logsContainer}/']
            }
            actions: { baseBlob: { delete: { daysAfterModificationGreaterThan: runLogRetentionDays } } }
          }
        }
      ]
    }
  }
  dependsOn: [blobService]
}

@description('Id of the account.')
output id string = account.id

@description('Name of the queue.')
output queueName string = ticks.name

@description('Address of the container that holds the package of the app.')
output packageAddress string = '${account.properties.primaryEndpoints.blob}${package.name}'
