use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::id::{Target, place};
use super::wire::Refusal;
use crate::arm::{self, ArmError};
use crate::base::Seed;
use crate::engine::Credentials;

/// What the plane is told before it starts.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    pub(crate) tenant: String,
    pub(crate) subscription: String,
    /// What names, ids and keys are drawn from.
    pub(crate) seed: u64,
    pub(crate) pace: Pace,
    /// What `Retry-After` says, in seconds.
    pub(crate) retry_after: u64,
    /// Items of one page of a list.
    pub(crate) page: usize,
    /// Whom the gateways trust.
    pub(crate) credentials: Credentials,
}

/// How long things take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Pace {
    /// An API Management service.
    pub(crate) service: Duration,
    /// An account, a namespace, a workspace, and a deletion.
    pub(crate) account: Duration,
    /// A model deployment.
    pub(crate) model: Duration,
}

impl Pace {
    /// Everything in proportion to an API Management service, which takes longest.
    pub(crate) fn of(service: Duration) -> Pace {
        Pace {
            service,
            account: service / 2,
            model: service / 4,
        }
    }
}

/// One resource.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Entry {
    pub(super) id: String,
    pub(super) kind: String,
    /// As a GET answers it.
    pub(super) value: Value,
    /// What no GET answers: keys, values of secrets, texts as they were sent.
    pub(super) hidden: Map<String, Value>,
    pub(super) etag: u64,
}

/// All resources, and what is known beside them.
#[derive(Debug, Clone)]
pub(super) struct State {
    pub(super) settings: Settings,
    /// By id in small letters.
    pub(super) resources: BTreeMap<String, Entry>,
    /// Soft-deleted ones by id in small letters, children included.
    pub(super) deleted: BTreeMap<String, Deleted>,
    /// Namespaces in small letters that somebody unregistered.
    pub(super) unregistered: BTreeSet<String>,
    /// API Management services, by id in small letters, that changed since somebody asked.
    pub(super) changed: BTreeSet<String>,
    pub(super) counter: u64,
}

/// A resource that is deleted and can be brought back.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Deleted {
    pub(super) entry: Entry,
    pub(super) children: Vec<Entry>,
    pub(super) at: Timestamp,
}

impl Entry {
    pub(super) fn etag(&self) -> String {
        etag(self.etag)
    }

    pub(super) fn name(&self) -> &str {
        self.value["name"].as_str().unwrap_or_default()
    }

    /// A property as text; empty when it is not there.
    pub(super) fn text(&self, property: &str) -> &str {
        self.value["properties"][property]
            .as_str()
            .unwrap_or_default()
    }

    /// A hidden text; empty when it is not there.
    pub(super) fn secret(&self, name: &str) -> &str {
        self.hidden
            .get(name)
            .and_then(Value::as_str)
            .unwrap_or_default()
    }

    pub(super) fn provisioning(&self) -> &str {
        self.text("provisioningState")
    }
}

pub(super) fn etag(number: u64) -> String {
    format!("\"{}\"", STANDARD.encode(number.to_be_bytes()))
}

impl State {
    pub(super) fn new(settings: Settings) -> State {
        State {
            settings,
            resources: BTreeMap::new(),
            deleted: BTreeMap::new(),
            unregistered: BTreeSet::new(),
            changed: BTreeSet::new(),
            counter: 0,
        }
    }

    pub(super) fn find(&self, id: &str) -> Option<&Entry> {
        self.resources
            .get(id.trim_end_matches('/').to_lowercase().as_str())
    }

    /// A number that was not given out before.
    pub(super) fn next(&mut self) -> u64 {
        self.counter += 1;
        self.counter
    }

    /// Randomness of one purpose; it is the same in every run with the same seed.
    pub(super) fn seed(&self, purpose: &str) -> Seed {
        Seed::new(self.settings.seed).derive(&purpose.to_lowercase())
    }

    /// A GUID for one purpose.
    pub(super) fn guid(&self, purpose: &str) -> String {
        let mut seed = self.seed("guid").derive(&purpose.to_lowercase());
        guid(&mut seed)
    }

    /// So many hexadecimal digits, in 16s, for one purpose.
    pub(super) fn hex(&self, purpose: &str, words: usize) -> String {
        let mut seed = self.seed("key").derive(&purpose.to_lowercase());
        let words = (0..words).map(|_| format!("{:016x}", seed.next_u64()));
        words.collect::<Vec<_>>().concat()
    }

    /// Puts a resource in its place; it keeps its `ETag` when nothing about it changed.
    pub(super) fn put(&mut self, id: &str, kind: &str, value: Value, hidden: Map<String, Value>) {
        let key = id.to_lowercase();
        let same = self.resources.get(&key);
        let same = same.filter(|old| old.value == value && old.hidden == hidden);
        let etag = match same {
            Some(old) => old.etag,
            None => self.next(),
        };
        let entry = Entry {
            id: id.to_owned(),
            kind: kind.to_owned(),
            value,
            hidden,
            etag,
        };
        self.touch(&key);
        self.resources.insert(key, entry);
    }

    /// Removes a resource with all below it, and answers with them; the resource itself is first.
    pub(super) fn take(&mut self, id: &str) -> Vec<Entry> {
        let key = id.to_lowercase();
        self.touch(&key);
        let below = format!("{key}/");
        let keys: Vec<String> = std::iter::once(key.clone())
            .chain(self.below(&below).map(|(key, _)| key.clone()))
            .collect();
        keys.iter()
            .filter_map(|key| {
                self.touch(key);
                self.resources.remove(key)
            })
            .collect()
    }

    /// Resources whose ids begin so; `prefix` is in small letters.
    pub(super) fn below<'s>(
        &'s self,
        prefix: &'s str,
    ) -> impl Iterator<Item = (&'s String, &'s Entry)> {
        self.resources
            .range(prefix.to_owned()..)
            .take_while(move |(key, _)| key.starts_with(prefix))
    }

    /// Direct children of a type, such as the `apis` of a service, or resources of a scope.
    pub(super) fn children(&self, parent: &str, kind: &str) -> Vec<&Entry> {
        let prefix = format!("{}/{}/", parent.to_lowercase(), kind.to_lowercase());
        self.resources
            .range(prefix.clone()..)
            .take_while(|(key, _)| key.starts_with(&prefix))
            .filter(|(key, _)| !key[prefix.len()..].contains('/'))
            .map(|(_, entry)| entry)
            .collect()
    }

    /// Notes that the service that an id belongs to has changed. What it calls is part of it: an
    /// account or a right that changes may change every service.
    fn touch(&mut self, key: &str) {
        const SERVICE: &str = "/providers/microsoft.apimanagement/service/";
        if let Some((scope, rest)) = key.split_once(SERVICE) {
            let name = rest.split('/').next().unwrap_or(rest);
            self.changed.insert(format!("{scope}{SERVICE}{name}"));
        } else if key.contains("/microsoft.cognitiveservices/")
            || key.contains("/microsoft.authorization/")
        {
            let services: Vec<String> = self
                .services()
                .map(|entry| entry.id.to_lowercase())
                .collect();
            self.changed.extend(services);
        }
    }

    pub(super) fn services(&self) -> impl Iterator<Item = &Entry> {
        self.of_kind("Microsoft.ApiManagement/service")
    }

    pub(super) fn of_kind<'s>(&'s self, kind: &'s str) -> impl Iterator<Item = &'s Entry> {
        self.resources
            .values()
            .filter(move |entry| entry.kind.eq_ignore_ascii_case(kind))
    }

    /// The path with the group and the resources in it spelled as they were made.
    pub(super) fn spelled(&self, target: &Target) -> String {
        let mut target = target.clone();
        if let Some(scope) = self.find(&target.scope) {
            target.scope.clone_from(&scope.id);
        } else if let (Some(subscription), Some(group)) = place(&target.scope) {
            target.scope = format!("/subscriptions/{subscription}/resourceGroups/{group}");
        } else if let (Some(subscription), None) = place(&target.scope) {
            target.scope = format!("/subscriptions/{subscription}");
        }
        if let Some(parent) = target.parent().and_then(|parent| {
            let id = parent.id();
            self.find(&id).cloned()
        }) {
            let kind = target.types.last().map_or("", String::as_str);
            return format!("{}/{kind}/{}", parent.id, target.name());
        }
        target.id()
    }

    /// The group that an id lies in.
    pub(super) fn group_of(&self, id: &str) -> Option<&Entry> {
        let (subscription, group) = place(id);
        self.find(&format!(
            "/subscriptions/{}/resourceGroups/{}",
            subscription?, group?
        ))
    }

    pub(super) fn subscription_is(&self, id: &str) -> bool {
        id.eq_ignore_ascii_case(&self.settings.subscription)
    }

    /// # Errors
    ///
    /// When there is no such subscription.
    pub(super) fn subscribed(&self, id: &str) -> Result<(), Refusal> {
        if self.subscription_is(id) {
            return Ok(());
        }
        Err(Refusal::new(
            404,
            "SubscriptionNotFound",
            format!("The subscription '{id}' could not be found."),
        ))
    }

    pub(super) fn subscription_value(&self) -> Value {
        let id = &self.settings.subscription;
        json!({
            "id": format!("/subscriptions/{id}"),
            "subscriptionId": id,
            "tenantId": self.settings.tenant,
            "displayName": "apimon local",
            "state": "Enabled",
            "authorizationSource": "RoleBased",
            "subscriptionPolicies": {
                "locationPlacementId": "Public_2014-09-01",
                "quotaId": "PayAsYouGo_2014-09-01",
                "spendingLimit": "Off",
            },
        })
    }
}

impl arm::Store for State {
    fn resource(&self, id: &str, _: Option<&str>) -> Option<Value> {
        self.find(id).map(|entry| entry.value.clone())
    }

    fn list(
        &self,
        id: &str,
        action: &str,
        _: &str,
        body: Option<&Value>,
    ) -> Result<Value, ArmError> {
        super::actions::read(self, id, action, body).map_err(|refusal| refusal.error)
    }

    fn group(&self, subscription: &str, name: &str) -> Option<Value> {
        let id = format!("/subscriptions/{subscription}/resourceGroups/{name}");
        self.find(&id).map(|entry| entry.value.clone())
    }

    fn subscription(&self, id: &str) -> Option<Value> {
        self.subscription_is(id).then(|| self.subscription_value())
    }

    fn group_resources(&self, subscription: &str, group: &str) -> Vec<Value> {
        let scope = format!("/subscriptions/{subscription}/resourcegroups/{group}/providers/");
        let scope = scope.to_lowercase();
        self.below(&scope)
            .filter(|(key, entry)| {
                key[scope.len()..].split('/').count() == 3
                    && !entry
                        .kind
                        .eq_ignore_ascii_case("Microsoft.Resources/deployments")
            })
            .map(|(_, entry)| entry.value.clone())
            .collect()
    }
}

/// A version 4 GUID.
pub(super) fn guid(seed: &mut Seed) -> String {
    let (high, low) = (seed.next_u64(), seed.next_u64());
    format!(
        "{:08x}-{:04x}-4{:03x}-{:04x}-{:012x}",
        high >> 32,
        (high >> 16) & 0xffff,
        high & 0xfff,
        0x8000 | (low >> 48) & 0x3fff,
        low & 0xffff_ffff_ffff
    )
}
