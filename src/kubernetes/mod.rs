//! The manifest of an Indexed Job of Kubernetes that plays a scenario in shards, with all that the
//! Job needs and the Job that merges what its pods leave.
//!
//! Pure: text in, YAML out. Keys never come here, only the names under which pods find them.

#[cfg(test)]
mod tests;
mod text;

use std::fmt::Write as _;

use crate::scenario::{KeyReference, Scenario};
use text::{object_name, scalar, value};

/// A `ConfigMap` holds no more than this, its names included.
const CONFIG_MAP_BYTES: usize = 1_048_576;

/// Variable that holds the key of the one subscription that does not say where its key is.
const DEFAULT_KEY: &str = "APIM_API_KEY";

/// What a manifest is made of.
#[derive(Debug)]
pub(crate) struct Manifest<'a> {
    pub(crate) scenario: &'a Scenario,
    pub(crate) scenario_text: &'a str,
    pub(crate) policy_text: Option<&'a str>,
    /// At least 1.
    pub(crate) shards: u32,
    /// URL of the gateway.
    pub(crate) target: &'a str,
    pub(crate) image: &'a str,
    /// RFC 3339.
    pub(crate) start_at: Option<String>,
}

/// Why a scenario cannot run in pods.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ManifestError {
    #[error("the key of subscription `{subscription}` is in a file, which pods do not have")]
    KeyFile { subscription: String },
    #[error(
        "the key of subscription `{subscription}` is not in a variable, and pods have no other"
    )]
    KeyElsewhere { subscription: String },
    #[error("{count} subscriptions of the scenario do not say where their key is")]
    KeysUnknown { count: usize },
    #[error(
        "scenario and policy have {bytes} bytes, more than a ConfigMap holds ({CONFIG_MAP_BYTES})"
    )]
    TooLarge { bytes: usize },
}

impl ManifestError {
    pub(crate) fn hint(&self) -> &'static str {
        match self {
            ManifestError::KeyFile { .. } | ManifestError::KeyElsewhere { .. } => {
                "give it `key-env: NAME`"
            }
            ManifestError::KeysUnknown { .. } => {
                "give each `key-env: NAME`; APIM_API_KEY serves for one"
            }
            ManifestError::TooLarge { .. } => "shorten the prompts of the scenario",
        }
    }
}

impl Manifest<'_> {
    /// Claim, `ConfigMap`, Indexed Job and merging Job as one YAML file, in the order in which
    /// they are needed.
    ///
    /// # Errors
    ///
    /// When the pods could not have what the scenario needs.
    pub(crate) fn yaml(&self) -> Result<String, ManifestError> {
        let bytes = self.scenario_text.len() + self.policy_text.map_or(0, str::len);
        // Some room for the names of the two files.
        if bytes + 1_024 > CONFIG_MAP_BYTES {
            return Err(ManifestError::TooLarge { bytes });
        }
        let keys = self.keys()?;
        let name = object_name(&self.scenario.name);
        let documents = [
            claim(&name),
            self.config(&name),
            self.job(&name, &keys),
            self.merge_job(&name),
        ];
        // Comments are no document of their own: some readers stumble over an empty one.
        Ok(self.head(&name, &keys) + &documents.join("---\n"))
    }

    /// Names of the variables that hold keys.
    fn keys(&self) -> Result<Vec<&str>, ManifestError> {
        let mut names = Vec::new();
        let mut unnamed = 0;
        for subscription in &self.scenario.subscriptions {
            let name = match &subscription.key {
                KeyReference::Env(name) => name.as_str(),
                KeyReference::Local => {
                    unnamed += 1;
                    DEFAULT_KEY
                }
                KeyReference::File(_) => {
                    let subscription = subscription.id.clone();
                    return Err(ManifestError::KeyFile { subscription });
                }
                KeyReference::State(_) | KeyReference::Azure(_) => {
                    let subscription = subscription.id.clone();
                    return Err(ManifestError::KeyElsewhere { subscription });
                }
            };
            if !names.contains(&name) {
                names.push(name);
            }
        }
        if unnamed > 1 {
            return Err(ManifestError::KeysUnknown { count: unnamed });
        }
        Ok(names)
    }

    fn head(&self, name: &str, keys: &[&str]) -> String {
        let keys = keys.join(", ");
        let shards = self.shards;
        format!(
            r#"# {shards} shards of one scenario, and the Job that merges them.
#
#   kubectl create secret generic {name}-keys --from-env-file=FILE   (lines NAME=KEY: {keys})
#   kubectl apply --filename=THIS
#   kubectl wait --for=condition=complete --timeout=24h job/{name}
#   kubectl patch job {name}-merge --patch='{{"spec":{{"suspend":false}}}}'
#
# A pod that fails is not started again: the moments of its arrivals have passed by then.
"#
        )
    }

    fn config(&self, name: &str) -> String {
        let labels = labels(name);
        let mut out = format!(
            "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {name}\n{labels}data:\n  scenario.yaml: {}",
            value(self.scenario_text, 4)
        );
        if let Some(policy) = self.policy_text {
            let _infallible = write!(out, "  policy.xml: {}", value(policy, 4));
        }
        out
    }

    fn job(&self, name: &str, keys: &[&str]) -> String {
        let shards = self.shards;
        let mut arguments = vec!["loadtest".to_owned(), "/config/scenario.yaml".to_owned()];
        if self.policy_text.is_some() {
            arguments.extend(["--policy".to_owned(), "/config/policy.xml".to_owned()]);
        }
        arguments.push(format!("--target={}", self.target));
        arguments.push(format!("--shards={shards}"));
        arguments.extend(self.start_at.iter().map(|at| format!("--start-at={at}")));
        arguments.push("--out=/results/shards".to_owned());
        let mut env = String::from("          env:\n");
        for key in keys {
            let key = scalar(key);
            let _infallible = write!(
                env,
                "            - name: {key}\n              valueFrom:\n                secretKeyRef:\n                  name: {name}-keys\n                  key: {key}\n"
            );
        }
        let spec = format!(
            "  completionMode: Indexed\n  completions: {shards}\n  parallelism: {shards}\n  backoffLimit: 0\n"
        );
        job(
            name,
            &spec,
            &self.pod(name, "shard", &arguments, &env, true),
        )
    }

    fn merge_job(&self, name: &str) -> String {
        let arguments = ["merge", "/results/shards", "--out=/results/merged"];
        let arguments = arguments.map(str::to_owned);
        let pod = self.pod(name, "merge", &arguments, "", false);
        let spec =
            "  # Waits until the shards are done: see above.\n  suspend: true\n  backoffLimit: 0\n";
        job(&format!("{name}-merge"), spec, &pod)
    }

    fn pod(
        &self,
        name: &str,
        container: &str,
        arguments: &[String],
        env: &str,
        config: bool,
    ) -> String {
        let image = scalar(self.image);
        let arguments = arguments.iter().fold(String::new(), |list, argument| {
            list + "            - " + &scalar(argument) + "\n"
        });
        let (mount, volume) = if config {
            (
                "            - { name: config, mountPath: /config, readOnly: true }\n",
                format!("        - name: config\n          configMap: {{ name: {name} }}\n"),
            )
        } else {
            ("", String::new())
        };
        format!(
            r"      restartPolicy: Never
      automountServiceAccountToken: false
      securityContext:
        runAsNonRoot: true
        runAsUser: 65532
        runAsGroup: 65532
        fsGroup: 65532
        seccompProfile: {{ type: RuntimeDefault }}
      containers:
        - name: {container}
          image: {image}
          command: [apimon]
          args:
{arguments}{env}          resources:
            # One core of its own: a client that waits for a core measures itself.
            requests: {{ cpu: '1', memory: 256Mi }}
            limits: {{ memory: 1Gi }}
          securityContext:
            allowPrivilegeEscalation: false
            readOnlyRootFilesystem: true
            capabilities: {{ drop: [ALL] }}
          volumeMounts:
{mount}            - {{ name: results, mountPath: /results }}
      volumes:
{volume}        - name: results
          persistentVolumeClaim: {{ claimName: {name}-results }}
"
        )
    }
}

fn labels(name: &str) -> String {
    format!(
        "  labels:\n    app.kubernetes.io/name: apimon\n    app.kubernetes.io/instance: {name}\n"
    )
}

/// Where all pods leave their run directories.
fn claim(name: &str) -> String {
    let labels = labels(name);
    format!(
        r"apiVersion: v1
kind: PersistentVolumeClaim
metadata:
  name: {name}-results
{labels}spec:
  # Pods on several nodes write to it; on AKS the class `azurefile-csi` can do that.
  accessModes: [ReadWriteMany]
  resources:
    requests: {{ storage: 5Gi }}
"
    )
}

fn job(name: &str, spec: &str, pod: &str) -> String {
    let labels = labels(name);
    format!(
        "apiVersion: batch/v1\nkind: Job\nmetadata:\n  name: {name}\n{labels}spec:\n{spec}  template:\n    spec:\n{pod}"
    )
}
