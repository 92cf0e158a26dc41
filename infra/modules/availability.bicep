metadata description = 'A test from outside: places of Azure ask /api/health, which answers 503 once ticks have stopped.'

@description('Name of the test.')
@minLength(1)
@maxLength(260)
param name string

@description('Name of the rule that tells of it.')
@minLength(1)
@maxLength(260)
param ruleName string

@description('Where the test stands: the region of the component.')
@minLength(2)
param location string

@description('Tags.')
param tags object

@description('Id of the Application Insights component that keeps what the test saw.')
@minLength(1)
param componentId string

@description('Address of the app, https.')
@minLength(9)
param appUrl string

@description('Id of the group of people to tell; empty: nobody, the alert only stands in the portal.')
param groupId string

var places = ['emea-nl-ams-azr', 'emea-gb-db3-azr', 'us-va-ash-azr']

resource test 'Microsoft.Insights/webtests@2022-06-15' = {
  name: name
  location: location
  // The link by which the portal shows the test with its component, and without which it refuses it.
  tags: union(tags, { 'hidden-link:${componentId}': 'Resource' })
  kind: 'standard'
  properties: {
    SyntheticMonitorId: name
    Name: name
    Enabled: true
    Kind: 'standard'
    // Seconds. The app's instance sleeps between requests: an answer may need a cold start.
    Frequency: 900
    Timeout: 60
    RetryEnabled: true
    Locations: map(places, place => { Id: place })
    Request: { RequestUrl: '${appUrl}/api/health', HttpVerb: 'GET', ParseDependentRequests: false }
    ValidationRules: { ExpectedHttpStatusCode: 200, SSLCheck: true, SSLCertRemainingLifetimeCheck: 7 }
  }
}

resource rule 'Microsoft.Insights/metricAlerts@2018-03-01' = {
  name: ruleName
  location: 'global'
  tags: tags
  properties: {
    description: 'From outside, /api/health says that ticks have stopped, or does not answer: nothing starts.'
    severity: 0
    enabled: true
    scopes: [test.id, componentId]
    evaluationFrequency: 'PT5M'
    windowSize: 'PT15M'
    autoMitigate: true
    criteria: {
      'odata.type': 'Microsoft.Azure.Monitor.WebtestLocationAvailabilityCriteria'
      webTestId: test.id
      componentId: componentId
      failedLocationCount: 2
    }
    actions: empty(groupId) ? [] : [{ actionGroupId: groupId }]
  }
}
