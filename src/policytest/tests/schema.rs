use serde_json::Value;

use super::super::schema;

#[test]
fn the_schema_describes_the_keys_of_the_format() {
    let schema: Value = serde_json::from_str(&schema()).unwrap();
    let keys = |pointer: &str| {
        let properties = schema.pointer(pointer).and_then(Value::as_object);
        let mut keys: Vec<&str> = properties
            .unwrap_or_else(|| panic!("{pointer} is there"))
            .keys()
            .map(String::as_str)
            .collect();
        keys.sort_unstable();
        keys.join(" ")
    };
    assert_eq!(
        keys("/properties"),
        "answers apis backend backends credentials expect-diagnostics fragments named-values policy scopes start subscriptions tests tier"
    );
    assert_eq!(
        keys("/$defs/Step/properties"),
        "answers api at backend backends expect gateway repeat request subscription"
    );
    assert_eq!(
        keys("/$defs/Backend/properties"),
        "body completion-tokens fault headers latency prompt-tokens status usage"
    );
    assert_eq!(
        keys("/$defs/Expect/properties"),
        "backend-called backend-request backends-called body body-contains dimensions headers log metrics sent status traces variables"
    );
    assert_eq!(schema["additionalProperties"], Value::Bool(false));
}
