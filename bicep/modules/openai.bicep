// The model: an Azure OpenAI account that takes no keys, and one deployment.

@description('Region of the account.')
param location string

@description('Tags of the account.')
param tags object

@description('Name of the account, and of its subdomain.')
param accountName string

@description('Bring back a soft-deleted account of this name.')
param restore bool

@description('Name of the model deployment.')
param deploymentName string

@description('Model behind the deployment.')
param modelName string

@description('Version of that model.')
param modelVersion string

@description('Type of the deployment.')
param modelSku string

@description('Capacity of the deployment in thousands of tokens per minute.')
@minValue(1)
param modelCapacity int

resource account 'Microsoft.CognitiveServices/accounts@2024-10-01' = {
  name: accountName
  location: location
  tags: tags
  kind: 'OpenAI'
  sku: {
    name: 'S0'
  }
  properties: {
    // Sign-in by identity works only on an address of the account's own.
    customSubDomainName: toLower(accountName)
    // The gateway comes with its identity, and nobody else should pass it by.
    disableLocalAuth: true
    publicNetworkAccess: 'Enabled'
    restore: restore ? true : null
  }
}

resource deployment 'Microsoft.CognitiveServices/accounts/deployments@2024-10-01' = {
  parent: account
  name: deploymentName
  sku: {
    name: modelSku
    capacity: modelCapacity
  }
  properties: {
    model: {
      format: 'OpenAI'
      name: modelName
      version: modelVersion
    }
    // The same model from run to run, until Azure retires it.
    versionUpgradeOption: 'OnceCurrentVersionExpired'
  }
}

@description('Resource id of the account.')
output id string = account.id

@description('Address of the account.')
output endpoint string = account.properties.endpoint
