// A token-limited AI gateway: API Management in front of Azure OpenAI, and all that is needed to
// measure it. Scope: a resource group.
//
// Names come from the resource group's id, so a second deployment meets the same resources.
// Modules find each other's resources by name (`existing`) and not through outputs, where they can:
// what-if resolves names ahead of a deployment, but not outputs of one that has not run.

@description('Region of everything except Azure OpenAI.')
param location string = resourceGroup().location

@description('Region of the Azure OpenAI account. It may differ, for model quota is counted by region.')
param openAiLocation string = location

@description('First part of every resource name: letters, digits and hyphens, beginning with a letter.')
@minLength(2)
@maxLength(20)
param namePrefix string = 'apimon'

@description('Tags of every resource that takes tags.')
param tags object = {
  application: 'apimon'
}

@description('Name of the API Management service. It is part of a host name: unique in all of Azure.')
@minLength(1)
@maxLength(50)
param apiManagementName string = '${toLower(namePrefix)}-apim-${uniqueString(resourceGroup().id)}'

@description('Tier of API Management. Consumption is missing, since it has no token limit policy.')
@allowed([
  'BasicV2'
  'StandardV2'
  'Developer'
  'Basic'
  'Standard'
  'Premium'
])
param apiManagementSku string = 'BasicV2'

@description('Scale units of API Management. Developer has one only.')
@minValue(1)
@maxValue(10)
param apiManagementCapacity int = 1

@description('Where API Management sends its notices, certificate expiry among them. The default reaches nobody.')
@minLength(3)
@maxLength(100)
param publisherEmail string = 'noreply@example.com'

@description('Organisation named in those notices and on the developer portal.')
@minLength(1)
@maxLength(100)
param publisherName string = 'apimon'

@description('Bring back a soft-deleted API Management service of this name. Azure ignores all other properties then: deploy again without it afterwards.')
param restoreApiManagement bool = false

@description('Name of the Azure OpenAI account, and of its subdomain: unique in all of Azure.')
@minLength(2)
@maxLength(64)
param openAiName string = '${toLower(namePrefix)}-openai-${uniqueString(resourceGroup().id)}'

@description('Bring back a soft-deleted Azure OpenAI account of this name.')
param restoreOpenAi bool = false

@description('Name of the model deployment, the `{deployment-id}` of a request path.')
@minLength(2)
@maxLength(64)
param deploymentName string = 'gpt-4o-mini'

@description('Model behind the deployment.')
param modelName string = 'gpt-4o-mini'

@description('Version of that model.')
param modelVersion string = '2024-07-18'

@description('Type of the model deployment: where requests are processed, and which quota they count against.')
@allowed([
  'GlobalStandard'
  'DataZoneStandard'
  'Standard'
])
param modelSku string = 'GlobalStandard'

@description('Capacity of the model deployment in thousands of tokens per minute. Keep it above what the gateway admits, or 429 comes from the model and not from the policy.')
@minValue(1)
param modelCapacity int = 50

@description('Tokens per minute that the gateway admits for each subscription: the named value `tpm`.')
@minValue(1)
param tpm int = 500

@description('Names of the subscriptions, one key pair each. The defaults are those that the scenarios use.')
@minLength(1)
@maxLength(100)
param subscriptionNames array = [
  'demo'
  'loud'
  'quiet'
]

@description('Days that Log Analytics keeps data.')
@minValue(30)
@maxValue(730)
param logRetentionInDays int = 30

@description('Log prompts and answers too, and not token counts only. They may hold personal data.')
param logMessages bool = false

@description('Add an Event Hub, and a logger `event-hub` that a `log-to-eventhub` policy can name.')
param deployEventHub bool = false

var suffix = uniqueString(resourceGroup().id)
var workspaceName = '${toLower(namePrefix)}-logs-${suffix}'
var applicationInsightsName = '${toLower(namePrefix)}-insights-${suffix}'
var eventHubNamespaceName = '${toLower(namePrefix)}-events-${suffix}'

var apiName = 'azure-openai'
var apiPath = 'openai'
var backendName = 'azure-openai'
var productName = 'azure-openai'
var applicationInsightsLoggerName = 'application-insights'
// The name of the service's built-in logger: the deployment takes that one over where it exists.
var azureMonitorLoggerName = 'azuremonitor'

module monitoring 'modules/monitoring.bicep' = {
  name: 'apimon-monitoring'
  params: {
    location: location
    tags: tags
    workspaceName: workspaceName
    retentionInDays: logRetentionInDays
    applicationInsightsName: applicationInsightsName
  }
}

module openAi 'modules/openai.bicep' = {
  name: 'apimon-openai'
  params: {
    location: openAiLocation
    tags: tags
    accountName: openAiName
    restore: restoreOpenAi
    deploymentName: deploymentName
    modelName: modelName
    modelVersion: modelVersion
    modelSku: modelSku
    modelCapacity: modelCapacity
  }
}

module apiManagement 'modules/api-management.bicep' = {
  name: 'apimon-api-management'
  params: {
    location: location
    tags: tags
    serviceName: apiManagementName
    skuName: apiManagementSku
    skuCapacity: apiManagementCapacity
    publisherEmail: publisherEmail
    publisherName: publisherName
    restore: restoreApiManagement
  }
}

module openAiAccess 'modules/openai-access.bicep' = {
  name: 'apimon-openai-access'
  params: {
    accountName: openAiName
    principalId: apiManagement.outputs.principalId
  }
  dependsOn: [
    openAi
  ]
}

module telemetry 'modules/telemetry.bicep' = {
  name: 'apimon-telemetry'
  params: {
    serviceName: apiManagementName
    skuName: apiManagementSku
    workspaceName: workspaceName
    applicationInsightsName: applicationInsightsName
    applicationInsightsLoggerName: applicationInsightsLoggerName
    azureMonitorLoggerName: azureMonitorLoggerName
  }
  dependsOn: [
    apiManagement
    monitoring
  ]
}

module api 'modules/api.bicep' = {
  name: 'apimon-api'
  params: {
    serviceName: apiManagementName
    accountName: openAiName
    backendName: backendName
    apiName: apiName
    apiPath: apiPath
    tpm: tpm
    policyXml: loadTextContent('../policies/token-limit.xml')
    applicationInsightsLoggerName: applicationInsightsLoggerName
    azureMonitorLoggerName: azureMonitorLoggerName
    logMessages: logMessages
  }
  dependsOn: [
    openAi
    telemetry
  ]
}

module product 'modules/product.bicep' = {
  name: 'apimon-product'
  params: {
    serviceName: apiManagementName
    apiName: apiName
    productName: productName
    subscriptionNames: subscriptionNames
  }
  dependsOn: [
    api
  ]
}

module eventHub 'modules/event-hub.bicep' = if (deployEventHub) {
  name: 'apimon-event-hub'
  params: {
    location: location
    tags: tags
    namespaceName: eventHubNamespaceName
    eventHubName: 'llm-usage'
    serviceName: apiManagementName
    loggerName: 'event-hub'
    principalId: apiManagement.outputs.principalId
  }
}

// No keys here: outputs stay readable in the deployment history.

@description('Name of the API Management service.')
output apiManagementName string = apiManagementName

@description('Resource id of the API Management service, where its metrics are read.')
output apiManagementId string = apiManagement.outputs.id

@description('Base address of the gateway.')
output gatewayUrl string = apiManagement.outputs.gatewayUrl

@description('Address of the API, which clients of Azure OpenAI extend with `/deployments/...`.')
output apiUrl string = '${apiManagement.outputs.gatewayUrl}/${apiPath}'

@description('Name of the API, the scope of the policy.')
output apiName string = apiName

@description('Name of the product, the scope of the subscriptions.')
output productName string = productName

@description('Names of the subscriptions whose keys open the API.')
output subscriptionNames array = subscriptionNames

@description('Tokens per minute that each of them has.')
output tpm int = tpm

@description('Name of the Azure OpenAI account.')
output openAiName string = openAiName

@description('Resource id of the Azure OpenAI account, where its metrics are read.')
output openAiId string = openAi.outputs.id

@description('Address of the Azure OpenAI account.')
output openAiEndpoint string = openAi.outputs.endpoint

@description('Name of the model deployment.')
output deploymentName string = deploymentName

@description('Name of the Log Analytics workspace.')
output workspaceName string = workspaceName

@description('Id by which queries address the workspace.')
output workspaceCustomerId string = monitoring.outputs.workspaceCustomerId

@description('Name of the Application Insights component.')
output applicationInsightsName string = applicationInsightsName

@description('Resource id of the Application Insights component, where token metrics are read.')
output applicationInsightsId string = monitoring.outputs.applicationInsightsId

@description('Name of the Event Hubs namespace; empty without one.')
output eventHubNamespaceName string = deployEventHub ? eventHubNamespaceName : ''
