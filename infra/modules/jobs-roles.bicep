metadata description = 'What the identities may do in the resource group of the container groups.'

@description('Object id of the scheduler\'s identity.')
@minLength(36)
@maxLength(36)
param schedulerPrincipalId string

@description('Object id of the workflow\'s identity; empty when there is none.')
@maxLength(36)
param deploymentPrincipalId string

var definitions = 'Microsoft.Authorization/roleDefinitions'
var roles = {
  containerInstancesContributor: '5d977122-f97e-4b4d-a52f-6b43003ddb4d'
  contributor: 'b24988ac-6180-42a0-ab88-20f7382dd24c'
}

resource schedulerGroups 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(resourceGroup().id, schedulerPrincipalId, roles.containerInstancesContributor)
  properties: {
    roleDefinitionId: subscriptionResourceId(definitions, roles.containerInstancesContributor)
    principalId: schedulerPrincipalId
    principalType: 'ServicePrincipal'
  }
}

// For the sample container group.
resource workflowGroup 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (!empty(deploymentPrincipalId)) {
  name: guid(resourceGroup().id, deploymentPrincipalId, roles.contributor)
  properties: {
    roleDefinitionId: subscriptionResourceId(definitions, roles.contributor)
    principalId: deploymentPrincipalId
    principalType: 'ServicePrincipal'
  }
}
