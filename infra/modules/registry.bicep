metadata description = 'The registry of the jobs\' images. Pushing and pulling go by roles; there is no password.'

@description('Name of the registry.')
@minLength(5)
@maxLength(50)
param name string

@description('Where it stands.')
@minLength(2)
param location string

@description('Tags.')
param tags object

@description('Price tier. Basic suffices for a few hundred images.')
@allowed(['Basic', 'Standard', 'Premium'])
param sku string

resource registry 'Microsoft.ContainerRegistry/registries@2025-04-01' = {
  name: name
  location: location
  tags: tags
  sku: { name: sku }
  properties: {
    adminUserEnabled: false
    anonymousPullEnabled: false
    // Container Instances pulls over the public address, with a token made for ARM: without either no group starts.
    publicNetworkAccess: 'Enabled'
    policies: { azureADAuthenticationAsArmPolicy: { status: 'enabled' } }
  }
}

@description('Address that images are pushed to and pulled from.')
output loginServer string = registry.properties.loginServer
