// What the service tells Azure Monitor, and the loggers that diagnostics of an API name.

@description('Name of the API Management service.')
param serviceName string

@description('Tier of the service.')
param skuName string

@description('Name of the Log Analytics workspace.')
param workspaceName string

@description('Name of the Application Insights component.')
param applicationInsightsName string

@description('Name of the logger for Application Insights.')
param applicationInsightsLoggerName string

@description('Name of the logger for Azure Monitor.')
param azureMonitorLoggerName string

// Two categories are all that token reports read.
var llmLogCategories = [
  {
    category: 'GatewayLogs'
    enabled: true
  }
  {
    category: 'GatewayLlmLogs'
    enabled: true
  }
]

// Classic tiers have been seen without GatewayLlmLogs, and a setting that names a category which
// the tier lacks is refused. The group takes what there is.
var allLogCategories = [
  {
    categoryGroup: 'allLogs'
    enabled: true
  }
]

resource apiManagement 'Microsoft.ApiManagement/service@2024-06-01-preview' existing = {
  name: serviceName
}

resource workspace 'Microsoft.OperationalInsights/workspaces@2023-09-01' existing = {
  name: workspaceName
}

resource applicationInsights 'Microsoft.Insights/components@2020-02-02' existing = {
  name: applicationInsightsName
}

resource diagnosticSetting 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  scope: apiManagement
  name: 'log-analytics'
  properties: {
    workspaceId: workspace.id
    // Dedicated: tables of their own, such as ApiManagementGatewayLlmLog, in place of AzureDiagnostics.
    logAnalyticsDestinationType: 'Dedicated'
    logs: endsWith(skuName, 'V2') ? llmLogCategories : allLogCategories
    metrics: [
      {
        category: 'AllMetrics'
        enabled: true
      }
    ]
  }
}

// A logger that is given a credential as it stands makes a new named value of it at every
// deployment. One that refers to a named value does not.
resource connectionString 'Microsoft.ApiManagement/service/namedValues@2024-06-01-preview' = {
  parent: apiManagement
  name: 'application-insights-connection-string'
  properties: {
    displayName: 'application-insights-connection-string'
    value: applicationInsights.properties.ConnectionString
    secret: true
  }
}

resource applicationInsightsLogger 'Microsoft.ApiManagement/service/loggers@2024-06-01-preview' = {
  parent: apiManagement
  name: applicationInsightsLoggerName
  properties: {
    loggerType: 'applicationInsights'
    description: 'Requests and token metrics.'
    resourceId: applicationInsights.id
    credentials: {
      connectionString: '{{${connectionString.name}}}'
    }
    isBuffered: true
  }
}

resource azureMonitorLogger 'Microsoft.ApiManagement/service/loggers@2024-06-01-preview' = {
  parent: apiManagement
  name: azureMonitorLoggerName
  properties: {
    loggerType: 'azureMonitor'
    description: 'Gateway and LLM logs.'
    isBuffered: true
  }
}
