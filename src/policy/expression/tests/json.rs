//! JSON as Newtonsoft has it.

use super::check;

#[test]
fn reading_values() {
    check(
        r#"
        context.Request.Body.As<JObject>()["model"] => gpt-4o-mini
        (string)context.Request.Body.As<JObject>()["model"] == "gpt-4o-mini" => True
        (int)context.Request.Body.As<JObject>()["max_tokens"] * 2 => 100
        (string)context.Request.Body.As<JObject>()["max_tokens"] => 50
        (string)context.Request.Body.As<JObject>()["stream"] => False
        (bool)context.Request.Body.As<JObject>()["stream"] => False
        (double)context.Request.Body.As<JObject>()["temperature"] => 0.5
        (int)context.Request.Body.As<JObject>()["temperature"] => 0
        (int)context.Request.Body.As<JObject>()["model"] => ! FormatException
        (string)context.Request.Body.As<JObject>()["tags"] => ! ArgumentException: Can not convert Object to String.
        (int)context.Request.Body.As<JObject>()["user"] => ! ArgumentException: Can not convert Null to Int32.
        (int?)context.Request.Body.As<JObject>()["user"] ?? 8 => 8
        (int)context.Request.Body.As<JObject>()["none"] => ! ArgumentNullException
        (int?)context.Request.Body.As<JObject>()["none"] => ''
        (string)context.Request.Body.As<JObject>()["none"] ?? "dflt" => dflt
        context.Request.Body.As<JObject>()["none"] == null => True
        context.Request.Body.As<JObject>()["user"] == null => False
        context.Request.Body.As<JObject>()["user"].Type == JTokenType.Null => True
        context.Request.Body.As<JObject>()["none"]["x"] => ! NullReferenceException
        context.Request.Body.As<JObject>()["none"]?["x"]?.ToString() ?? "deep" => deep
        context.Request.Body.As<JObject>()["model"]["x"] => ! InvalidOperationException: Cannot access child value on Newtonsoft.Json.Linq.JValue.
        context.Request.Body.As<JObject>()["messages"][1]["content"] => hello
        context.Request.Body.As<JObject>()["messages"][2] => ! ArgumentOutOfRangeException
        context.Request.Body.As<JObject>()["messages"]["x"] => ! ArgumentException: Accessed JArray values with invalid key value: "x". Int32 array index expected.
        context.Request.Body.As<JObject>()["tags"]["cost"]["centre"] => 7
        ((JArray)context.Request.Body.As<JObject>()["messages"]).Count => 2
        (JArray)context.Request.Body.As<JObject>()["model"] => ! InvalidCastException: 'Newtonsoft.Json.Linq.JValue' to type 'Newtonsoft.Json.Linq.JArray'
        context.Request.Body.As<JObject>()["messages"].Last()["role"] => user
        context.Request.Body.As<JObject>()["messages"].Count() => 2
        string.Join(",", context.Request.Body.As<JObject>()["messages"].Select(m => (string)m["role"])) => system,user
        context.Request.Body.As<JObject>()["messages"].Any(m => (string)m["role"] == "user") => True
        context.Request.Body.As<JObject>()["messages"].Where(m => (string)m["role"] == "user").First()["content"] => hello
        context.Request.Body.As<JObject>().Value<string>("model") => gpt-4o-mini
        context.Request.Body.As<JObject>().Value<int>("none") => 0
        context.Request.Body.As<JObject>().Value<int?>("none") => ''
        context.Request.Body.As<JObject>().Value<int>("max_tokens") + 1 => 51
        context.Request.Body.As<JObject>().SelectToken("tags.cost.centre") => 7
        context.Request.Body.As<JObject>().SelectToken("$.messages[0]['role']") => system
        context.Request.Body.As<JObject>().SelectToken("tags.none.x") == null => True
        context.Request.Body.As<JObject>().SelectToken("$..role") => ! JsonException: Path returned multiple tokens.
        context.Request.Body.As<JObject>().ContainsKey("stream") => True
        context.Request.Body.As<JObject>().Property("model").Name => model
        context.Request.Body.As<JObject>().Property("none") == null => True
        string.Join(",", context.Request.Body.As<JObject>().Properties().Select(p => p.Name)) => model,max_tokens,temperature,stream,user,created,messages,tags
        (string)context.Request.Body.As<JObject>()["created"] => 02/04/2026 13:38:27
        context.Request.Body.As<JObject>()["created"].Type => Date
        ((DateTime)context.Request.Body.As<JObject>()["created"]).Year => 2026
        context.Request.Body.As<JObject>()["model"] == "gpt-4o-mini" => ! CompileError: cast the JSON value first
        context.Request.Body.As<JObject>()["model"].ToString() == "gpt-4o-mini" => True
        context.Request.Body.As<JObject>()["max_tokens"] > 5 => ! CompileError
        context.Request.Body.As<JObject>()["messages"].ToObject<List<JObject>>().Count => 2
        context.Request.Body.As<JObject>()["model"].Value<string>().Length => 11
        context.Request.Body.As<JObject>().GetValue("MODEL", StringComparison.OrdinalIgnoreCase) => gpt-4o-mini
        "#,
    );
}

#[test]
fn writing_values() {
    check(
        r#"
        new JObject().ToString() => {}
        new JObject { ["a"] = 1, ["b"] = new JArray { 1, "x", null, true } }.ToString(Formatting.None) => {"a":1,"b":[1,"x",null,true]}
        new JObject(new JProperty("a", 1.0), new JProperty("b", new JObject(new JProperty("c", "d")))).ToString(Formatting.None) => {"a":1.0,"b":{"c":"d"}}
        new JObject(new JProperty("a", 1), new JProperty("a", 2)) => ! ArgumentException: already exists
        new JArray(1, 2, 3).ToString(Newtonsoft.Json.Formatting.None) => [1,2,3]
        new JArray(new[] { "a", "b" })[1] => b
        new JObject { ["a"] = 1, ["b"] = new JArray { 1 } }.ToString() => {\n  "a": 1,\n  "b": [\n    1\n  ]\n}
        new JObject { ["t"] = context.Timestamp }.ToString(Formatting.None) => {"t":"2026-02-04T13:38:27Z"}
        new JObject { ["q"] = "a\"b\\c\n\u0001é" }.ToString(Formatting.None) => {"q":"a\"b\\c\n\u0001é"}
        JObject.Parse("{'a': 'b', c: 1,}").ToString(Formatting.None) => {"a":"b","c":1}
        JObject.Parse("{\"a\":1,\"a\":2}").ToString(Formatting.None) => {"a":2}
        JObject.Parse("{\"a\":12345678901,\"b\":1.50,\"c\":1e2}").ToString(Formatting.None) => {"a":12345678901,"b":1.5,"c":100.0}
        JObject.Parse("[1]") => ! JsonReaderException: not an object: StartArray
        JObject.Parse("{\"a\":}") => ! JsonReaderException
        JObject.Parse("{} x") => ! JsonReaderException: Additional text
        JObject.Parse("") => ! JsonReaderException: Error reading JToken
        JToken.Parse("\"x\"").Type => String
        JArray.Parse("[1,[2,3]]")[1][0] => 2
        JObject.FromObject(new { a = 1, b = new[] { "x" }, context.Request.Method }).ToString(Formatting.None) => {"a":1,"b":["x"],"Method":"POST"}
        JsonConvert.SerializeObject(new { ok = true, n = (string)null }) => {"ok":true,"n":null}
        JsonConvert.SerializeObject(new List<string> { "a" }) => ["a"]
        JsonConvert.SerializeObject(new Dictionary<string, object> { { "k", 1 } }) => {"k":1}
        JsonConvert.DeserializeObject<JObject>("{\"a\":1}")["a"] => 1
        JToken.DeepEquals(JToken.Parse("{'a':[1]}"), JToken.Parse("{\"a\":[1]}")) => True
        new JValue(5).Value => 5
        new JObject { ["a"] = context.Request } => ! ArgumentException: Could not determine JSON object type
        "#,
    );
}

#[test]
fn nodes_are_shared_and_change() {
    check(
        r#"
        @{ var o = new JObject(); var i = new JObject(); o["i"] = i; i["x"] = 1; return o.ToString(Formatting.None); } => {"i":{"x":1}}
        @{ var o = JObject.Parse("{'a':{}}"); var p = new JObject(); p["copy"] = o["a"]; o["a"]["x"] = 1; return p.ToString(Formatting.None); } => {"copy":{}}
        @{ var o = new JObject(); o["self"] = o; return o.ToString(Formatting.None); } => {"self":{}}
        @{ var o = new JObject(); var i = new JObject(); o["i"] = i; i["o"] = o; return o.ToString(Formatting.None); } => {"i":{"o":{"i":{}}}}
        @{ var o = context.Request.Body.As<JObject>(); o["max_tokens"] = 10; o.Remove("messages"); o.Property("tags").Remove(); return o.Count + ":" + o["max_tokens"]; } => 6:10
        @{ var b = (JObject)context.Variables["body"]; ((JArray)b["a"]).Add(4); return ((JObject)context.Variables["body"])["a"].Count(); } => 4
        @{ var a = new JArray(); a.Add("x"); a.Add(2); a.Insert(0, true); a.RemoveAt(1); a[1] = 3; return a.ToString(Formatting.None); } => [true,3]
        @{ var o = new JObject(); o.Add("a", 1); o.Add(new JProperty("b", 2)); return o.ToString(Formatting.None); } => {"a":1,"b":2}
        @{ var o = new JObject(); o.Add("a", 1); o.Add("a", 2); return o; } => ! ArgumentException: Can not add property a
        @{ var o = JObject.Parse("{'a':1,'b':2}"); foreach (var p in o.Properties().ToList()) { p.Value = (int)p.Value * 10; } return o.ToString(Formatting.None); } => {"a":10,"b":20}
        @{ var n = 0; foreach (var p in JObject.Parse("{'a':1,'b':2}")) { n += (int)p.Value; } return n; } => 3
        @{ var c = (JObject)JObject.Parse("{'a':[1]}").DeepClone(); ((JArray)c["a"]).Clear(); return c.ToString(Formatting.None); } => {"a":[]}
        @{ JToken t = "text"; return t.Type; } => String
        @{ JToken v; return JObject.Parse("{'a':5}").TryGetValue("a", out v) ? (int)v : 0; } => 5
        "#,
    );
}
