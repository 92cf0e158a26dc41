metadata description = 'A container group that stands ready: a job starts it, and it asks the app for its run.'

@description('Name of the group.')
@minLength(1)
@maxLength(63)
param name string

@description('Where it stands.')
@minLength(2)
param location string

@description('Tags.')
param tags object

@description('Image that it runs.')
@minLength(1)
param image string

@description('Command of its container; empty: the image\'s own.')
param command array

@description('Environment of its container: names and values that anybody may see.')
param environmentVariables object

@description('The job that it belongs to, PartitionKey/RowKey.')
@minLength(3)
@maxLength(127)
param job string

@description('Address of the app.')
@minLength(1)
param appUrl string

@description('The key with which it asks for its run.')
@secure()
@minLength(32)
@maxLength(256)
param contextKey string

@description('Address of the registry that images are pulled from with the identity.')
@minLength(1)
param registryLoginServer string

@description('Id of the identity that pulls the image, and that the container may work as.')
@minLength(1)
param identityId string

@description('Id of the subnet that it joins; empty: none.')
param subnetId string

var ownRegistry = startsWith(toLower(image), '${toLower(registryLoginServer)}/')
var told = [
  { name: 'CRONTABLE_URL', value: appUrl }
  { name: 'CRONTABLE_JOB', value: job }
  { name: 'CRONTABLE_KEY', secureValue: contextKey }
]
var given = [for one in items(environmentVariables): { name: one.key, value: one.value }]

// Each deployment starts it: then it asks for its run, and ends when there is none.
resource group 'Microsoft.ContainerInstance/containerGroups@2023-05-01' = {
  name: name
  location: location
  tags: tags
  identity: { type: 'UserAssigned', userAssignedIdentities: { '${identityId}': {} } }
  properties: {
    sku: 'Standard'
    osType: 'Linux'
    // A group that restarts its container by itself cannot be a job: no run of it would ever end.
    restartPolicy: 'Never'
    imageRegistryCredentials: ownRegistry ? [{ server: registryLoginServer, identity: identityId }] : null
    subnetIds: empty(subnetId) ? null : [{ id: subnetId }]
    volumes: [{ name: 'store', emptyDir: {} }]
    containers: [
      {
        name: 'job'
        properties: {
          image: image
          command: empty(command) ? null : command
          environmentVariables: concat(told, given)
          resources: { requests: { cpu: 1, memoryInGB: 1 } }
          volumeMounts: [{ name: 'store', mountPath: '/store' }]
        }
      }
    ]
  }
}
