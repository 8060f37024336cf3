use serde_json::{Value, json};

/// What is to become of the triggers.
#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    Set { source: Source, automatic: bool },
    Remove(Source),
    RemoveAll,
    All { automatic: bool },
}

/// One kind of trigger.
#[derive(Clone, Debug, PartialEq)]
pub enum Source {
    Config,
    Image {
        tag: StreamTag,
        containers: Vec<String>,
    },
    /// By the type of the trigger: `GitHub`, `GitLab`, `Bitbucket`, `Generic`.
    Webhook(&'static str),
    WebhookAllowEnv,
}

/// `[PROJECT/]STREAM:TAG`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StreamTag {
    pub namespace: Option<String>,
    pub name: String,
}

impl StreamTag {
    pub fn parse(text: &str) -> Result<Self, String> {
        let (namespace, name) = match text.split_once('/') {
            Some((namespace, name)) => (Some(namespace), name),
            None => (None, text),
        };
        let complete = |part: &str| !part.is_empty() && !part.contains(['/', ' ']);
        let has_tag = name
            .split_once(':')
            .is_some_and(|(stream, tag)| complete(stream) && complete(tag) && !tag.contains(':'));
        if !has_tag || namespace.is_some_and(|namespace| !complete(namespace)) {
            return Err(format!(
                "`{text}` is no tag of an image stream; write STREAM:TAG or PROJECT/STREAM:TAG"
            ));
        }
        Ok(Self {
            namespace: namespace.map(str::to_string),
            name: name.into(),
        })
    }

    /// The reference as an object of `own` namespace holds it: the own namespace goes without saying.
    pub fn reference(&self, own: &str) -> Value {
        match self.namespace.as_deref().filter(|namespace| *namespace != own) {
            Some(namespace) => json!({"kind": "ImageStreamTag", "name": self.name, "namespace": namespace}),
            None => json!({"kind": "ImageStreamTag", "name": self.name}),
        }
    }

    /// Whether `reference`, of an object in `own` namespace, means this tag.
    pub fn is(&self, reference: &Value, own: &str) -> bool {
        let namespace = reference["namespace"]
            .as_str()
            .filter(|namespace| !namespace.is_empty())
            .unwrap_or(own);
        reference["kind"].as_str().unwrap_or("ImageStreamTag") == "ImageStreamTag"
            && reference["name"] == self.name.as_str()
            && namespace == self.namespace.as_deref().unwrap_or(own)
    }
}

/// The triggers of an object as a list; absent is empty.
pub fn triggers(object: &Value) -> Vec<Value> {
    object["spec"]["triggers"].as_array().cloned().unwrap_or_default()
}

pub fn is_config(trigger: &Value) -> bool {
    trigger["type"] == "ConfigChange"
}

/// Puts the configuration trigger first when it is not there.
pub fn add_config(triggers: &mut Vec<Value>) {
    if !triggers.iter().any(is_config) {
        triggers.insert(0, json!({"type": "ConfigChange"}));
    }
}
