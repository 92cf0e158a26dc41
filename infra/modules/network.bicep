metadata description = 'A subnet for container groups, one for the app, and one way out with a fixed address.'

@description('Name of the network.')
@minLength(2)
@maxLength(64)
param name string

@description('Name of the security group of its subnets.')
@minLength(1)
@maxLength(80)
param securityGroupName string

@description('Name of the gateway that leads out.')
@minLength(1)
@maxLength(80)
param gatewayName string

@description('Name of the address that what leads out is seen under.')
@minLength(1)
@maxLength(80)
param addressName string

@description('Where it stands: the region of the container groups.')
@minLength(2)
param location string

@description('Tags.')
param tags object

@description('Its addresses: a private range.')
@minLength(9)
@maxLength(18)
param addressPrefix string

@description('Those of the container groups: a part of it. Each group takes one, and Azure five for itself.')
@minLength(9)
@maxLength(18)
param groupsAddressPrefix string

@description('Those of the function app: another part of it, /27 or larger.')
@minLength(9)
@maxLength(18)
param appAddressPrefix string

resource securityGroup 'Microsoft.Network/networkSecurityGroups@2024-07-01' = {
  name: securityGroupName
  location: location
  tags: tags
  // Azure's own rules suffice: nothing comes in from the internet, everything may go out.
  properties: { securityRules: [] }
}

resource address 'Microsoft.Network/publicIPAddresses@2024-07-01' = {
  name: addressName
  location: location
  tags: tags
  sku: { name: 'Standard', tier: 'Regional' }
  properties: { publicIPAllocationMethod: 'Static', publicIPAddressVersion: 'IPv4' }
}

// Container Instances in a subnet reaches the internet through a NAT gateway or not at all.
resource gateway 'Microsoft.Network/natGateways@2024-07-01' = {
  name: gatewayName
  location: location
  tags: tags
  sku: { name: 'Standard' }
  properties: { idleTimeoutInMinutes: 4, publicIpAddresses: [{ id: address.id }] }
}

resource network 'Microsoft.Network/virtualNetworks@2024-07-01' = {
  name: name
  location: location
  tags: tags
  properties: {
    addressSpace: { addressPrefixes: [addressPrefix] }
    // Here and not as resources of their own: a network that is written without its subnets loses them.
    subnets: [
      {
        name: 'groups'
        properties: {
          addressPrefix: groupsAddressPrefix
          defaultOutboundAccess: false
          natGateway: { id: gateway.id }
          networkSecurityGroup: { id: securityGroup.id }
          serviceEndpoints: [{ service: 'Microsoft.Storage' }, { service: 'Microsoft.KeyVault' }]
          delegations: [
            { name: 'groups', properties: { serviceName: 'Microsoft.ContainerInstance/containerGroups' } }
          ]
        }
      }
      {
        name: 'app'
        properties: {
          addressPrefix: appAddressPrefix
          defaultOutboundAccess: false
          natGateway: { id: gateway.id }
          networkSecurityGroup: { id: securityGroup.id }
          serviceEndpoints: [{ service: 'Microsoft.Storage' }, { service: 'Microsoft.KeyVault' }]
          delegations: [{ name: 'app', properties: { serviceName: 'Microsoft.App/environments' } }]
        }
      }
    ]
  }

  resource groups 'subnets' existing = { name: 'groups' }
  resource app 'subnets' existing = { name: 'app' }
}

@description('Id of the subnet of the container groups.')
output groupsSubnetId string = network::groups.id

@description('Id of the subnet of the function app.')
output appSubnetId string = network::app.id
