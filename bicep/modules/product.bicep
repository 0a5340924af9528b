// The product that opens the API, and one subscription for each name.

@description('Name of the API Management service.')
param serviceName string

@description('Name of the API in the product.')
param apiName string

@description('Name of the product.')
param productName string

@description('Names of the subscriptions.')
@minLength(1)
param subscriptionNames array

resource apiManagement 'Microsoft.ApiManagement/service@2024-06-01-preview' existing = {
  name: serviceName
}

resource product 'Microsoft.ApiManagement/service/products@2024-06-01-preview' = {
  parent: apiManagement
  name: productName
  properties: {
    displayName: 'Azure OpenAI'
    description: 'Azure OpenAI within a limit of tokens per minute.'
    subscriptionRequired: true
    approvalRequired: false
    state: 'published'
  }
}

resource productApi 'Microsoft.ApiManagement/service/products/apis@2024-06-01-preview' = {
  parent: product
  name: apiName
}

// Without keys of their own in the template, new subscriptions get generated ones and old
// subscriptions keep theirs.
@batchSize(1)
resource subscriptions 'Microsoft.ApiManagement/service/subscriptions@2024-06-01-preview' = [for subscriptionName in subscriptionNames: {
  parent: apiManagement
  name: subscriptionName
  properties: {
    displayName: subscriptionName
    scope: product.id
    state: 'active'
    allowTracing: false
  }
}]
