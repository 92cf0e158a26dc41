metadata description = 'Sign-in with Entra for the pages, without a secret: the registration trusts our identity.'

@description('Name of the app.')
@minLength(2)
@maxLength(32)
param appName string

@description('Application (client) id of the registration that people sign in with.')
@minLength(36)
@maxLength(36)
param clientId string

@description('Tenant whose people may sign in.')
@minLength(36)
@maxLength(36)
param tenantId string

@description('Name of the app setting that holds the client id of the identity which the registration trusts.')
@minLength(1)
param trustSetting string

resource app 'Microsoft.Web/sites@2024-11-01' existing = { name: appName }

resource signIn 'Microsoft.Web/sites/config@2024-11-01' = {
  parent: app
  name: 'authsettingsV2'
  properties: {
    platform: { enabled: true, runtimeVersion: '~1' }
    // The platform names whoever signed in, in a header that no caller can forge, and turns nobody away: health is
    // public, a container group asks with its key, and the app itself decides about the rest.
    globalValidation: { requireAuthentication: false, unauthenticatedClientAction: 'AllowAnonymous' }
    httpSettings: { requireHttps: true }
    login: { tokenStore: { enabled: false } }
    identityProviders: {
      azureActiveDirectory: {
        enabled: true
        registration: {
          clientId: clientId
          clientSecretSettingName: trustSetting
          openIdIssuer: '${environment().authentication.loginEndpoint}${tenantId}/v2.0'
        }
        validation: {
          allowedAudiences: [clientId, 'api://${clientId}']
          defaultAuthorizationPolicy: { allowedApplications: [clientId] }
        }
      }
    }
  }
}
