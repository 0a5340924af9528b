//! Questions before a deployment, judged: what Azure answers is handed in.

use serde_json::Value;

use super::trouble::text;
use super::wanted::ModelDeployment;
use crate::base::number;

/// How a question was answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Grade {
    Ok,
    /// It could not be asked, or will matter later.
    Warning,
    /// The deployment would fail.
    Bad,
}

/// One line of the pre-flight.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Check {
    /// What was asked about: `quota`, `permissions`.
    pub(crate) about: String,
    pub(crate) grade: Grade,
    pub(crate) said: String,
    /// What to do; empty when nothing is.
    pub(crate) hint: String,
}

impl Check {
    pub(crate) fn new(about: &str, grade: Grade, said: impl Into<String>) -> Check {
        Check {
            about: about.to_owned(),
            grade,
            said: said.into(),
            hint: String::new(),
        }
    }

    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Check {
        self.hint = hint.into();
        self
    }
}

/// One line of a region's quota: `{name: {value}, currentValue, limit}`.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Quota {
    /// `OpenAI.GlobalStandard.gpt-4o-mini`
    pub(crate) name: String,
    /// Thousands of tokens per minute, for models.
    pub(crate) used: f64,
    pub(crate) limit: f64,
}

/// A model that a region offers, one entry for each version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Model {
    pub(crate) name: String,
    pub(crate) version: String,
    pub(crate) skus: Vec<String>,
    /// When answers end, RFC 3339; absent when Azure does not say.
    pub(crate) retires: Option<String>,
}

/// Is the quota enough? `own` is what the deployment has already, when it exists.
pub(crate) fn check_quota(wanted: &ModelDeployment, own: u64, quotas: &[Quota]) -> Check {
    let name = format!("OpenAI.{}.{}", wanted.sku, wanted.model);
    let region = wanted.location.as_deref().unwrap_or("the region");
    let Some(quota) = quotas
        .iter()
        .find(|quota| quota.name.eq_ignore_ascii_case(&name))
    else {
        let said = format!("{region} lists no quota `{name}`");
        return Check::new("quota", Grade::Warning, said);
    };
    let left = quota.limit - quota.used + own as f64;
    let said = format!(
        "`{}` as {} in {region}: {} thousand tokens per minute wanted, {} of {} free",
        wanted.model,
        wanted.sku,
        wanted.capacity,
        number(left.max(0.0), 0),
        number(quota.limit, 0)
    );
    if wanted.capacity as f64 <= left {
        return Check::new("quota", Grade::Ok, said);
    }
    let hint = if left >= 1.0 {
        format!(
            "ask for less with `-p modelCapacity={}`, or take another region with `-p openAiLocation=REGION`",
            left.floor()
        )
    } else {
        "take another region with `-p openAiLocation=REGION`, or another `-p modelSku=…`".to_owned()
    };
    Check::new("quota", Grade::Bad, said).hint(hint)
}

/// Does the region offer the model, and until when? `today` is a date such as `2026-01-31`.
pub(crate) fn check_model(wanted: &ModelDeployment, models: &[Model], today: &str) -> Check {
    let region = wanted.location.as_deref().unwrap_or("the region");
    let named: Vec<&Model> = models
        .iter()
        .filter(|model| model.name.eq_ignore_ascii_case(&wanted.model))
        .collect();
    if named.is_empty() {
        let said = format!("{region} does not offer the model `{}`", wanted.model);
        return Check::new("model", Grade::Bad, said)
            .hint("take another region with `-p openAiLocation=REGION`");
    }
    let versions: Vec<&str> = named.iter().map(|model| model.version.as_str()).collect();
    let wanted_version = wanted.version.as_deref();
    let of_version = |model: &&&Model| wanted_version.is_none_or(|wanted| model.version == wanted);
    let Some(found) = named.iter().find(of_version) else {
        let version = wanted_version.unwrap_or_default();
        let said = format!(
            "{region} does not offer version `{version}` of `{}`",
            wanted.model
        );
        return Check::new("model", Grade::Bad, said)
            .hint(format!("it offers `{}`", versions.join("`, `")));
    };
    if !found.skus.is_empty()
        && !found
            .skus
            .iter()
            .any(|sku| sku.eq_ignore_ascii_case(&wanted.sku))
    {
        let said = format!(
            "{region} does not offer `{}` {} as {}",
            wanted.model, found.version, wanted.sku
        );
        return Check::new("model", Grade::Bad, said)
            .hint(format!("it offers `{}`", found.skus.join("`, `")));
    }
    let said = format!(
        "`{}` {} as {} in {region}",
        wanted.model, found.version, wanted.sku
    );
    retirement(found.retires.as_deref(), today, &said)
}

fn retirement(retires: Option<&str>, today: &str, said: &str) -> Check {
    let Some(day) = retires.map(|day| day.get(..10).unwrap_or(day)) else {
        return Check::new("model", Grade::Ok, said);
    };
    let dates = (
        day.parse::<jiff::civil::Date>(),
        today.parse::<jiff::civil::Date>(),
    );
    let (Ok(end), Ok(today)) = dates else {
        return Check::new("model", Grade::Ok, said);
    };
    let left = (end - today).get_days();
    if left < 0 {
        let said = format!("{said}: retired on {day}");
        return Check::new("model", Grade::Bad, said)
            .hint("choose another with `-p modelVersion=…`");
    }
    let said = format!("{said}, retires on {day}");
    if left < 60 {
        return Check::new("model", Grade::Warning, said)
            .hint("plan for its successor: `-p modelName=… -p modelVersion=…`");
    }
    Check::new("model", Grade::Ok, said)
}

/// Which of the actions the permissions of a scope do not allow: `[{actions, notActions}]`.
pub(crate) fn missing_actions(actions: &[String], permissions: &[Value]) -> Vec<String> {
    let list = |permission: &Value, key: &str| -> Vec<String> {
        let patterns = permission.get(key).and_then(Value::as_array);
        patterns
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .map(str::to_owned)
            .collect()
    };
    let allows = |permission: &Value, action: &str| {
        let any = |key: &str| {
            list(permission, key)
                .iter()
                .any(|pattern| matches(pattern, action))
        };
        any("actions") && !any("notActions")
    };
    actions
        .iter()
        .filter(|action| !permissions.iter().any(|one| allows(one, action)))
        .cloned()
        .collect()
}

/// `*` stands for anything; letter case does not matter.
fn matches(pattern: &str, action: &str) -> bool {
    let (pattern, action) = (pattern.to_ascii_lowercase(), action.to_ascii_lowercase());
    let mut rest = action.as_str();
    let parts: Vec<&str> = pattern.split('*').collect();
    for (index, part) in parts.iter().enumerate() {
        let first = index == 0;
        let last = index + 1 == parts.len();
        if first && last {
            return rest == *part;
        }
        if last {
            return rest.ends_with(part);
        }
        let found = if first {
            rest.starts_with(part).then_some(0)
        } else {
            rest.find(part)
        };
        let Some(at) = found else {
            return false;
        };
        rest = &rest[at + part.len()..];
    }
    true
}

impl Quota {
    /// Reads the `value` of a region's usages.
    pub(crate) fn list(answer: &Value) -> Vec<Quota> {
        let items = answer.get("value").and_then(Value::as_array);
        let quota = |item: &Value| {
            Some(Quota {
                name: item.get("name")?.get("value")?.as_str()?.to_owned(),
                used: item.get("currentValue")?.as_f64()?,
                limit: item.get("limit")?.as_f64()?,
            })
        };
        items.into_iter().flatten().filter_map(quota).collect()
    }
}

impl Model {
    /// Reads the `value` of a region's models.
    pub(crate) fn list(answer: &Value) -> Vec<Model> {
        let items = answer.get("value").and_then(Value::as_array);
        let model = |item: &Value| {
            let model = item.get("model")?;
            let skus = model.get("skus").and_then(Value::as_array);
            let retires = model
                .pointer("/deprecation/inference")
                .and_then(Value::as_str);
            Some(Model {
                name: model.get("name")?.as_str()?.to_owned(),
                version: text(model, "version").to_owned(),
                skus: skus
                    .into_iter()
                    .flatten()
                    .map(|sku| text(sku, "name").to_owned())
                    .collect(),
                retires: retires.map(str::to_owned),
            })
        };
        items.into_iter().flatten().filter_map(model).collect()
    }
}
