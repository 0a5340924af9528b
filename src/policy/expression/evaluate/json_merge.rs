//! `JObject.Merge` and `JArray.Merge`.

use std::sync::Arc;

use super::{Eval, Interpreter};
use crate::policy::expression::fault::Fault;
use crate::policy::expression::value::{Array, Json, Object, Value};

/// What `JsonMergeSettings` says, and its defaults.
#[derive(Clone, Copy)]
struct Settings {
    arrays: &'static str,
    nulls: bool,
}

impl Interpreter<'_> {
    pub(super) fn json_merge(&mut self, target: &Json, arguments: &[Value]) -> Eval {
        let mut settings = Settings {
            arrays: "Concat",
            nulls: false,
        };
        let content = match arguments {
            [content] => content,
            [content, Value::Record(record)] => {
                for (_, value) in &record.fields {
                    match value {
                        Value::Enum(("MergeArrayHandling", member)) => settings.arrays = member,
                        Value::Enum(("MergeNullValueHandling", member)) => {
                            settings.nulls = *member == "Merge";
                        }
                        _ => return Err(Fault::unsupported("JsonMergeSettings").into()),
                    }
                }
                content
            }
            _ => return Err(Fault::refused("`Merge` needs JSON to merge").into()),
        };
        match content {
            Value::Null => {}
            Value::Json(content) => self.merge(target, content, settings, 0)?,
            other => {
                let json = self.node_of(other, 0)?;
                self.merge(target, &json, settings, 0)?;
            }
        }
        Ok(Value::Null)
    }

    fn merge(
        &mut self,
        target: &Json,
        content: &Json,
        settings: Settings,
        depth: usize,
    ) -> Eval<()> {
        if depth > 64 {
            return Err(Fault::unsupported("Merge of so deep a document").into());
        }
        match (target, content) {
            (Json::Object(target), Json::Object(content)) => {
                self.merge_fields(target, content, settings, depth)
            }
            (Json::Array(target), Json::Array(content)) => {
                self.merge_items(target, content, settings, depth)
            }
            _ => Err(Fault::argument("Invalid JSON to merge into this kind of node.").into()),
        }
    }

    fn merge_fields(
        &mut self,
        target: &Arc<Object>,
        content: &Arc<Object>,
        settings: Settings,
        depth: usize,
    ) -> Eval<()> {
        for (name, value) in content.fields() {
            self.pay_for_items(2 + target.len() / 16)?;
            let known = target.field(&name);
            let nests = matches!(
                (&known, &value),
                (Some(Json::Object(_)), Json::Object(_)) | (Some(Json::Array(_)), Json::Array(_))
            );
            let kept = known.is_some() && matches!(value, Json::Null) && !settings.nulls;
            match known {
                Some(known) if nests => self.merge(&known, &value, settings, depth + 1)?,
                _ if kept => {}
                _ => target.set(&name, value)?,
            }
        }
        Ok(())
    }

    fn merge_items(
        &mut self,
        target: &Arc<Array>,
        content: &Arc<Array>,
        settings: Settings,
        depth: usize,
    ) -> Eval<()> {
        let items = content.items();
        self.pay_for_items(items.len())?;
        if settings.arrays == "Replace" {
            target.clear();
        }
        for (index, item) in items.into_iter().enumerate() {
            match settings.arrays {
                "Union" => {
                    self.spend(target.len())?;
                    let mut known = false;
                    for other in target.items() {
                        known = known || other.deep_equals(&item, 0)?;
                    }
                    if !known {
                        target.insert(target.len(), item)?;
                    }
                }
                "Merge" => match target.item(index) {
                    None => target.insert(target.len(), item)?,
                    Some(known) => match (&known, &item) {
                        (Json::Object(_), Json::Object(_)) | (Json::Array(_), Json::Array(_)) => {
                            self.merge(&known, &item, settings, depth + 1)?;
                        }
                        (_, Json::Null) if !settings.nulls => {}
                        _ => target.replace(index, item)?,
                    },
                },
                _ => target.insert(target.len(), item)?,
            }
        }
        Ok(())
    }
}
