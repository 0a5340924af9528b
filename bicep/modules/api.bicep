// Azure OpenAI as an API of the gateway: backend, operations, policy, diagnostics.

@description('Name of the API Management service.')
param serviceName string

@description('Name of the Azure OpenAI account.')
param accountName string

@description('Name of the backend, which the policy refers to as `backend-id`.')
param backendName string

@description('Name of the API.')
param apiName string

@description('Path of the API below the gateway\'s address.')
param apiPath string

@description('Tokens per minute for each subscription: the named value `tpm`.')
@minValue(1)
param tpm int

@description('Policy of the API, as XML with expressions left as they are.')
param policyXml string

@description('Name of the logger for Application Insights.')
param applicationInsightsLoggerName string

@description('Name of the logger for Azure Monitor.')
param azureMonitorLoggerName string

@description('Log prompts and answers too.')
param logMessages bool

var deploymentIdParameter = {
  name: 'deployment-id'
  description: 'Name of the model deployment.'
  type: 'string'
  required: true
}

var operations = [
  {
    name: 'chat-completions'
    displayName: 'Create a chat completion'
    urlTemplate: '/deployments/{deployment-id}/chat/completions'
    templateParameters: [
      deploymentIdParameter
    ]
  }
  {
    name: 'embeddings'
    displayName: 'Create embeddings'
    urlTemplate: '/deployments/{deployment-id}/embeddings'
    templateParameters: [
      deploymentIdParameter
    ]
  }
  {
    // The deployment is in the body here.
    name: 'responses'
    displayName: 'Create a response'
    urlTemplate: '/responses'
    templateParameters: []
  }
]

var nothingButTheLine = {
  headers: []
  body: {
    bytes: 0
  }
}

var messageLog = {
  messages: 'all'
  maxSizeInBytes: 262144
}

var tokensOnly = {
  logs: 'enabled'
}

var tokensAndMessages = {
  logs: 'enabled'
  requests: messageLog
  responses: messageLog
}

resource apiManagement 'Microsoft.ApiManagement/service@2024-06-01-preview' existing = {
  name: serviceName
}

resource applicationInsightsLogger 'Microsoft.ApiManagement/service/loggers@2024-06-01-preview' existing = {
  parent: apiManagement
  name: applicationInsightsLoggerName
}

resource azureMonitorLogger 'Microsoft.ApiManagement/service/loggers@2024-06-01-preview' existing = {
  parent: apiManagement
  name: azureMonitorLoggerName
}

resource account 'Microsoft.CognitiveServices/accounts@2024-10-01' existing = {
  name: accountName
}

resource tpmNamedValue 'Microsoft.ApiManagement/service/namedValues@2024-06-01-preview' = {
  parent: apiManagement
  name: 'tpm'
  properties: {
    displayName: 'tpm'
    value: string(tpm)
    secret: false
  }
}

resource backend 'Microsoft.ApiManagement/service/backends@2024-06-01-preview' = {
  parent: apiManagement
  name: backendName
  properties: {
    description: 'The Azure OpenAI account, called with the gateway\'s identity.'
    protocol: 'http'
    // The endpoint ends with a slash.
    url: '${account.properties.endpoint}openai'
    credentials: {
      // The service takes it, the published type does not list it.
      #disable-next-line BCP037
      managedIdentity: {
        resource: 'https://cognitiveservices.azure.com'
      }
    }
    circuitBreaker: {
      rules: [
        {
          // Faults of the server only. Were 429 to trip it, every caller would get 503 from the only
          // backend there is, and a report could not tell the model's limit from the policy's.
          name: 'server-faults'
          failureCondition: {
            count: 5
            interval: 'PT1M'
            errorReasons: [
              'BackendConnectionFailure'
              'Timeout'
            ]
            statusCodeRanges: [
              {
                min: 500
                max: 599
              }
            ]
          }
          tripDuration: 'PT30S'
          acceptRetryAfter: true
        }
      ]
    }
    tls: {
      validateCertificateChain: true
      validateCertificateName: true
    }
  }
}

// No serviceUrl: the policy names the backend, and a second address would only mislead.
resource api 'Microsoft.ApiManagement/service/apis@2024-06-01-preview' = {
  parent: apiManagement
  name: apiName
  properties: {
    displayName: 'Azure OpenAI'
    description: 'Azure OpenAI behind a token limit for each subscription.'
    type: 'http'
    path: apiPath
    protocols: [
      'https'
    ]
    subscriptionRequired: true
    // Clients of Azure OpenAI send their key by this name.
    subscriptionKeyParameterNames: {
      header: 'api-key'
      query: 'api-key'
    }
  }
}

// One after another: the service answers 409 to concurrent changes of one API.
@batchSize(1)
resource apiOperations 'Microsoft.ApiManagement/service/apis/operations@2024-06-01-preview' = [for operation in operations: {
  parent: api
  name: operation.name
  properties: {
    displayName: operation.displayName
    method: 'POST'
    urlTemplate: operation.urlTemplate
    templateParameters: operation.templateParameters
  }
}]

// rawxml, because expressions hold quotes and angle brackets.
resource apiPolicy 'Microsoft.ApiManagement/service/apis/policies@2024-06-01-preview' = {
  parent: api
  name: 'policy'
  properties: {
    format: 'rawxml'
    value: policyXml
  }
  // The text names all three, and the service looks each of them up.
  dependsOn: [
    tpmNamedValue
    backend
    apiOperations
  ]
}

resource applicationInsightsDiagnostic 'Microsoft.ApiManagement/service/apis/diagnostics@2024-06-01-preview' = {
  parent: api
  name: 'applicationinsights'
  properties: {
    loggerId: applicationInsightsLogger.id
    // The policy's token metrics go nowhere without it.
    metrics: true
    alwaysLog: 'allErrors'
    httpCorrelationProtocol: 'W3C'
    logClientIp: true
    verbosity: 'information'
    sampling: {
      samplingType: 'fixed'
      percentage: 100
    }
    frontend: {
      request: nothingButTheLine
      response: nothingButTheLine
    }
    backend: {
      request: nothingButTheLine
      response: nothingButTheLine
    }
  }
}

resource azureMonitorDiagnostic 'Microsoft.ApiManagement/service/apis/diagnostics@2024-06-01-preview' = {
  parent: api
  name: 'azuremonitor'
  properties: {
    loggerId: azureMonitorLogger.id
    alwaysLog: 'allErrors'
    logClientIp: true
    verbosity: 'information'
    sampling: {
      samplingType: 'fixed'
      percentage: 100
    }
    frontend: {
      request: nothingButTheLine
      response: nothingButTheLine
    }
    backend: {
      request: nothingButTheLine
      response: nothingButTheLine
    }
    largeLanguageModel: logMessages ? tokensAndMessages : tokensOnly
  }
}
