// Lets the gateway's identity call the models of the account.

@description('Name of the Azure OpenAI account.')
param accountName string

@description('Principal of the gateway\'s system-assigned identity.')
param principalId string

// Cognitive Services OpenAI User: call models, but see no keys and change no deployments.
var openAiUserRoleId = subscriptionResourceId('Microsoft.Authorization/roleDefinitions', '5e0bd9bd-7b93-4f28-af87-19fc36ad61bd')

resource account 'Microsoft.CognitiveServices/accounts@2024-10-01' existing = {
  name: accountName
}

resource openAiUser 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: account
  // The principal is in the name because an assignment cannot be moved to another one: a gateway
  // that was made anew needs a new assignment.
  name: guid(account.id, principalId, openAiUserRoleId)
  properties: {
    roleDefinitionId: openAiUserRoleId
    principalId: principalId
    // Named, so that Azure does not look up an identity that has not yet spread.
    principalType: 'ServicePrincipal'
  }
}
