metadata description = 'Who acts: the scheduler, the jobs, and perhaps a GitHub workflow. None has a secret.'

@description('Name of the identity that the function app works as.')
@minLength(3)
@maxLength(128)
param schedulerName string

@description('Name of the identity that pulls the jobs\' images, and that the jobs may work as.')
@minLength(3)
@maxLength(128)
param jobsName string

@description('Name of the identity that a GitHub workflow deploys as.')
@minLength(3)
@maxLength(128)
param deploymentName string

@description('Where they stand.')
@minLength(2)
param location string

@description('Tags.')
param tags object

@description('Repository as GitHub\'s tokens name it. Empty: no workflow may deploy.')
param githubRepository string

@description('GitHub environment that the deploying job of the workflow runs in.')
@minLength(1)
param githubEnvironment string

resource scheduler 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {
  name: schedulerName
  location: location
  tags: tags
}

resource jobs 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {
  name: jobsName
  location: location
  tags: tags
}

resource workflow 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = if (!empty(githubRepository)) {
  name: deploymentName
  location: location
  tags: tags

  resource trust 'federatedIdentityCredentials' = {
    name: 'github'
    properties: {
      issuer: 'https://token.actions.githubusercontent.com'
      audiences: ['api://AzureADTokenExchange']
      // An environment, not a branch: its protection rules say who may deploy, and a pull request of a fork never may.
      subject: 'repo:${githubRepository}:environment:${githubEnvironment}'
    }
  }
}


@description('Id of the scheduler\'s identity.')
output schedulerId string = scheduler.id

@description('Client id of the scheduler\'s identity.')
output schedulerClientId string = scheduler.properties.clientId

@description('Object id of the scheduler\'s identity.')
output schedulerPrincipalId string = scheduler.properties.principalId

@description('Id of the jobs\' identity.')
output jobsId string = jobs.id

@description('Object id of the jobs\' identity.')
output jobsPrincipalId string = jobs.properties.principalId

@description('Client id of the workflow\'s identity; empty when there is none.')
output deploymentClientId string = empty(githubRepository) ? '' : workflow!.properties.clientId

@description('Object id of the workflow\'s identity; empty when there is none.')
output deploymentPrincipalId string = empty(githubRepository) ? '' : workflow!.properties.principalId
