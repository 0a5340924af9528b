//! The template that ships inside the binary, so that `deploy` needs no checkout. It is compiled
//! when it is asked for: that takes milliseconds, and a compiled copy could only go stale.

use super::Loader;

/// Where the shipped template begins.
pub(crate) const STOCK_TEMPLATE: &str = "bicep/main.bicep";

const FILES: [(&str, &str); 10] = [
    (STOCK_TEMPLATE, include_str!("../../bicep/main.bicep")),
    (
        "bicep/modules/api-management.bicep",
        include_str!("../../bicep/modules/api-management.bicep"),
    ),
    (
        "bicep/modules/api.bicep",
        include_str!("../../bicep/modules/api.bicep"),
    ),
    (
        "bicep/modules/event-hub.bicep",
        include_str!("../../bicep/modules/event-hub.bicep"),
    ),
    (
        "bicep/modules/monitoring.bicep",
        include_str!("../../bicep/modules/monitoring.bicep"),
    ),
    (
        "bicep/modules/openai-access.bicep",
        include_str!("../../bicep/modules/openai-access.bicep"),
    ),
    (
        "bicep/modules/openai.bicep",
        include_str!("../../bicep/modules/openai.bicep"),
    ),
    (
        "bicep/modules/product.bicep",
        include_str!("../../bicep/modules/product.bicep"),
    ),
    (
        "bicep/modules/telemetry.bicep",
        include_str!("../../bicep/modules/telemetry.bicep"),
    ),
    (
        "policies/token-limit.xml",
        include_str!("../../policies/token-limit.xml"),
    ),
];

/// Reads the shipped files and no others.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Stock;

impl Loader for Stock {
    fn read(&self, path: &str) -> Result<Vec<u8>, String> {
        FILES
            .iter()
            .find(|(name, _)| *name == path)
            .map(|(_, text)| text.as_bytes().to_vec())
            .ok_or_else(|| "it is not among the shipped files".to_owned())
    }
}
