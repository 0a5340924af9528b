//! The `context` object.

use super::{check, check_in, run, sample};
use crate::policy::expression::tests::bare;
use crate::policy::expression::{Expression, Value};

#[test]
fn paths_of_a_request() {
    check(
        r#"
        context.Subscription.Id => sub-1
        context.Subscription.Name => Team blue
        context.Subscription.Key => k3y
        context.Subscription?.Id ?? "none" => sub-1
        context.Product.Id + "/" + context.Product.Name => gold/Gold
        context.Product?.Name => Gold
        context.User.Email => a@example
        context.User.FirstName + " " + context.User.LastName => Ann Lee
        context.Api.Id => openai-api
        context.Api.Name => OpenAI
        context.Api.Path => openai
        context.Api.Revision => 1
        context.Api.Version => ''
        context.Api.ServiceUrl.Host => backend.example
        context.Api.ServiceUrl.Port => 8443
        context.Api.ServiceUrl => https://backend.example:8443/v1
        context.Operation.Id => chat
        context.Operation.Method => POST
        context.Operation.UrlTemplate => /deployments/{deployment-id}/chat/completions
        context.Deployment.ServiceName => apim-1
        context.Deployment.Region.ToLower().Replace(" ", "") => swedencentral
        context.Deployment.GatewayId => managed
        context.RequestId => 0f8fad5b-d9cb-469f-a165-70867728950e
        context.RequestId.ToString("N") => 0f8fad5bd9cb469fa16570867728950e
        context.Timestamp => 02/04/2026 13:38:27
        context.Timestamp.ToString("o") => 2026-02-04T13:38:27.0000000Z
        context.Elapsed.TotalMilliseconds => 1500
        context.Tracing => False
        context.Request.Method => POST
        context.Request.IpAddress => 203.0.113.7
        context.Request.Url => https://gateway.example/openai/deployments/mini/chat/completions?api-version=2024-10-21&tag=a%20b&tag=c
        context.Request.Url.Path => /openai/deployments/mini/chat/completions
        context.Request.Url.Scheme + "://" + context.Request.Url.Host => https://gateway.example
        context.Request.OriginalUrl.Host => api.example
        context.Request.OriginalUrl.Port => 8080
        context.Request.OriginalUrl.ToString().Contains(":8080/") => True
        context.Request.OriginalUrl.QueryString => ?api-version=2024-10-21&tag=a%20b&tag=c
        context.Response.StatusCode => 429
        context.Response.StatusReason => Too Many Requests
        context.Response.StatusCode == 429 && context.LastError.Source == "llm-token-limit" => True
        context.LastError.Reason => OpenAITokenLimitExceeded
        context.LastError.Message => Token limit is exceeded. Try again in 12 seconds.
        context.LastError.Scope + "|" + context.LastError.Section + "|" + context.LastError.Path => api|inbound|choose[1]/when[1]
        context.LastError.PolicyId == null => True
        context.Product.Groups => ! NotSupportedHere: `IProduct.Groups` is not supported here
        context.Subscription => ISubscription
        "#,
    );
}

#[test]
fn what_is_not_there_is_null() {
    check_in(
        r#"
        context.Subscription.Id => ! NullReferenceException: Object reference not set
        context.Subscription?.Id => ''
        context.Subscription?.Id ?? "anonymous" => anonymous
        context.Product == null => True
        context.Product != null ? context.Product.Name : "none" => none
        context.User?.Email?.ToLower()?.Length => ''
        context.Response?.StatusCode => ''
        context.Response.StatusCode => ! NullReferenceException
        context.LastError == null => True
        context.Request.Body == null => True
        context.Request.Body?.As<string>() ?? "no body" => no body
        context.Request.Body.As<string>() => ! NullReferenceException
        context.Api.ServiceUrl == null => True
        "#,
        bare,
    );
}

#[test]
fn dictionaries_of_context() {
    check(
        r#"
        context.Variables["count"] => 3
        context.Variables["none"] => ! KeyNotFoundException: The given key 'none' was not present in the dictionary.
        (int)context.Variables["count"] + 1 => 4
        (long)context.Variables["count"] => ! InvalidCastException: Unable to cast object of type 'System.Int32' to type 'System.Int64'.
        (int)context.Variables["big"] => ! InvalidCastException
        (string)context.Variables["name"] == "alice" => True
        (string)context.Variables["count"] => ! InvalidCastException
        (string)context.Variables["body"] => ! InvalidCastException: 'Newtonsoft.Json.Linq.JObject'
        (bool)context.Variables["flag"] => True
        (bool)context.Variables["nothing"] => ! NullReferenceException
        (string)context.Variables["nothing"] == null => True
        ((JObject)context.Variables["body"])["b"]["c"] => d
        context.Variables.ContainsKey("name") => True
        context.Variables.ContainsKey("Name") => False
        context.Variables.GetValueOrDefault<int>("count") => 3
        context.Variables.GetValueOrDefault<int>("none") => 0
        context.Variables.GetValueOrDefault<int>("none", 9) => 9
        context.Variables.GetValueOrDefault<int>("none", defaultValue: 9) => 9
        context.Variables.GetValueOrDefault<long>("count") => ! InvalidCastException
        context.Variables.GetValueOrDefault<string>("name", "bob") => alice
        context.Variables.GetValueOrDefault<string>("count", "") => ! InvalidCastException
        context.Variables.GetValueOrDefault<string>("nothing", "dflt") => dflt
        context.Variables.GetValueOrDefault<bool>("none") => False
        context.Variables.GetValueOrDefault<JObject>("body")["a"][1] => 2
        context.Variables.GetValueOrDefault("name", "") => alice
        context.Variables.GetValueOrDefault("none", "x") => x
        context.Variables.GetValueOrDefault<int>("count") > 2 ? "many" : "few" => many
        context.Variables["name"] == "bob" => False
        context.Variables["name"] == "alice" => ! CompileError: by reference
        context.Variables["name"].Equals("alice") => True
        context.Variables["name"] != null => True
        context.Variables["name"].ToString().ToUpper() => ALICE
        context.Variables[null] => ! CompileError
        context.Request.Headers.GetValueOrDefault("x-tag", "") => one,two
        context.Request.Headers.GetValueOrDefault("X-TAG") => one,two
        context.Request.Headers.GetValueOrDefault("none") == null => True
        context.Request.Headers.GetValueOrDefault("none", "dflt") => dflt
        context.Request.Headers.GetValueOrDefault("Authorization", "").Split(' ').Last() => abc
        context.Request.Headers["X-Tag"] => System.String[]
        context.Request.Headers["X-Tag"][1] => two
        context.Request.Headers["X-Tag"].First() => one
        context.Request.Headers["none"] => ! KeyNotFoundException
        context.Request.Headers.ContainsKey("CONTENT-type") => True
        context.Request.Headers.Count => 3
        string.Join("|", context.Request.Headers.Select(h => h.Key)) => Content-Type|X-Tag|Authorization
        context.Request.Headers.Any(h => h.Key == "X-Tag" && h.Value.Length == 2) => True
        context.Request.Url.Query.GetValueOrDefault("api-version", "") => 2024-10-21
        context.Request.Url.Query.GetValueOrDefault("tag", "") => a b,c
        context.Request.Url.Query.GetValueOrDefault("none", "x") => x
        context.Request.Url.Query["tag"][0] => a b
        context.Request.Url.Query.ContainsKey("API-Version") => True
        context.Request.MatchedParameters["deployment-id"] => mini
        context.Request.MatchedParameters["none"] => ! KeyNotFoundException
        context.Request.MatchedParameters.ContainsKey("deployment-id") => True
        context.Request.MatchedParameters.GetValueOrDefault("none", "d") => d
        context.Response.Headers.GetValueOrDefault("retry-after", "0") => 12
        int.Parse(context.Response.Headers.GetValueOrDefault("retry-after", "0")) + 1 => 13
        ((IResponse)context.Variables["answer"]).StatusCode => 200
        ((IResponse)context.Variables["answer"]).Body.As<JObject>()["access_token"] => t0k
        (string)((IResponse)context.Variables["answer"]).Body.As<JObject>(preserveContent: true)["access_token"] => t0k
        ((IResponse)context.Variables["name"]).StatusCode => ! InvalidCastException: 'IResponse'
        @{ string v; return context.Request.MatchedParameters.TryGetValue("deployment-id", out v) ? v : "?"; } => mini
        @{ context.Variables["x"] = 1; return ""; } => ! CompileError: read-only
        "#,
    );
}

#[test]
fn a_body_is_read_once_unless_it_is_kept() {
    let mut context = sample();
    let kept = run(
        "@(context.Request.Body.As<JObject>(preserveContent: true)[\"model\"])",
        &mut context,
    )
    .unwrap();
    assert_eq!(kept.to_text(), "gpt-4o-mini");
    assert!(context.request.body.is_some());
    let twice = "@(context.Request.Body.As<string>(true).Length + context.Request.Body.As<string>().Length)";
    assert_eq!(
        run(twice, &mut context).unwrap().as_i64(),
        Some(2 * i64::try_from(super::BODY.len()).unwrap())
    );
    assert!(context.request.body.is_none());
    assert_eq!(
        run("@(context.Request.Body == null)", &mut context).unwrap(),
        Value::Bool(true)
    );
    let outcome = run(
        "@((string)context.Response.Body.As<JObject>()[\"usage\"][\"total_tokens\"])",
        &mut context,
    );
    assert_eq!(outcome.unwrap().to_text(), "95");
    assert!(context.response.unwrap().body.is_none());
}

#[test]
fn a_stored_response_is_consumed_too() {
    let mut context = sample();
    let read = "@(((IResponse)context.Variables[\"answer\"]).Body.As<string>())";
    assert!(run(read, &mut context).unwrap().to_text().contains("t0k"));
    assert_eq!(
        run(read, &mut context).unwrap_err().exception,
        "NullReferenceException"
    );
}

#[test]
fn a_body_of_the_wrong_kind_is_a_fault() {
    check(
        r"
        context.Request.Body.As<JArray>() => ! JsonReaderException: not an array
        context.Request.Body.As<JToken>().Type == JTokenType.Object => True
        context.Request.Body.As<byte[]>().Length > 100 => True
        context.Request.Body.As<XElement>() => ! NotSupportedHere
        ",
    );
    let mut context = sample();
    context.request.body = Some("{ broken".into());
    let fault = run("@(context.Request.Body.As<JObject>())", &mut context).unwrap_err();
    assert_eq!(fault.exception, "JsonReaderException");
    assert!(
        context.request.body.is_some(),
        "a body that could not be read is still there"
    );
}

#[test]
fn trace_leaves_messages_in_the_context() {
    let mut context = sample();
    run(
        "@{ context.Trace(\"a\" + 1); context.Trace(message: \"b\"); return true; }",
        &mut context,
    )
    .unwrap();
    let messages = context.traces.iter().map(|trace| trace.message.as_str());
    assert_eq!(messages.collect::<Vec<_>>(), ["a1", "b"]);
}

#[test]
fn a_url_keeps_its_text_when_the_request_moves_on() {
    let mut context = sample();
    let value = run("@(context.Request.Url)", &mut context).unwrap();
    context.request.url.host = "elsewhere.example".to_owned();
    assert!(value.to_text().starts_with("https://gateway.example/"));
}

#[test]
fn a_response_keeps_its_state_when_another_takes_its_place() {
    let mut context = sample();
    let value = run("@(context.Response)", &mut context).unwrap();
    context.response = None;
    assert_eq!(
        value.as_response().map(|response| response.status),
        Some(429)
    );
    context.variables.insert("kept".to_owned(), value);
    let status = run(
        "@(((IResponse)context.Variables[\"kept\"]).StatusCode)",
        &mut context,
    );
    assert_eq!(status.unwrap().as_i64(), Some(429));
}

#[test]
fn a_fault_names_the_part_that_failed() {
    let text = "@(\"a\" + context.Variables[\"none\"].ToString())";
    let fault = run(text, &mut sample()).unwrap_err();
    assert_eq!(
        &text[fault.span.start..fault.span.end],
        "context.Variables[\"none\"]"
    );
    assert_eq!(
        fault.to_string(),
        "The given key 'none' was not present in the dictionary."
    );
}

#[test]
fn threads_can_share_expressions_and_hand_over_values() {
    fn shared<T: Send + Sync>() {}
    shared::<Expression>();
    shared::<Value>();
}

#[test]
fn expressions_are_equal_by_text_and_cheap_to_clone() {
    let one = Expression::parse("@(1)").unwrap();
    assert_eq!(one, one.clone());
    assert_ne!(one, Expression::parse("@(1 )").unwrap());
    assert_eq!(one.text(), "@(1)");
}
