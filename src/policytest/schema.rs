use super::wire::WireFile;

/// JSON Schema of a policy test file.
pub(crate) fn schema() -> String {
    crate::yaml::schema::<WireFile>()
}
