metadata description = 'The keys that open the pages and the API: one to operate, one to look. Both are kept in the vault.'

@description('Name of the vault.')
@minLength(3)
@maxLength(24)
param vaultName string

@description('Tags.')
param tags object

@description('The key of those who operate.')
@secure()
@minLength(32)
@maxLength(256)
param operator string

@description('The key of those who only look.')
@secure()
@minLength(32)
@maxLength(256)
param viewer string

resource vault 'Microsoft.KeyVault/vaults@2024-11-01' existing = { name: vaultName }

resource operatorKey 'Microsoft.KeyVault/vaults/secrets@2024-11-01' = {
  parent: vault
  name: 'web-key'
  tags: tags
  properties: {
    value: operator
    contentType: 'text/plain'
    attributes: { enabled: true }
  }
}

resource viewerKey 'Microsoft.KeyVault/vaults/secrets@2024-11-01' = {
  parent: vault
  name: 'viewer-key'
  tags: tags
  properties: {
    value: viewer
    contentType: 'text/plain'
    attributes: { enabled: true }
  }
}

@description('Address of this version of the key to operate.')
output operatorAddress string = operatorKey.properties.secretUriWithVersion

@description('Address of this version of the key to look.')
output viewerAddress string = viewerKey.properties.secretUriWithVersion
