//! All that a gateway is configured with, compiled: made apart from the gateway, so that changing it
//! under load costs no more than putting the new one in the place of the old.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::program::{Program, Scope};
use super::service::Service;

/// A service and its programs. Requests under way end on the one that they began with.
#[derive(Debug, Clone)]
pub(crate) struct Configuration {
    pub(super) service: Arc<Service>,
    /// By product (if the call came through one), API and operation.
    pub(super) programs: BTreeMap<(Option<usize>, usize, usize), Arc<Program>>,
    /// What runs when no API or operation fits: the global policy alone.
    pub(super) unmatched: Arc<Program>,
}

impl Configuration {
    pub(crate) fn compile(service: Service) -> Configuration {
        let mut programs = BTreeMap::new();
        let products = std::iter::once(None).chain((0..service.products.len()).map(Some));
        for product in products {
            for (api_index, api) in service.apis.iter().enumerate() {
                for (index, operation) in api.operations.iter().enumerate() {
                    let product_policy =
                        product.and_then(|product| service.products[product].policy.as_ref());
                    let program = Program::compile(&[
                        (Scope::Global, service.global.as_ref()),
                        (Scope::Workspace, api.workspace.as_ref()),
                        (Scope::Product, product_policy),
                        (Scope::Api, api.policy.as_ref()),
                        (Scope::Operation, operation.policy.as_ref()),
                    ]);
                    programs.insert((product, api_index, index), Arc::new(program));
                }
            }
        }
        let unmatched = Arc::new(Program::compile(&[(
            Scope::Global,
            service.global.as_ref(),
        )]));
        Configuration {
            service: Arc::new(service),
            programs,
            unmatched,
        }
    }
}
