metadata description = 'Crontable, from an empty resource group to a running schedule, without a key or a secret.'

targetScope = 'resourceGroup'

// ---- what and where -------------------------------------------------------------------------------------------------

@description('Name of the installation, a part of every name: 3 to 12 lower-case letters and digits.')
@minLength(3)
@maxLength(12)
param name string = 'crontable'

@description('Region of everything but the container groups. It must offer Flex Consumption with Python 3.13.')
@minLength(2)
@maxLength(64)
param location string = resourceGroup().location

@description('Resource group of the container groups and nothing else: the scheduler may delete there. Make it first.')
@minLength(1)
@maxLength(90)
param jobsResourceGroup string = '${resourceGroup().name}-jobs'

@description('Region in which container groups are made unless a row says otherwise.')
@minLength(2)
@maxLength(64)
param jobsLocation string = location

@description('Which container groups are ours. Empty: STORAGEACCOUNT/JOBSTABLE. After a move: what it was before.')
@maxLength(200)
param installation string = ''

@description('Tags for everything, beside app and installation.')
param tags object = {}

// ---- the scheduler --------------------------------------------------------------------------------------------------

@description('When a tick comes: NCRONTAB of six fields, seconds first, in UTC. The scheduler counts on one a minute.')
@minLength(11)
@maxLength(100)
param tickSchedule string = '0 * * * * *'

@description('Version of Python that the app runs on.')
@allowed(['3.13'])
param pythonVersion string = '3.13'

@description('Memory of one instance of the app, in MB. 512 costs a quarter of 2048 a second, and ticks take longer.')
@allowed([512, 2048, 4096])
param instanceMemoryMB int = 2048

@description('Most instances of the app at once.')
@minValue(40)
@maxValue(1000)
param maximumInstanceCount int = 40

@description('Most container groups at once. A region of a subscription allows 100, unless more was asked for.')
@minValue(1)
@maxValue(10000)
param maxActiveRuns int = 90

@description('Images that a row may run: comma-separated globs. Empty: those of the registry made here. *: any.')
@maxLength(4000)
param allowedImages string = ''

@description('Identities that a row may name: comma-separated globs of ids. Empty: only the jobs\' identity. *: any.')
@maxLength(4000)
param allowedIdentities string = ''

@description('Existing container groups that a row may start: comma-separated globs. Empty: any in jobsResourceGroup.')
@maxLength(4000)
param allowedGroups string = ''

@description('What a core costs for an hour, in your money, such as 0.0405: with it, each run tells its cost.')
@maxLength(12)
param priceVcpuHour string = ''

@description('What a GB of memory costs for an hour, in your money, such as 0.0045.')
@maxLength(12)
param priceGbHour string = ''

@description('Which part of these prices a Spot group costs, from 0 to 1. Empty: all of it.')
@maxLength(12)
param priceSpotFactor string = ''

// ---- the store ------------------------------------------------------------------------------------------------------

@description('How often the storage account keeps each byte, and where.')
@allowed(['Standard_LRS', 'Standard_ZRS', 'Standard_GRS', 'Standard_RAGRS', 'Standard_GZRS', 'Standard_RAGZRS'])
param storageSku string = 'Standard_LRS'

@description('Table that people edit: 3 to 63 letters and digits, a letter first.')
@minLength(3)
@maxLength(63)
param jobsTable string = 'Jobs'

@description('Table of the runs: 3 to 63 letters and digits, a letter first; not the same as the other.')
@minLength(3)
@maxLength(63)
param runsTable string = 'Runs'

@description('Table of what people did: 3 to 63 letters and digits, a letter first; not the same as the others.')
@minLength(3)
@maxLength(63)
param auditTable string = 'Audit'

@description('Container of the logs of runs: 3 to 63 lower-case letters, digits and single hyphens.')
@minLength(3)
@maxLength(63)
param logsContainer string = 'run-logs'

@description('After how many days the log of a run is deleted, whoever deletes it. Left alone: as retentionDays has it.')
@minValue(1)
@maxValue(36500)
param runLogRetentionDays int = retentionDays == 0 ? 36500 : retentionDays

@description('After how many days the scheduler forgets runs, their logs and what people did. 0: never.')
@minValue(0)
@maxValue(36500)
param retentionDays int = 90

@description('Price tier of the registry.')
@allowed(['Basic', 'Standard', 'Premium'])
param registrySku string = 'Basic'

@description('For how many days the app\'s own log is kept. 30 are free of charge.')
@minValue(30)
@maxValue(730)
param logRetentionDays int = 30

@description('Most that the app\'s own log takes in on one day, in GB; what comes later that day is lost.')
@minValue(1)
@maxValue(1000)
param dailyLogGb int = 1

@description('Whether ticks send traces and metrics of their own, beside what the Functions host sends.')
param telemetry bool = true

// ---- people and workflows -------------------------------------------------------------------------------------------

@description('Whether roles are assigned. false: they stay as they are, for who may assign none (the workflow).')
param assignRoles bool = true

@description('Object id of whom to let edit the tables, read logs and put secrets into the vault. Empty: nobody.')
@maxLength(36)
param deployerPrincipalId string = ''

@description('What that object is.')
@allowed(['User', 'Group', 'ServicePrincipal'])
param deployerPrincipalType string = 'User'

@description('''
GitHub repository whose workflow may deploy, as its tokens name it: OWNER/REPOSITORY, or OWNER@ID/REPOSITORY@ID where
subject claims are immutable, as they are for repositories made since the summer of 2026. Empty: none.
''')
@maxLength(200)
param githubRepository string = ''

@description('GitHub environment that the workflow deploys in; its protection rules say who may deploy.')
@minLength(1)
@maxLength(100)
param githubEnvironment string = 'production'

@description('''
Application (client) id of the registration that people sign in to the pages with. It needs no secret: a federated
credential must trust the scheduler's identity (output schedulerPrincipalId). Empty: no sign-in.
''')
@maxLength(36)
param signInClientId string = ''

@description('Tenant whose people may sign in.')
@minLength(36)
@maxLength(36)
param signInTenantId string = subscription().tenantId

@description('Key that opens the pages and the API to operate. Left alone, each deployment makes a new one.')
@secure()
@minLength(32)
@maxLength(256)
param webKey string = newGuid()

@description('Key that opens the pages and the API to look. Left alone, each deployment makes a new one.')
@secure()
@minLength(32)
@maxLength(256)
param viewerKey string = newGuid()

@description('Address of the pages, for links in news. Empty: that of the app.')
@maxLength(200)
param publicUrl string = ''

@description('Secret of the vault that holds the address which news of jobs are posted to. Empty: nowhere.')
@maxLength(127)
param newsSecret string = ''

@description('What the receiver of news of jobs reads; auto: by its address.')
@allowed(['auto', 'teams', 'slack', 'json'])
param newsFormat string = 'auto'

@description('Address that alerts are mailed to. Empty: none.')
@maxLength(254)
param alertEmail string = ''

@description('Address that alerts are posted to, in the common alert schema. Empty: none.')
@secure()
@maxLength(2000)
param alertWebhook string = ''

@description('Ask /api/health from three places outside, each quarter of an hour, and tell when ticks have stopped.')
param availabilityTest bool = false

@description('What each of the two resource groups may cost in a month before a warning goes out. 0: no budget.')
@minValue(0)
@maxValue(100000000)
param budgetAmount int = 0

@description('First day of the month that the budget begins in. Azure refuses another one for a budget that is there.')
@minLength(10)
@maxLength(10)
param budgetStart string = utcNow('yyyy-MM-01')

@description('Address that the budget warns. Empty: that of the alerts, or else the owners of the resource group.')
@maxLength(254)
param budgetContact string = ''

// ---- existing container groups --------------------------------------------------------------------------------------

@description('Image of a container group that a job may start. Each deployment starts it, too. Empty: none.')
@maxLength(1000)
param sampleImage string = ''

@description('The job that starts it, PartitionKey/RowKey: its row names the output sampleContainerGroup.')
@minLength(3)
@maxLength(127)
param sampleJob string = 'weather/sample'

@description('Command of its container. [] is the image\'s own.')
@maxLength(100)
param sampleCommand array = ['python', '-m', 'weather', 'extract']

@description('Environment of its container: names and values that anybody may see. /store is an empty folder.')
param sampleEnvironment object = { WEATHER_SOURCE: 'data/seattle-weather.csv', WEATHER_STORE: '/store' }

@description('Whether container groups of your own may ask for their run, with the secret context-key of the vault.')
param existingGroups bool = false

@description('That secret. Left alone, each deployment makes a new one, for the app and the sample.')
@secure()
@minLength(32)
@maxLength(256)
param contextKey string = newGuid()

// ---- network --------------------------------------------------------------------------------------------------------

@description('Whether container groups get a network and one fixed address outwards, for about a euro a day.')
param vnet bool = false

@description('Addresses of that network: a private range.')
@minLength(9)
@maxLength(18)
param vnetAddressPrefix string = '10.42.0.0/22'

@description('Those of the container groups: a part of it. Each group takes one, and Azure five for itself.')
@minLength(9)
@maxLength(18)
param groupsAddressPrefix string = '10.42.0.0/24'

@description('Those of the function app: another part of it, /27 or larger.')
@minLength(9)
@maxLength(18)
param appAddressPrefix string = '10.42.1.0/26'

// ---- names and tags, by one rule ------------------------------------------------------------------------------------

// Of the resource group's id: the same at each deployment, and another one in each group, as some names are global.
var suffix = take(uniqueString(resourceGroup().id), 8)
var hyphened = '${name}-${suffix}'
var joined = '${name}${suffix}'
var names = {
  address: 'pip-${hyphened}'
  app: 'func-${hyphened}'
  availability: 'test-${hyphened}'
  availabilityAlert: 'alert-availability-${hyphened}'
  budget: 'budget-${hyphened}'
  component: 'appi-${hyphened}'
  deploymentIdentity: 'id-deployment-${hyphened}'
  gateway: 'ng-${hyphened}'
  jobFailedAlert: 'alert-job-failed-${hyphened}'
  jobsIdentity: 'id-jobs-${hyphened}'
  network: 'vnet-${hyphened}'
  people: 'ag-${hyphened}'
  plan: 'plan-${hyphened}'
  registry: 'cr${joined}'
  sample: 'ci-sample-${hyphened}'
  schedulerIdentity: 'id-scheduler-${hyphened}'
  securityGroup: 'nsg-${hyphened}'
  storage: 'st${joined}'
  storageThrottledAlert: 'alert-storage-throttled-${hyphened}'
  throttledAlert: 'alert-throttled-${hyphened}'
  tickFailedAlert: 'alert-tick-failed-${hyphened}'
  tickStoppedAlert: 'alert-tick-stopped-${hyphened}'
  vault: 'kv-${hyphened}'
  workspace: 'log-${hyphened}'
}
// What the scheduler would call itself: a tick from a laptop against the same tables knows the same groups as its own.
var installed = empty(installation) ? '${names.storage}/${jobsTable}' : installation
var allTags = union(tags, { app: 'crontable', installation: installed })

var sameGroup = toLower(jobsResourceGroup) == toLower(resourceGroup().name)
// An app joins a subnet of its own region only.
var sameRegion = toLower(replace(jobsLocation, ' ', '')) == toLower(replace(location, ' ', ''))
var withSample = !empty(sampleImage)
var withContextKey = withSample || existingGroups
// One price without the other would stop every tick.
var priced = !empty(priceVcpuHour) || !empty(priceGbHour)

// ---- what there is --------------------------------------------------------------------------------------------------

module storage 'modules/storage.bicep' = {
  params: {
    name: names.storage
    location: location
    tags: allTags
    sku: storageSku
    jobsTable: jobsTable
    runsTable: runsTable
    auditTable: auditTable
    logsContainer: logsContainer
    runLogRetentionDays: runLogRetentionDays
  }
}

module registry 'modules/registry.bicep' = {
  params: { name: names.registry, location: location, tags: allTags, sku: registrySku }
}

module identities 'modules/identities.bicep' = {
  params: {
    schedulerName: names.schedulerIdentity
    jobsName: names.jobsIdentity
    deploymentName: names.deploymentIdentity
    location: location
    tags: allTags
    githubRepository: githubRepository
    githubEnvironment: githubEnvironment
  }
}

module monitoring 'modules/monitoring.bicep' = {
  params: {
    workspaceName: names.workspace
    componentName: names.component
    location: location
    tags: allTags
    retentionDays: logRetentionDays
    dailyGb: dailyLogGb
  }
}

module vault 'modules/vault.bicep' = {
  params: { name: names.vault, location: location, tags: allTags }
}

module groupsKey 'modules/context-key.bicep' = if (withContextKey) {
  params: { vaultName: names.vault, tags: allTags, value: contextKey }
  dependsOn: [vault]
}

module webKeys 'modules/web-keys.bicep' = {
  params: { vaultName: names.vault, tags: allTags, operator: webKey, viewer: viewerKey }
  dependsOn: [vault]
}

module network 'modules/network.bicep' = if (vnet) {
  params: {
    name: names.network
    securityGroupName: names.securityGroup
    gatewayName: names.gateway
    addressName: names.address
    location: jobsLocation
    tags: allTags
    addressPrefix: vnetAddressPrefix
    groupsAddressPrefix: groupsAddressPrefix
    appAddressPrefix: appAddressPrefix
  }
}

module roles 'modules/roles.bicep' = if (assignRoles) {
  params: {
    storageName: names.storage
    queueName: storage.outputs.queueName
    logsContainer: logsContainer
    registryName: names.registry
    vaultName: names.vault
    componentName: names.component
    jobsIdentityName: names.jobsIdentity
    networkName: vnet ? names.network : ''
    schedulerPrincipalId: identities.outputs.schedulerPrincipalId
    jobsPrincipalId: identities.outputs.jobsPrincipalId
    deploymentPrincipalId: identities.outputs.deploymentPrincipalId
    deployerPrincipalId: deployerPrincipalId
    deployerPrincipalType: deployerPrincipalType
  }
  dependsOn: [registry, vault, monitoring, network]
}

module jobsRoles 'modules/jobs-roles.bicep' = if (assignRoles) {
  scope: resourceGroup(jobsResourceGroup)
  params: {
    schedulerPrincipalId: identities.outputs.schedulerPrincipalId
    deploymentPrincipalId: sameGroup ? '' : identities.outputs.deploymentPrincipalId
  }
}

// After the roles: the host looks into the storage account as soon as the app is there.
module app 'modules/app.bicep' = {
  params: {
    planName: names.plan
    name: names.app
    location: location
    tags: allTags
    pythonVersion: pythonVersion
    instanceMemoryMB: instanceMemoryMB
    maximumInstanceCount: maximumInstanceCount
    identityId: identities.outputs.schedulerId
    identityClientId: identities.outputs.schedulerClientId
    storageName: names.storage
    packageAddress: storage.outputs.packageAddress
    telemetryAddress: monitoring.outputs.connectionString
    subnetId: vnet && sameRegion ? network!.outputs.appSubnetId : ''
    contextKeyUri: withContextKey ? groupsKey!.outputs.address : ''
    webKeyUri: webKeys.outputs.operatorAddress
    viewerKeyUri: webKeys.outputs.viewerAddress
    alertSecretUri: empty(newsSecret) ? '' : '${vault.outputs.uri}secrets/${newsSecret}'
    signInClientId: signInClientId
    signInTenantId: signInTenantId
    settings: {
      TICK_SCHEDULE: tickSchedule
      JOBS_TABLE: jobsTable
      RUNS_TABLE: runsTable
      AUDIT_TABLE: auditTable
      RETENTION_DAYS: string(retentionDays)
      PUBLIC_URL: empty(publicUrl) ? 'https://${names.app}.azurewebsites.net' : publicUrl
      ALERT_FORMAT: newsFormat
      OTEL_SDK_DISABLED: telemetry ? 'false' : 'true'
      LOGS_CONTAINER: logsContainer
      INSTALLATION: installed
      AZURE_SUBSCRIPTION_ID: subscription().subscriptionId
      ACI_RESOURCE_GROUP: jobsResourceGroup
      ACI_LOCATION: jobsLocation
      ACI_SUBNET_ID: vnet ? network!.outputs.groupsSubnetId : ''
      ACI_REGISTRY: registry.outputs.loginServer
      ACI_PULL_IDENTITY: identities.outputs.jobsId
      MAX_ACTIVE_RUNS: string(maxActiveRuns)
      ALLOWED_IMAGES: empty(allowedImages) ? '${registry.outputs.loginServer}/*' : allowedImages
      ALLOWED_IDENTITIES: empty(allowedIdentities) ? identities.outputs.jobsId : allowedIdentities
      ALLOWED_GROUPS: allowedGroups
      PRICE_VCPU_HOUR: priced && empty(priceVcpuHour) ? '0' : priceVcpuHour
      PRICE_GB_HOUR: priced && empty(priceGbHour) ? '0' : priceGbHour
      PRICE_SPOT_FACTOR: priceSpotFactor
    }
  }
  dependsOn: [roles, jobsRoles]
}

module signIn 'modules/sign-in.bicep' = if (!empty(signInClientId)) {
  params: {
    appName: names.app
    clientId: signInClientId
    tenantId: signInTenantId
    trustSetting: app.outputs.trustSetting
  }
}

module sample 'modules/sample.bicep' = if (withSample) {
  scope: resourceGroup(jobsResourceGroup)
  params: {
    name: names.sample
    location: jobsLocation
    tags: allTags
    image: sampleImage
    command: sampleCommand
    environmentVariables: sampleEnvironment
    job: sampleJob
    appUrl: app.outputs.url
    contextKey: contextKey
    registryLoginServer: registry.outputs.loginServer
    identityId: identities.outputs.jobsId
    subnetId: vnet ? network!.outputs.groupsSubnetId : ''
  }
}

module alerts 'modules/alerts.bicep' = {
  params: {
    groupName: names.people
    groupShortName: name
    stoppedName: names.tickStoppedAlert
    failedName: names.tickFailedAlert
    jobFailedName: names.jobFailedAlert
    throttledName: names.throttledAlert
    storageThrottledName: names.storageThrottledAlert
    location: location
    tags: allTags
    componentId: monitoring.outputs.componentId
    storageId: storage.outputs.id
    email: alertEmail
    webhook: alertWebhook
  }
}

module availability 'modules/availability.bicep' = if (availabilityTest) {
  params: {
    name: names.availability
    ruleName: names.availabilityAlert
    location: location
    tags: allTags
    componentId: monitoring.outputs.componentId
    appUrl: app.outputs.url
    groupId: alerts.outputs.groupId
  }
}

module budget 'modules/budget.bicep' = if (budgetAmount > 0) {
  params: {
    name: names.budget
    amount: budgetAmount
    start: budgetStart
    contact: empty(budgetContact) ? alertEmail : budgetContact
  }
}

module jobsBudget 'modules/budget.bicep' = if (budgetAmount > 0 && !sameGroup) {
  scope: resourceGroup(jobsResourceGroup)
  params: {
    name: names.budget
    amount: budgetAmount
    start: budgetStart
    contact: empty(budgetContact) ? alertEmail : budgetContact
  }
}

// ---- what the next commands need ------------------------------------------------------------------------------------

@description('Name of the function app: func azure functionapp publish NAME.')
output functionAppName string = names.app

@description('Address of the function app.')
output functionAppUrl string = app.outputs.url

@description('Name of the storage account that holds the tables.')
output storageAccountName string = names.storage

@description('Table that people edit.')
output jobsTable string = jobsTable

@description('Table of the runs.')
output runsTable string = runsTable

@description('Container of the logs of runs.')
output logsContainer string = logsContainer

@description('Name of the registry.')
output registryName string = names.registry

@description('Address that images are pushed to.')
output registryLoginServer string = registry.outputs.loginServer

@description('Name of the vault.')
output keyVaultName string = names.vault

@description('Address of the vault.')
output keyVaultUri string = vault.outputs.uri

@description('Resource group of the container groups.')
output jobsResourceGroupName string = jobsResourceGroup

@description('Id of the scheduler\'s identity.')
output schedulerIdentityId string = identities.outputs.schedulerId

@description('Client id of the scheduler\'s identity.')
output schedulerClientId string = identities.outputs.schedulerClientId

@description('Object id of the scheduler\'s identity: what a sign-in registration trusts.')
output schedulerPrincipalId string = identities.outputs.schedulerPrincipalId

@description('Id of the jobs\' identity.')
output jobsIdentityId string = identities.outputs.jobsId

@description('Object id of the jobs\' identity: what a store or database of yours gives roles to.')
output jobsPrincipalId string = identities.outputs.jobsPrincipalId

@description('Client id that the GitHub workflow signs in with; empty when none may deploy.')
output deploymentClientId string = identities.outputs.deploymentClientId

@description('Name of the Application Insights component.')
output applicationInsightsName string = names.component

@description('Name of the container group that stands ready; empty when there is none.')
output sampleContainerGroup string = withSample ? names.sample : ''

@description('Subnet of the container groups; empty when there is none.')
output groupsSubnetId string = vnet ? network!.outputs.groupsSubnetId : ''

@description('Whose container groups are ours: what every other runner of ticks must set as INSTALLATION.')
output installation string = installed

@description('Region of the installation.')
output location string = location
