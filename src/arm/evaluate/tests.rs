use std::cell::RefCell;

use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::arm::value::unknown;
use crate::base::Seed;

/// A world with one storage account, one group and one subscription.
struct Small;

impl World for Small {
    fn resource(&self, id: &str, _: Option<&str>) -> Result<Value, Fault> {
        if id.ends_with("/storageAccounts/acct") {
            return Ok(json!({
                "id": id, "name": "acct", "location": "westeurope",
                "properties": {"endpoints": {"blob": "https://acct.blob/"}},
            }));
        }
        Err(Fault::Deferred)
    }

    fn list(&self, _: &str, action: &str, _: &str, _: Option<&Value>) -> Result<Value, Fault> {
        match action {
            "listKeys" => Ok(json!({"keys": [{"value": "key-of-acct"}]})),
            _ => Err(Fault::Deferred),
        }
    }

    fn group(&self, subscription: &str, name: &str) -> Result<Value, Fault> {
        Ok(json!({
            "id": format!("/subscriptions/{subscription}/resourceGroups/{name}"),
            "name": name, "location": "westeurope",
        }))
    }

    fn subscription(&self, id: &str) -> Result<Value, Fault> {
        Ok(json!({"id": format!("/subscriptions/{id}"), "subscriptionId": id}))
    }
}

fn frame() -> Frame {
    let bound = |name: &str, value: Value, secret: bool| Bound {
        name: name.to_owned(),
        kind: "Object",
        value,
        secret,
    };
    let mut variables = Variables::default();
    for (name, value) in [
        ("greeting", json!("[concat('hello ', parameters('who'))]")),
        ("hidden", json!("[concat(parameters('password'), '!')]")),
        ("self", json!("[variables('SELF')]")),
        ("late", json!("[reference('x', '1').y]")),
    ] {
        variables.raw.insert(name.to_owned(), value);
    }
    Frame {
        facts: Facts {
            now: "2026-03-04T05:06:07Z".parse().unwrap(),
            seed: RefCell::new(Seed::new(1)),
            tenant: "t".to_owned(),
            cloud: json!({"suffixes": {"storage": "core.windows.net"}}),
            deployer: json!({"objectId": "o"}),
        },
        place: Place::Group {
            subscription: "s".to_owned(),
            group: "g".to_owned(),
        },
        deployment: json!({"name": "main"}),
        parameters: vec![
            bound("who", json!("world"), false),
            bound("password", json!("pa55word"), true),
            bound("list", json!(["a", "b", "c"]), false),
            bound(
                "nested",
                json!({"One": {"two": [1, {"three": "deep"}]}}),
                false,
            ),
            bound("open", unknown("[reference('z').q]"), false),
        ],
        variables,
        functions: vec![UserFunction {
            namespace: "contoso".to_owned(),
            name: "shout".to_owned(),
            parameters: vec!["text".to_owned()],
            body: json!("[toUpper(parameters('text'))]"),
        }],
        copies: vec![Copy {
            name: "outer".to_owned(),
            index: 3,
        }],
        resources: vec![Known {
            symbol: Some("storage".to_owned()),
            index: None,
            name: "acct".to_owned(),
            resource_type: "Microsoft.Storage/storageAccounts".to_owned(),
            id:
                "/subscriptions/s/resourceGroups/g/providers/Microsoft.Storage/storageAccounts/acct"
                    .to_owned(),
            api_version: "2023-01-01".to_owned(),
            deployed: true,
        }],
    }
}

const ALL: Allow = Allow {
    clock: true,
    runtime: true,
};

fn evaluate(code: &str) -> Result<Value, Fault> {
    let frame = frame();
    Evaluator::new(&frame, &Small, ALL).value(&json!(format!("[{code}]")), "")
}

#[track_caller]
fn gives(cases: &[(&str, Value)]) {
    for (code, wanted) in cases {
        match evaluate(code) {
            Ok(value) => assert_eq!(value, *wanted, "{code}"),
            Err(fault) => panic!("{code}: {fault:?}"),
        }
    }
}

/// The message of what must fail.
fn fails(code: &str) -> String {
    match evaluate(code) {
        Err(Fault::Invalid { message, .. }) => message,
        Err(Fault::Failed(error)) => error.to_string(),
        other => panic!("{code}: {other:?}"),
    }
}

#[test]
fn arrays_as_documented() {
    gives(&[
        ("array('efgh')", json!(["efgh"])),
        ("array(1)", json!([1])),
        (
            "concat(createArray('1-1','1-2'), createArray('2-1'))",
            json!(["1-1", "1-2", "2-1"]),
        ),
        ("concat('a', 1, 'b')", json!("a1b")),
        ("contains('OneTwoThree', 'e')", json!(true)),
        ("contains('OneTwoThree', 'z')", json!(false)),
        ("contains(createObject('one','a'), 'ONE')", json!(true)),
        ("contains(createArray('one','two'), 'three')", json!(false)),
        ("createArray()", json!([])),
        ("empty('')", json!(true)),
        ("empty(createObject())", json!(true)),
        ("empty(createArray(1))", json!(false)),
        ("first('One Two Three')", json!("O")),
        ("first(createArray('one','two'))", json!("one")),
        ("first(createArray())", json!(null)),
        ("last('One Two Three')", json!("e")),
        ("last(createArray('one','three'))", json!("three")),
        (
            "flatten(createArray(createArray('one','two'), createArray(3)))",
            json!(["one", "two", 3]),
        ),
        ("indexFromEnd(createArray('a','b','c'), 1)", json!("c")),
        ("tryIndexFromEnd(createArray('a'), 5)", json!(null)),
        ("indexOf('test', 't')", json!(0)),
        ("lastIndexOf('test', 't')", json!(3)),
        ("indexOf('abcdef', 'CD')", json!(2)),
        ("lastIndexOf('abcdef', 'AB')", json!(0)),
        ("indexOf('abcdef', 'z')", json!(-1)),
        ("indexOf(createArray('one','two','three'), 'two')", json!(1)),
        (
            "lastIndexOf(createArray('one','two','one'), 'one')",
            json!(2),
        ),
        ("length('One Two Three')", json!(13)),
        ("length('😀')", json!(2)),
        ("length(createObject('a',1,'b',2))", json!(2)),
        ("range(5,3)", json!([5, 6, 7])),
        (
            "skip(createArray('one','two','three'), 2)",
            json!(["three"]),
        ),
        ("skip('one two three', 4)", json!("two three")),
        (
            "take(createArray('one','two','three'), 2)",
            json!(["one", "two"]),
        ),
        ("take('one', 9)", json!("one")),
        ("max(createArray(0,3,2,5,4))", json!(5)),
        ("min(0,3,2,-5,4)", json!(-5)),
        (
            "intersection(createArray('one','two','three'), createArray('two','three'))",
            json!(["two", "three"]),
        ),
        (
            "intersection(json('{\"one\":\"a\",\"two\":\"b\",\"three\":\"c\"}'), json('{\"one\":\"a\",\"two\":\"z\",\"three\":\"c\"}'))",
            json!({"one": "a", "three": "c"}),
        ),
        (
            "union(createArray('one','two'), createArray('two','four'))",
            json!(["one", "two", "four"]),
        ),
        (
            "union(json('{\"a\":{\"x\":1,\"y\":2},\"b\":1}'), json('{\"a\":{\"y\":3},\"c\":4}'))",
            json!({"a": {"x": 1, "y": 3}, "b": 1, "c": 4}),
        ),
        (
            "tryGet(parameters('nested'), 'one', 'two', 1, 'three')",
            json!("deep"),
        ),
        (
            "tryGet(parameters('nested'), 'one', 'none', 1)",
            json!(null),
        ),
    ]);
}

#[test]
fn networks_as_documented() {
    gives(&[
        (
            "parseCidr('10.144.0.0/20')",
            json!({"network": "10.144.0.0", "netmask": "255.255.240.0", "broadcast": "10.144.15.255", "firstUsable": "10.144.0.1", "lastUsable": "10.144.15.254", "cidr": 20}),
        ),
        ("cidrSubnet('10.144.0.0/20', 24, 0)", json!("10.144.0.0/24")),
        ("cidrSubnet('10.144.0.0/20', 24, 2)", json!("10.144.2.0/24")),
        ("cidrHost('10.144.3.0/24', 0)", json!("10.144.3.1")),
        ("cidrHost('10.144.3.0/24', 1)", json!("10.144.3.2")),
        (
            "cidrSubnet('fdad:3236:5555::/48', 64, 1)",
            json!("fdad:3236:5555:1::/64"),
        ),
    ]);
    assert!(fails("cidrSubnet('10.0.0.0/30', 31, 2)").contains("no subnet"));
    assert!(fails("cidrHost('10.0.0.0/30', 2)").contains("no host"));
}

#[test]
fn comparison_and_logic_as_documented() {
    gives(&[
        ("coalesce(null(), null(), 'x')", json!("x")),
        ("coalesce(null())", json!(null)),
        ("equals('a','a')", json!(true)),
        ("equals('a','A')", json!(false)),
        (
            "equals(createArray('a','b'), createArray('a','b'))",
            json!(true),
        ),
        (
            "equals(json('{\"a\":1,\"b\":2}'), json('{\"b\":2,\"a\":1}'))",
            json!(true),
        ),
        ("less(1,2)", json!(true)),
        ("less('A','a')", json!(false)),
        ("greater('A','a')", json!(true)),
        ("lessOrEquals(2,2)", json!(true)),
        ("greaterOrEquals('b','A')", json!(true)),
        ("bool('true')", json!(true)),
        ("bool(0)", json!(false)),
        ("and(bool('true'), bool('false'))", json!(false)),
        ("or(true(), fail('not asked'))", json!(true)),
        ("and(false(), fail('not asked'))", json!(false)),
        ("if(true(), 'yes', fail('not asked'))", json!("yes")),
        ("not(false())", json!(true)),
    ]);
    assert_eq!(fails("fail('no such luck')"), "no such luck");
}

#[test]
fn dates_as_documented() {
    gives(&[
        ("utcNow()", json!("20260304T050607Z")),
        ("utcNow('d')", json!("03/04/2026")),
        (
            "utcNow('yyyy-MM-dd HH:mm:ss.fff tt')",
            json!("2026-03-04 05:06:07.000 AM"),
        ),
        ("utcNow('u')", json!("2026-03-04 05:06:07Z")),
        ("utcNow('R')", json!("Wed, 04 Mar 2026 05:06:07 GMT")),
        ("utcNow('M.d.yy')", json!("3.4.26")),
        (
            "dateTimeAdd('2020-04-07 14:53:14Z', 'P3Y')",
            json!("2023-04-07T14:53:14Z"),
        ),
        (
            "dateTimeAdd('2020-04-07 14:53:14Z', '-P9D')",
            json!("2020-03-29T14:53:14Z"),
        ),
        (
            "dateTimeAdd('2020-04-07 14:53:14Z', 'PT1H', 'HH:mm')",
            json!("15:53"),
        ),
        (
            "dateTimeAdd('2020-01-31T00:00:00+02:00', 'PT1M1.5S', 'o')",
            json!("2020-01-30T22:01:01.5000000Z"),
        ),
        (
            "dateTimeAdd('2024-01-01 00:00:00Z', 'P1Y')",
            json!("2024-12-31T00:00:00Z"),
        ),
        (
            "dateTimeAdd('2023-02-01 00:00:00Z', 'P1M')",
            json!("2023-03-03T00:00:00Z"),
        ),
        (
            "dateTimeFromEpoch(1683040573)",
            json!("2023-05-02T15:16:13Z"),
        ),
        (
            "dateTimeToEpoch('2023-05-02T15:16:13Z')",
            json!(1_683_040_573),
        ),
    ]);
    assert!(fails("dateTimeAdd('soon', 'P1D')").contains("not an ISO 8601 date"));
    assert!(fails("dateTimeAdd('2020-01-01', 'P1')").contains("is not ISO 8601"));
    assert!(fails("utcNow('q')").contains("not supported"));
}

#[test]
fn numbers_as_documented() {
    gives(&[
        ("add(5,3)", json!(8)),
        ("sub(7,3)", json!(4)),
        ("mul(5,3)", json!(15)),
        ("div(8,3)", json!(2)),
        ("mod(7,3)", json!(1)),
        ("int('4')", json!(4)),
        ("float(3)", json!(3.0)),
        ("copyIndex()", json!(3)),
        ("copyIndex(1)", json!(4)),
        ("copyIndex('OUTER', 2)", json!(5)),
    ]);
    assert!(fails("div(1,0)").contains("divisor cannot be zero"));
    assert!(fails("mul(9223372036854775807, 2)").contains("64-bit"));
    assert!(fails("range(0, 10001)").contains("10000"));
    assert!(fails("copyIndex('none')").contains("'none'"));
}

#[test]
fn objects_as_documented() {
    gives(&[
        (
            "createObject('intProp', 1, 'sub', createObject('a', null()))",
            json!({"intProp": 1, "sub": {"a": null}}),
        ),
        (
            "items(json('{\"item002\":{\"n\":2},\"item001\":{\"n\":1}}'))",
            json!([{"key": "item001", "value": {"n": 1}}, {"key": "item002", "value": {"n": 2}}]),
        ),
        ("objectKeys(json('{\"b\":1,\"a\":2}'))", json!(["a", "b"])),
        ("json('[1,2,3]')", json!([1, 2, 3])),
        ("json('{''a'': ''b''}')", json!({"a": "b"})),
        ("json('null')", json!(null)),
        (
            "shallowMerge(createArray(json('{\"one\":{\"x\":1}}'), json('{\"one\":{\"y\":2}}')))",
            json!({"one": {"y": 2}}),
        ),
        ("parameters('nested').one.TWO[1].Three", json!("deep")),
        ("parameters('nested')['one']['two'][0]", json!(1)),
    ]);
    assert_eq!(
        fails("parameters('nested').one.none"),
        "The language expression property 'none' doesn't exist, available properties are 'two'."
    );
    assert_eq!(
        fails("parameters('list')[3]"),
        "The language expression property array index '3' is out of bounds."
    );
}

#[test]
fn strings_as_documented() {
    gives(&[
        ("base64('one, two, three')", json!("b25lLCB0d28sIHRocmVl")),
        (
            "base64ToString('b25lLCB0d28sIHRocmVl')",
            json!("one, two, three"),
        ),
        ("base64ToJson('eyJhIjoxfQ==')", json!({"a": 1})),
        (
            "dataUri('Hello')",
            json!("data:text/plain;charset=utf8;base64,SGVsbG8="),
        ),
        (
            "dataUriToString('data:;base64,SGVsbG8sIFdvcmxkIQ==')",
            json!("Hello, World!"),
        ),
        ("endsWith('abcdef', 'EF')", json!(true)),
        ("endsWith('abcdef', 'e')", json!(false)),
        ("startsWith('abcdef', 'AB')", json!(true)),
        (
            "format('{0}, {1}. Formatted number: {2:N0}', 'Hello', 'User', 8175133)",
            json!("Hello, User. Formatted number: 8,175,133"),
        ),
        ("format('{{{0,5}|{0,-5}|}}', 'ab')", json!("{   ab|ab   |}")),
        (
            "format('{0:D5} {0:X} {0:x4} {0:F1} {0:00000} {1}', 255, true())",
            json!("00255 FF 00ff 255.0 00255 True"),
        ),
        ("format('{0:#,##0}', 1234567)", json!("1,234,567")),
        ("join(createArray('a','b'), '-')", json!("a-b")),
        ("padLeft('123', 10, '0')", json!("0000000123")),
        ("padLeft(7, 3)", json!("  7")),
        ("replace('123-123-1234', '-', '')", json!("1231231234")),
        (
            "split('one,two,three', ',')",
            json!(["one", "two", "three"]),
        ),
        (
            "split('one;two,three', createArray(',', ';'))",
            json!(["one", "two", "three"]),
        ),
        ("string(createArray('a', 1))", json!("[\"a\",1]")),
        ("string(true())", json!("True")),
        ("substring('one two three', 4, 3)", json!("two")),
        ("substring('abc', 3)", json!("")),
        ("toLower('One')", json!("one")),
        ("toUpper('One')", json!("ONE")),
        ("trim('    one two three   ')", json!("one two three")),
        (
            "uriComponent('http://contoso.com/resources/nested/azuredeploy.json')",
            json!("http%3A%2F%2Fcontoso.com%2Fresources%2Fnested%2Fazuredeploy.json"),
        ),
        (
            "uriComponentToString('http%3A%2F%2Fcontoso.com%2Fx')",
            json!("http://contoso.com/x"),
        ),
        (
            "uri('http://contoso.com/resources/', 'nested/azuredeploy.json')",
            json!("http://contoso.com/resources/nested/azuredeploy.json"),
        ),
        (
            "uri('http://contoso.org/firstpath/azuredeploy.json/', 'myscript.sh')",
            json!("http://contoso.org/firstpath/azuredeploy.json/myscript.sh"),
        ),
        (
            "uri('http://contoso.org/firstpath/azuredeploy.json', 'myscript.sh')",
            json!("http://contoso.org/firstpath/myscript.sh"),
        ),
        (
            "uri('http://contoso.org/firstpath', '/myscript.sh')",
            json!("http://contoso.org/myscript.sh"),
        ),
        (
            "uri('http://contoso.org/a/b/', '../c?x=1')",
            json!("http://contoso.org/a/c?x=1"),
        ),
    ]);
    assert!(fails("substring('abc', 2, 5)").contains("must refer to a location within the string"));
    assert!(fails("format('{1}', 'a')").contains("'{1}' has no argument"));
    assert!(fails("format('{0', 'a')").contains("brace"));
    assert!(fails("format('{0:Q}', 1)").contains("'Q'"));
    assert!(
        fails("toLower(1)").contains("of type 'String'. The provided value is of type 'Integer'")
    );
}

/// Known answers of Azure, from people who compared: hashes of names in real deployments.
#[test]
fn hashes_are_those_of_azure() {
    gives(&[
        ("uniqueString('tyeth')", json!("zcztcwvu6iyg6")),
        ("uniqueString('hello', 'world')", json!("a7wkljktk6wne")),
        ("uniqueString('test')", json!("rbgf3xv4ufgzg")),
        ("uniqueString('foo', 'bar', 'baz')", json!("xzi4ioaxtmth4")),
        (
            "uniqueString('/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/my-rg')",
            json!("bmg7c6xu4tw46"),
        ),
        (
            "uniqueString('/subscriptions/3c7f956b-55ee-4686-9d30-da1eb631dc59/resourceGroups/rg-devopsshieldek010dev')",
            json!("fd63l2gacbtca"),
        ),
        // Version 5 over Azure's namespace; computed with another implementation of RFC 4122.
        (
            "guid('a','b','c')",
            json!("a98fa280-e03f-5afa-8d8e-92d0a9c201e8"),
        ),
        (
            "guid('test')",
            json!("d6a5baf1-8b9b-542a-8525-2982f1f98a0c"),
        ),
    ]);
    let random = evaluate("newGuid()").unwrap();
    assert_eq!(random.as_str().unwrap().len(), 36);
    assert_eq!(&random.as_str().unwrap()[14..15], "4");
}

#[test]
fn lambdas_as_documented() {
    let dogs = "json('[{\"name\":\"Evie\",\"age\":5,\"i\":[\"Ball\"]},{\"name\":\"Casper\",\"age\":3,\"i\":[\"Other\"]},{\"name\":\"Kira\",\"age\":8,\"i\":[\"Rubs\",\"Ball\"]}]')";
    let with = |code: &str| code.replace("DOGS", dogs);
    for (code, wanted) in [
        (
            "map(filter(DOGS, lambda('d', greaterOrEquals(lambdaVariables('d').age, 5))), lambda('d', lambdaVariables('d').name))",
            json!(["Evie", "Kira"]),
        ),
        (
            "filter(range(0,10), lambda('v', 'i', equals(mod(lambdaVariables('i'), 4), 0)))",
            json!([0, 4, 8]),
        ),
        (
            "map(sort(DOGS, lambda('a','b', less(lambdaVariables('a').age, lambdaVariables('b').age))), lambda('d', lambdaVariables('d').name))",
            json!(["Casper", "Evie", "Kira"]),
        ),
        (
            "reduce(map(DOGS, lambda('d', lambdaVariables('d').age)), 0, lambda('cur','next', add(lambdaVariables('cur'), lambdaVariables('next'))))",
            json!(16),
        ),
        (
            "toObject(DOGS, lambda('d', lambdaVariables('d').name), lambda('d', lambdaVariables('d').age))",
            json!({"Evie": 5, "Casper": 3, "Kira": 8}),
        ),
        (
            "groupBy(createArray('foo','bar','baz'), lambda('x', substring(lambdaVariables('x'), 0, 1)))",
            json!({"f": ["foo"], "b": ["bar", "baz"]}),
        ),
        (
            "mapValues(createObject('foo', 'a'), lambda('v', toUpper(lambdaVariables('v'))))",
            json!({"foo": "A"}),
        ),
        (
            "map(parameters('list'), lambda('x', concat(lambdaVariables('x'), parameters('who'))))",
            json!(["aworld", "bworld", "cworld"]),
        ),
    ] {
        let code = with(code);
        assert_eq!(
            evaluate(&code).unwrap_or_else(|f| panic!("{code}: {f:?}")),
            wanted,
            "{code}"
        );
    }
    assert!(fails("map(createArray(1), 'x')").contains("A lambda"));
    assert!(fails("lambdaVariables('x')").contains("no lambda variable"));
}

#[test]
fn places_and_resources_as_documented() {
    gives(&[
        (
            "resourceId('Microsoft.Storage/storageAccounts','x')",
            json!(
                "/subscriptions/s/resourceGroups/g/providers/Microsoft.Storage/storageAccounts/x"
            ),
        ),
        (
            "resourceId('other','Microsoft.Storage/storageAccounts','x')",
            json!(
                "/subscriptions/s/resourceGroups/other/providers/Microsoft.Storage/storageAccounts/x"
            ),
        ),
        (
            "resourceId('1111','other','Microsoft.SQL/servers/databases','a','b')",
            json!(
                "/subscriptions/1111/resourceGroups/other/providers/Microsoft.SQL/servers/a/databases/b"
            ),
        ),
        (
            "subscriptionResourceId('Microsoft.Authorization/roleDefinitions','r')",
            json!("/subscriptions/s/providers/Microsoft.Authorization/roleDefinitions/r"),
        ),
        (
            "tenantResourceId('Microsoft.Authorization/roleDefinitions','r')",
            json!("/providers/Microsoft.Authorization/roleDefinitions/r"),
        ),
        (
            "extensionResourceId(resourceGroup().id, 'Microsoft.Authorization/locks', 'l')",
            json!("/subscriptions/s/resourceGroups/g/providers/Microsoft.Authorization/locks/l"),
        ),
        (
            "managementGroupResourceId('m','Microsoft.Authorization/policyDefinitions','p')",
            json!(
                "/providers/Microsoft.Management/managementGroups/m/providers/Microsoft.Authorization/policyDefinitions/p"
            ),
        ),
        ("resourceGroup().location", json!("westeurope")),
        ("subscription().subscriptionId", json!("s")),
        ("tenant().tenantId", json!("t")),
        ("deployer().objectId", json!("o")),
        ("environment().suffixes.storage", json!("core.windows.net")),
        ("deployment().name", json!("main")),
        (
            "reference('acct').endpoints.blob",
            json!("https://acct.blob/"),
        ),
        (
            "reference('storage').endpoints.blob",
            json!("https://acct.blob/"),
        ),
        (
            "reference(resourceId('Microsoft.Storage/storageAccounts','acct'), '2023-01-01', 'Full').location",
            json!("westeurope"),
        ),
        (
            "listKeys('acct', '2023-01-01').keys[0].value",
            json!("key-of-acct"),
        ),
        ("variables('Greeting')", json!("hello world")),
        ("contoso.Shout('x')", json!("X")),
    ]);
    assert!(
        fails("resourceId('Microsoft.SQL/servers/databases','a')")
            .contains("requires '2' resource name argument(s)")
    );
    assert!(fails("reference('nobody')").contains("'nobody' is not defined in the template"));
    assert!(fails("reference('/subscriptions/s/x')").contains("requires an API version"));
    assert!(fails("variables('self')").contains("in a circle"));
    assert!(fails("variables('late')").contains("'reference' is not expected at this location"));
    assert!(fails("managementGroup()").contains("not expected"));
}

#[test]
fn what_is_no_function_is_an_error_by_name() {
    assert!(fails("toLowr('x')").ends_with("Did you mean 'toLower'?"));
    assert!(fails("pickZones('a','b','c')").contains("map of zones"));
    assert!(fails("contoso.none()").contains("'contoso.none' is not valid"));
    assert!(fails("add(1)").contains("requires '2' argument(s) while '1' were provided"));
}

#[test]
fn what_is_not_known_stays_open() {
    assert_eq!(
        evaluate("reference(resourceId('a.b/c','d'), '1').x"),
        Err(Fault::Deferred)
    );
    assert_eq!(
        evaluate("concat(parameters('open'), 'x')"),
        Err(Fault::Deferred)
    );
    let frame = frame();
    let lenient = Evaluator::new(&frame, &Small, ALL).lenient();
    let value = lenient
        .value(
            &json!({"a": "[concat(parameters('open'), 'x')]", "b": "[parameters('who')]"}),
            "",
        )
        .unwrap();
    assert_eq!(
        crate::arm::value::shown(&value),
        json!({"a": "[concat(parameters('open'), 'x')]", "b": "world"})
    );
}

#[test]
fn secrets_are_known_by_their_place() {
    let frame = frame();
    let evaluator = Evaluator::new(&frame, &Small, ALL);
    evaluator
        .value(
            &json!({
                "plain": "[parameters('who')]",
                "direct": "[parameters('password')]",
                "through": ["[variables('hidden')]", "[variables('hidden')]"],
                "keys": "[listKeys('acct', '1').keys]",
            }),
            "",
        )
        .unwrap();
    assert_eq!(
        evaluator.secrets(),
        ["/direct", "/through/0", "/through/1", "/keys"]
    );
}

#[test]
fn loops_of_properties_are_expanded() {
    let frame = frame();
    let value = Evaluator::new(&frame, &Small, ALL)
        .value(
            &json!({
                "kept": 1,
                "copy": [{"name": "disks", "count": 2, "input": {"lun": "[copyIndex('disks')]", "outer": "[copyIndex('outer')]"}}],
            }),
            "",
        )
        .unwrap();
    assert_eq!(
        value,
        json!({"kept": 1, "disks": [{"lun": 0, "outer": 3}, {"lun": 1, "outer": 3}]})
    );
}

#[test]
fn work_and_size_have_limits() {
    let mut code = "createArray(1)".to_owned();
    for _ in 0..100 {
        code = format!("createArray({code})");
    }
    assert!(fails(&code).contains("too large"));
    let doubling = "reduce(range(0,40), 'xxxxxxxx', lambda('a','b', concat(lambdaVariables('a'), lambdaVariables('a'))))";
    assert!(fails(doubling).contains("too large"));
    let work = "map(range(0,10000), lambda('x', range(0,10000)))";
    let message = fails(work);
    assert!(
        message.contains("too much work") || message.contains("too large"),
        "{message}"
    );
}

/// Calls with arguments of every kind: a value or an error, and no panic.
fn argument() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("null()".to_owned()),
        Just("true()".to_owned()),
        Just("createArray('a', 2)".to_owned()),
        Just("createObject('a', 1)".to_owned()),
        Just("lambda('x', lambdaVariables('x'))".to_owned()),
        Just("parameters('open')".to_owned()),
        any::<i64>().prop_map(|number| number.to_string()),
        (-3_i64..20).prop_map(|number| number.to_string()),
        "[ -~é😀]{0,12}".prop_map(|text| format!("'{}'", text.replace('\'', "''"))),
        "[PT0-9YMD/.:{}%,-]{0,12}".prop_map(|text| format!("'{text}'")),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 3000, ..ProptestConfig::default() })]

    #[test]
    fn no_call_panics(
        which in 0..crate::arm::functions::FUNCTIONS.len(),
        args in prop::collection::vec(argument(), 0..4),
    ) {
        let name = crate::arm::functions::FUNCTIONS[which].name;
        let _ = evaluate(&format!("{name}({})", args.join(", ")));
    }
}
