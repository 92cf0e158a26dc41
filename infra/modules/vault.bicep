metadata description = 'The vault of the secrets that rows refer to. Purging is off: what is deleted can be had back.'

@description('Name of the vault.')
@minLength(3)
@maxLength(24)
param name string

@description('Where it stands.')
@minLength(2)
param location string

@description('Tags.')
param tags object

resource vault 'Microsoft.KeyVault/vaults@2024-11-01' = {
  name: name
  location: location
  tags: tags
  properties: {
    tenantId: subscription().tenantId
    sku: { family: 'A', name: 'standard' }
    enableRbacAuthorization: true
    enableSoftDelete: true
    softDeleteRetentionInDays: 90
    enablePurgeProtection: true
    enabledForDeployment: false
    enabledForDiskEncryption: false
    enabledForTemplateDeployment: false
    // Open to every network and to nobody without a role: people put secrets in from their desks.
    publicNetworkAccess: 'Enabled'
    networkAcls: { bypass: 'AzureServices', defaultAction: 'Allow' }
  }
}

@description('Address of the vault.')
output uri string = vault.properties.vaultUri
