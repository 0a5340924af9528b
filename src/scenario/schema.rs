use super::wire::WireScenario;

/// JSON Schema of a scenario file.
pub(crate) fn schema() -> String {
    crate::yaml::schema::<WireScenario>()
}
