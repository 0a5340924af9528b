// An Event Hub for a policy's own records, and the logger that writes to it with the gateway's
// identity.

@description('Region of the namespace.')
param location string

@description('Tags of the namespace.')
param tags object

@description('Name of the Event Hubs namespace.')
param namespaceName string

@description('Name of the Event Hub.')
param eventHubName string

@description('Name of the API Management service.')
param serviceName string

@description('Name of the logger, which `log-to-eventhub` refers to as `logger-id`.')
param loggerName string

@description('Principal of the gateway\'s system-assigned identity.')
param principalId string

// Azure Event Hubs Data Sender: write events, and nothing else.
var dataSenderRoleId = subscriptionResourceId('Microsoft.Authorization/roleDefinitions', '2b629674-e913-4c01-ae53-ef4638d8f975')

resource apiManagement 'Microsoft.ApiManagement/service@2024-06-01-preview' existing = {
  name: serviceName
}

resource eventHubNamespace 'Microsoft.EventHub/namespaces@2024-01-01' = {
  name: namespaceName
  location: location
  tags: tags
  sku: {
    name: 'Standard'
    tier: 'Standard'
    capacity: 1
  }
  properties: {
    disableLocalAuth: true
    minimumTlsVersion: '1.2'
    publicNetworkAccess: 'Enabled'
  }
}

resource eventHub 'Microsoft.EventHub/namespaces/eventhubs@2024-01-01' = {
  parent: eventHubNamespace
  name: eventHubName
  properties: {
    messageRetentionInDays: 1
    partitionCount: 2
  }
}

resource dataSender 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: eventHub
  name: guid(eventHub.id, principalId, dataSenderRoleId)
  properties: {
    roleDefinitionId: dataSenderRoleId
    principalId: principalId
    principalType: 'ServicePrincipal'
  }
}

resource eventHubLogger 'Microsoft.ApiManagement/service/loggers@2024-06-01-preview' = {
  parent: apiManagement
  name: loggerName
  properties: {
    loggerType: 'azureEventHub'
    description: 'Records that a policy writes.'
    resourceId: eventHub.id
    credentials: {
      // From https://name.servicebus.windows.net:443/, since other clouds have other suffixes.
      endpointAddress: replace(replace(eventHubNamespace.properties.serviceBusEndpoint, 'https://', ''), ':443/', '')
      identityClientId: 'systemAssigned'
      name: eventHub.name
    }
    isBuffered: true
  }
  dependsOn: [
    dataSender
  ]
}
