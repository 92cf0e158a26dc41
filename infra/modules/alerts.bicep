metadata description = 'Who is told when the tick stops, fails or is throttled, and when a job fails.'

@description('Name of the group of people to tell.')
@minLength(1)
@maxLength(260)
param groupName string

@description('Its name in messages.')
@minLength(1)
@maxLength(12)
param groupShortName string

@description('Name of the rule: no tick came.')
@minLength(1)
param stoppedName string

@description('Name of the rule: ticks fail.')
@minLength(1)
param failedName string

@description('Name of the rule: a job failed.')
@minLength(1)
param jobFailedName string

@description('Name of the rule: Container Instances or a table asks for patience.')
@minLength(1)
param throttledName string

@description('Name of the rule: the storage account asks for patience.')
@minLength(1)
param storageThrottledName string

@description('Where the rules on the log stand: the region of the component.')
@minLength(2)
param location string

@description('Tags.')
param tags object

@description('Id of the Application Insights component.')
@minLength(1)
param componentId string

@description('Id of the storage account.')
@minLength(1)
param storageId string

@description('Address that a mail goes to; empty: none.')
param email string

@description('Address that each alert is posted to; empty: none.')
@secure()
param webhook string

var told = !empty(email) || !empty(webhook)
var groups = told ? [people.id] : []
var actions = told ? [{ actionGroupId: people.id }] : []

resource people 'Microsoft.Insights/actionGroups@2023-01-01' = if (told) {
  name: groupName
  location: 'Global'
  tags: tags
  properties: {
    groupShortName: groupShortName
    enabled: true
    emailReceivers: empty(email) ? [] : [{ name: 'mail', emailAddress: email, useCommonAlertSchema: true }]
    webhookReceivers: empty(webhook) ? [] : [{ name: 'webhook', serviceUri: webhook, useCommonAlertSchema: true }]
  }
}

// From the log: places that call /api/health (availability.bicep, on request) cost more than all the rest, and each
// of them wakes the app. A log that does not arrive counts as no tick: then nobody would see.
resource stopped 'Microsoft.Insights/scheduledQueryRules@2023-12-01' = {
  name: stoppedName
  location: location
  tags: tags
  kind: 'LogAlert'
  properties: {
    displayName: stoppedName
    description: 'No tick ended well for ten minutes: nothing starts. See /api/health and the log of the app.'
    severity: 0
    enabled: true
    scopes: [componentId]
    evaluationFrequency: 'PT5M'
    windowSize: 'PT10M'
    // A component that was made a moment ago does not know its tables yet.
    skipQueryValidation: true
    autoMitigate: true
    criteria: {
      allOf: [
        {
          query: 'requests | where name == "tick" and success == true'
          timeAggregation: 'Count'
          operator: 'LessThan'
          threshold: 1
          failingPeriods: { numberOfEvaluationPeriods: 1, minFailingPeriodsToAlert: 1 }
        }
      ]
    }
    actions: { actionGroups: groups }
  }
}

resource failed 'Microsoft.Insights/scheduledQueryRules@2023-12-01' = {
  name: failedName
  location: location
  tags: tags
  kind: 'LogAlert'
  properties: {
    displayName: failedName
    description: 'Three or more ticks of a quarter of an hour failed or met trouble. See the log of the app.'
    severity: 1
    enabled: true
    scopes: [componentId]
    evaluationFrequency: 'PT15M'
    windowSize: 'PT15M'
    skipQueryValidation: true
    autoMitigate: true
    criteria: {
      allOf: [
        {
          query: '''
union
  (requests | where name == "tick" and success == false),
  (traces | where operation_Name == "tick" and severityLevel >= 3)
| summarize timestamp = max(timestamp) by operation_Id
'''
          timeAggregation: 'Count'
          operator: 'GreaterThanOrEqual'
          threshold: 3
          failingPeriods: { numberOfEvaluationPeriods: 1, minFailingPeriodsToAlert: 1 }
        }
      ]
    }
    actions: { actionGroups: groups }
  }
}

resource jobFailed 'Microsoft.Insights/scheduledQueryRules@2023-12-01' = {
  name: jobFailedName
  location: location
  tags: tags
  kind: 'LogAlert'
  properties: {
    displayName: jobFailedName
    description: 'A job that had gone well failed, its retries included. Its row in the Jobs table says why.'
    severity: 2
    enabled: true
    scopes: [componentId]
    evaluationFrequency: 'PT15M'
    windowSize: 'PT30M'
    skipQueryValidation: true
    // A failure is told once or twice: the window is longer than the step, as a line may take minutes to arrive.
    // Not ended by itself: while an alert stands, the failure of a second job would not be told.
    autoMitigate: false
    criteria: {
      allOf: [
        {
          query: 'traces | where operation_Name == "tick" and severityLevel == 2 and message contains " failed. "'
          timeAggregation: 'Count'
          operator: 'GreaterThan'
          threshold: 0
          failingPeriods: { numberOfEvaluationPeriods: 1, minFailingPeriodsToAlert: 1 }
        }
      ]
    }
    actions: { actionGroups: groups }
  }
}

resource throttled 'Microsoft.Insights/scheduledQueryRules@2023-12-01' = {
  name: throttledName
  location: location
  tags: tags
  kind: 'LogAlert'
  properties: {
    displayName: throttledName
    description: 'Azure answered three or more ticks of an hour with 429. If starts wait: spread the schedules, or ask for more quota. If groups could not be looked at: lower MAX_ACTIVE_RUNS, or put what goes beyond into a second installation (docs/scale.md).'
    severity: 2
    enabled: true
    scopes: [componentId]
    evaluationFrequency: 'PT15M'
    windowSize: 'PT1H'
    skipQueryValidation: true
    autoMitigate: true
    criteria: {
      allOf: [
        {
          query: '''
traces
| where operation_Name == "tick" and (message has "throttled" or message has "TooManyRequests")
| summarize timestamp = max(timestamp) by operation_Id
'''
          timeAggregation: 'Count'
          operator: 'GreaterThanOrEqual'
          threshold: 3
          failingPeriods: { numberOfEvaluationPeriods: 1, minFailingPeriodsToAlert: 1 }
        }
      ]
    }
    actions: { actionGroups: groups }
  }
}

resource storageThrottled 'Microsoft.Insights/metricAlerts@2018-03-01' = {
  name: storageThrottledName
  location: 'global'
  tags: tags
  properties: {
    description: 'The storage account turned requests away because there were too many.'
    severity: 2
    enabled: true
    scopes: [storageId]
    evaluationFrequency: 'PT5M'
    windowSize: 'PT15M'
    autoMitigate: true
    criteria: {
      'odata.type': 'Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria'
      allOf: [
        {
          criterionType: 'StaticThresholdCriterion'
          name: 'turned-away'
          metricNamespace: 'Microsoft.Storage/storageAccounts'
          metricName: 'Transactions'
          dimensions: [
            {
              name: 'ResponseType'
              operator: 'Include'
              values: ['ServerBusyError', 'ClientThrottlingError', 'ClientAccountRequestThrottlingError']
            }
          ]
          timeAggregation: 'Total'
          operator: 'GreaterThan'
          threshold: 10
        }
      ]
    }
    actions: actions
  }
}

@description('Id of the group of people; empty where nobody is told.')
output groupId string = told ? people.id : ''
