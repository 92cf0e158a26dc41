metadata description = 'Where the app writes what it does: Application Insights on Log Analytics, by roles only.'

@description('Name of the workspace.')
@minLength(4)
@maxLength(63)
param workspaceName string

@description('Name of the Application Insights component.')
@minLength(1)
@maxLength(255)
param componentName string

@description('Where they stand.')
@minLength(2)
param location string

@description('Tags.')
param tags object

@description('For how many days the app\'s own log is kept. 30 are free of charge.')
@minValue(30)
@maxValue(730)
param retentionDays int

@description('Most that the workspace takes in on one day, in GB; what comes later that day is lost.')
@minValue(1)
@maxValue(1000)
param dailyGb int

resource workspace 'Microsoft.OperationalInsights/workspaces@2025-02-01' = {
  name: workspaceName
  location: location
  tags: tags
  properties: {
    sku: { name: 'PerGB2018' }
    retentionInDays: retentionDays
    workspaceCapping: { dailyQuotaGb: dailyGb }
    features: { disableLocalAuth: true, enableLogAccessUsingOnlyResourcePermissions: true }
    publicNetworkAccessForIngestion: 'Enabled'
    publicNetworkAccessForQuery: 'Enabled'
  }
}

resource component 'Microsoft.Insights/components@2020-02-02' = {
  name: componentName
  location: location
  tags: tags
  kind: 'web'
  properties: {
    Application_Type: 'web'
    WorkspaceResourceId: workspace.id
    IngestionMode: 'LogAnalytics'
    DisableLocalAuth: true
    publicNetworkAccessForIngestion: 'Enabled'
    publicNetworkAccessForQuery: 'Enabled'
  }
}

@description('Id of the component.')
output componentId string = component.id

@description('Where the app sends its log. It names the place and grants nothing: keys are switched off.')
output connectionString string = component.properties.ConnectionString
