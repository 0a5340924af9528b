// The API Management service with an identity of its own.

@description('Region of the service.')
param location string

@description('Tags of the service.')
param tags object

@description('Name of the service.')
param serviceName string

@description('Tier of the service.')
param skuName string

@description('Scale units of the service.')
@minValue(1)
param skuCapacity int

@description('Where the service sends its notices.')
param publisherEmail string

@description('Organisation named in those notices.')
param publisherName string

@description('Bring back a soft-deleted service of this name. All other properties are ignored then.')
param restore bool

resource apiManagement 'Microsoft.ApiManagement/service@2024-06-01-preview' = {
  name: serviceName
  location: location
  tags: tags
  sku: {
    name: skuName
    capacity: skuCapacity
  }
  identity: {
    type: 'SystemAssigned'
  }
  properties: {
    publisherEmail: publisherEmail
    publisherName: publisherName
    restore: restore ? true : null
  }
}

@description('Resource id of the service.')
output id string = apiManagement.id

@description('Principal of its system-assigned identity.')
output principalId string = apiManagement.identity.principalId

@description('Base address of its gateway.')
output gatewayUrl string = apiManagement.properties.gatewayUrl
