// Where measurements end up: a Log Analytics workspace, and Application Insights upon it.

@description('Region of both.')
param location string

@description('Tags of both.')
param tags object

@description('Name of the Log Analytics workspace.')
param workspaceName string

@description('Days that the workspace keeps data.')
@minValue(30)
@maxValue(730)
param retentionInDays int

@description('Name of the Application Insights component.')
param applicationInsightsName string

resource workspace 'Microsoft.OperationalInsights/workspaces@2023-09-01' = {
  name: workspaceName
  location: location
  tags: tags
  properties: {
    sku: {
      name: 'PerGB2018'
    }
    retentionInDays: retentionInDays
  }
}

resource applicationInsights 'Microsoft.Insights/components@2020-02-02' = {
  name: applicationInsightsName
  location: location
  tags: tags
  kind: 'web'
  properties: {
    Application_Type: 'web'
    IngestionMode: 'LogAnalytics'
    WorkspaceResourceId: workspace.id
    // Without it the token metrics arrive, but cannot be split by subscription.
    #disable-next-line BCP037
    CustomMetricsOptedInType: 'WithDimensions'
  }
}

@description('Id by which queries address the workspace.')
output workspaceCustomerId string = workspace.properties.customerId

@description('Resource id of the Application Insights component.')
output applicationInsightsId string = applicationInsights.id
