metadata description = 'The key with which existing container groups ask for their run. It is kept in the vault.'

@description('Name of the vault.')
@minLength(3)
@maxLength(24)
param vaultName string

@description('Tags.')
param tags object

@description('The key.')
@secure()
@minLength(32)
@maxLength(256)
param value string

resource vault 'Microsoft.KeyVault/vaults@2024-11-01' existing = { name: vaultName }

resource key 'Microsoft.KeyVault/vaults/secrets@2024-11-01' = {
  parent: vault
  name: 'context-key'
  tags: tags
  properties: {
    value: value
    contentType: 'text/plain'
    attributes: { enabled: true }
  }
}

@description('Address of this version of it.')
output address string = key.properties.secretUriWithVersion
