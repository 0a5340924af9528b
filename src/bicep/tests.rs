use std::collections::BTreeMap;

use serde_json::Value;

use super::{Loader, STOCK_TEMPLATE, Stock, compile};

/// Files by path.
struct Files(BTreeMap<&'static str, &'static str>);

impl Loader for Files {
    fn read(&self, path: &str) -> Result<Vec<u8>, String> {
        self.0
            .get(path)
            .map(|text| text.as_bytes().to_vec())
            .ok_or_else(|| "no such file".to_owned())
    }
}

#[test]
fn the_stock_template_compiles() {
    let compiled = compile(STOCK_TEMPLATE, &Stock)
        .unwrap_or_else(|problems| panic!("{}", crate::base::render(&problems, false)));
    assert_eq!(compiled.files.len(), 10);
    assert!(compiled.template["resources"].as_array().is_some_and(|all| all.len() == 8));
}
