use std::path::PathBuf;

use serde_json::Value;

use crate::api::Api;
use crate::failure::Failure;
use crate::manifest;
use crate::resource::Resource;
use crate::selection::Selection;
use crate::session::Session;
use crate::target::Targets;

/// The objects a command works on, as they were asked for.
#[derive(Clone, Debug, Default)]
pub struct Choice<'a> {
    pub words: &'a [String],
    pub files: &'a [PathBuf],
    pub labels: Option<&'a str>,
    pub fields: Option<&'a str>,
    /// Everything of the kinds named.
    pub all: bool,
    pub all_namespaces: bool,
}

/// One object by its address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chosen {
    pub resource: Resource,
    /// Empty for kinds without namespaces.
    pub namespace: String,
    pub name: String,
}

impl Choice<'_> {
    /// The addresses of the objects. Names are taken at their word; selectors ask the server.
    pub async fn resolve(&self, session: &Session<'_>) -> Result<Vec<Chosen>, Failure> {
        if !self.files.is_empty() {
            return self.in_files(session).await;
        }
        if self.words.is_empty() {
            return Err(Failure::usage("you must provide one or more resources")
                .hint("as TYPE/NAME, as TYPE and names, as TYPE with --selector or --all, or in a file with -f"));
        }
        let targets = Targets::parse(self.words, session.discovery().await?)?;
        let mut chosen = Vec::new();
        for target in targets.targets {
            if target.names.is_empty() {
                chosen.extend(self.listed(session, &target.resource).await?);
            } else if self.all || self.labels.is_some() {
                return Err(Failure::usage("names exclude --all and --selector"));
            } else {
                let namespace = session.namespace().await?;
                chosen.extend(
                    target
                        .names
                        .into_iter()
                        .map(|name| Chosen::new(&target.resource, namespace, name)),
                );
            }
        }
        Ok(chosen)
    }

    async fn in_files(&self, session: &Session<'_>) -> Result<Vec<Chosen>, Failure> {
        let discovery = session.discovery().await?;
        let namespace = session.namespace().await?;
        let asked = session.global.namespace.as_deref();
        let documents = manifest::read(self.files, false, &session.terminal)?;
        let address = |document: &manifest::Document| {
            Ok(Chosen::new(
                document.resource(discovery)?,
                &document.namespace(namespace, asked)?,
                document.name()?,
            ))
        };
        documents.iter().map(address).collect()
    }

    async fn listed(&self, session: &Session<'_>, resource: &Resource) -> Result<Vec<Chosen>, Failure> {
        if !self.all && self.labels.is_none() && self.fields.is_none() {
            return Err(Failure::usage("resource(s) were provided, but no name was specified")
                .hint("name the objects, or choose them with --selector or --all"));
        }
        let namespace = match self.all_namespaces {
            true => None,
            false => Some(session.namespace().await?.to_string()),
        };
        let selection = Selection {
            namespace,
            labels: self.labels.map(str::to_string),
            fields: self.fields.map(str::to_string),
            page: None,
        };
        let objects = selection.list(session.api().await?, resource).await?;
        Ok(objects.iter().map(|object| Chosen::of(resource, object)).collect())
    }
}

impl Chosen {
    pub fn new(resource: &Resource, namespace: &str, name: String) -> Self {
        Self {
            resource: resource.clone(),
            namespace: if resource.namespaced {
                namespace.into()
            } else {
                String::new()
            },
            name,
        }
    }

    fn of(resource: &Resource, object: &Value) -> Self {
        let field = |name: &str| object["metadata"][name].as_str().unwrap_or_default();
        Self::new(resource, field("namespace"), field("name").into())
    }

    pub fn path(&self) -> String {
        self.resource.object(&self.namespace, &self.name)
    }

    pub fn subresource(&self, subresource: &str) -> String {
        self.resource.subresource(&self.namespace, &self.name, subresource)
    }

    /// `imagestream.image.openshift.io/web`.
    pub fn label(&self) -> String {
        self.resource.named(&self.name)
    }

    /// That it was `deleted`, say: with the namespace it was in.
    pub fn told(&self, done: &str) -> String {
        let subject = format!("{} \"{}\" {done}", self.resource.label(), self.name);
        match self.namespace.as_str() {
            "" => subject,
            namespace => format!("{subject} from {namespace} namespace"),
        }
    }

    pub async fn get(&self, api: &Api) -> Result<Value, Failure> {
        api.get(&self.path()).await
    }
}
