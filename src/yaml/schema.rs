use schemars::JsonSchema;
use schemars::generate::SchemaSettings;

/// JSON Schema (draft 2020-12) of a file, made from the types that read it.
pub(crate) fn schema<T: JsonSchema>() -> String {
    let generator = SchemaSettings::draft2020_12().into_generator();
    let schema = generator.into_root_schema_for::<T>();
    let mut text = serde_json::to_string_pretty(&schema).expect("a schema is plain JSON");
    text.push('\n');
    text
}
