metadata description = 'The function app that ticks: a Flex Consumption plan, Python, and an identity in place of keys.'

@description('Name of the plan; it carries this one app.')
@minLength(1)
@maxLength(40)
param planName string

@description('Name of the app. The Functions host tells apps on one storage account apart by its first 32 characters.')
@minLength(2)
@maxLength(32)
param name string

@description('Where it stands.')
@minLength(2)
param location string

@description('Tags.')
param tags object

@description('Version of Python.')
@allowed(['3.13'])
param pythonVersion string

@description('Memory of one instance, in MB; its share of a processor grows with it.')
@allowed([512, 2048, 4096])
param instanceMemoryMB int

@description('Most instances at once.')
@minValue(40)
@maxValue(1000)
param maximumInstanceCount int

@description('Id of the identity that the app works as.')
@minLength(1)
param identityId string

@description('Client id of that identity.')
@minLength(36)
@maxLength(36)
param identityClientId string

@description('Name of the storage account.')
@minLength(3)
@maxLength(24)
param storageName string

@description('Address of the container that holds the package of the app.')
@minLength(1)
param packageAddress string

@description('Where the app sends its log.')
@minLength(1)
param telemetryAddress string

@description('Id of the subnet that the app reaches others from; empty: from Azure\'s shared addresses.')
param subnetId string

@description('Versioned address of the secret that becomes CONTEXT_KEY; empty: no existing container group may ask.')
param contextKeyUri string

@description('Versioned address of the secret that becomes WEB_KEY.')
@minLength(1)
param webKeyUri string

@description('Versioned address of the secret that becomes VIEWER_KEY.')
@minLength(1)
param viewerKeyUri string

@description('Address of the secret that becomes ALERT_WEBHOOK; empty: news of jobs are posted nowhere.')
param alertSecretUri string

@description('Application (client) id of the registration that people sign in with; empty: no sign-in.')
param signInClientId string

@description('Tenant whose people may sign in.')
@minLength(36)
@maxLength(36)
param signInTenantId string

@description('What scheduler/settings.py reads: each setting\'s name and value. For an empty one its default counts.')
param settings object

// Where the host and the scheduler keep their state, and as whom: an account\'s name in place of a connection string.
var storageSettings = {
  AzureWebJobsStorage__accountName: storageName
  AzureWebJobsStorage__credential: 'managedidentity'
  AzureWebJobsStorage__clientId: identityClientId
}
var telemetrySettings = {
  APPLICATIONINSIGHTS_CONNECTION_STRING: telemetryAddress
  APPLICATIONINSIGHTS_AUTHENTICATION_STRING: 'ClientId=${identityClientId};Authorization=AAD'
  // What the scheduler sends bears the name that the host gives what it sends.
  OTEL_SERVICE_NAME: name
  // The SDK's own: statistics of itself, and settings from afar, each asked of an address that is nobody's here.
  APPLICATIONINSIGHTS_STATSBEAT_DISABLED_ALL: 'true'
  APPLICATIONINSIGHTS_CONTROLPLANE_DISABLED: 'true'
}
// With its version: were the reference ever not resolved, its own text would be the key, and nobody can guess this one.
var contextSettings = empty(contextKeyUri) ? {} : {
  CONTEXT_KEY: '@Microsoft.KeyVault(SecretUri=${contextKeyUri})'
}
var webSettings = union(
  {
    WEB_KEY: '@Microsoft.KeyVault(SecretUri=${webKeyUri})'
    VIEWER_KEY: '@Microsoft.KeyVault(SecretUri=${viewerKeyUri})'
    SIGN_IN: empty(signInClientId) ? 'off' : 'platform'
  },
  empty(alertSecretUri) ? {} : { ALERT_WEBHOOK: '@Microsoft.KeyVault(SecretUri=${alertSecretUri})' }
)
var trustSetting = 'OVERRIDE_USE_MI_FIC_ASSERTION_CLIENTID'
// In place of a client secret, the sign-in presents a token of this identity, which the registration trusts.
var signInSettings = empty(signInClientId) ? {} : {
  '${trustSetting}': identityClientId
  WEBSITE_AUTH_AAD_ALLOWED_TENANTS: signInTenantId
}
var all = union(settings, storageSettings, telemetrySettings, contextSettings, webSettings, signInSettings)

resource plan 'Microsoft.Web/serverfarms@2024-11-01' = {
  name: planName
  location: location
  tags: tags
  kind: 'functionapp'
  sku: { name: 'FC1', tier: 'FlexConsumption' }
  properties: { reserved: true }
}

resource app 'Microsoft.Web/sites@2024-11-01' = {
  name: name
  location: location
  tags: tags
  kind: 'functionapp,linux'
  identity: { type: 'UserAssigned', userAssignedIdentities: { '${identityId}': {} } }
  properties: {
    serverFarmId: plan.id
    httpsOnly: true
    keyVaultReferenceIdentity: identityId
    virtualNetworkSubnetId: empty(subnetId) ? null : subnetId
    functionAppConfig: {
      deployment: {
        storage: {
          type: 'blobContainer'
          value: packageAddress
          authentication: { type: 'UserAssignedIdentity', userAssignedIdentityResourceId: identityId }
        }
      }
      runtime: { name: 'python', version: pythonVersion }
      scaleAndConcurrency: { instanceMemoryMB: instanceMemoryMB, maximumInstanceCount: maximumInstanceCount }
    }
    // Nothing more than these two: Flex Consumption refuses most others with error 51021, in some regions only.
    siteConfig: {
      minTlsVersion: '1.2'
      appSettings: [for setting in items(all): { name: setting.key, value: setting.value }]
    }
  }
}

// Publishing goes by the caller's own token; passwords for it stay off. One after the other: two writes to one app at
// the same time are refused.
resource noFtp 'Microsoft.Web/sites/basicPublishingCredentialsPolicies@2024-11-01' = {
  parent: app
  name: 'ftp'
  properties: { allow: false }
}

resource noScm 'Microsoft.Web/sites/basicPublishingCredentialsPolicies@2024-11-01' = {
  parent: app
  name: 'scm'
  properties: { allow: false }
  dependsOn: [noFtp]
}

@description('Address of the app, without a slash at its end.')
output url string = 'https://${app.properties.defaultHostName}'

@description('Name of the app setting that the sign-in finds its identity in.')
output trustSetting string = trustSetting
