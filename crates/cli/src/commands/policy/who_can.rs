use serde_json::{Value, json};

use crate::api::Call;
use crate::failure::Failure;
use crate::resource::Resource;
use crate::session::Session;

#[derive(clap::Args, Debug)]
pub struct WhoCan {
    /// What somebody would do, such as get or create
    verb: String,
    /// The kind it would be done with
    resource: String,
    /// The object it would be done with
    name: Option<String>,
    /// Ask about all projects
    #[arg(short = 'A', long)]
    all_namespaces: bool,
}

impl WhoCan {
    pub async fn run(self, session: &Session<'_>) -> Result<(), Failure> {
        let (kind, subresource) = match self.resource.split_once('/') {
            Some((kind, subresource)) => (kind, Some(subresource)),
            None => (self.resource.as_str(), None),
        };
        let resource = session.discovery().await?.find(kind)?;
        let namespace = match self.all_namespaces {
            true => "",
            false => session.namespace().await?,
        };
        let plural = match subresource {
            Some(subresource) => format!("{}/{subresource}", resource.plural),
            None => resource.plural.clone(),
        };
        let answer = self.ask(session, resource, &plural, namespace).await?;
        let shown = match subresource {
            Some(subresource) => format!("{}/{subresource}", resource.plural_label()),
            None => resource.plural_label(),
        };
        session.terminal.print(&text(&answer, namespace, &self.verb, &shown))
    }

    async fn ask(
        &self,
        session: &Session<'_>,
        resource: &Resource,
        plural: &str,
        namespace: &str,
    ) -> Result<Value, Failure> {
        let question = match namespace {
            "" => Resource::resource_access_reviews(),
            _ => Resource::local_resource_access_reviews(),
        };
        let body = json!({
            "apiVersion": question.api_version(),
            "kind": question.kind,
            "namespace": namespace,
            "verb": self.verb,
            "resourceAPIGroup": resource.group,
            "resourceAPIVersion": resource.version,
            "resource": plural,
            "resourceName": self.name.clone().unwrap_or_default(),
            "path": "",
            "isNonResourceURL": false,
            "content": null,
        });
        let call = Call::post(&question.collection(Some(namespace)), &body);
        session.api().await?.json(call).await
    }
}

fn text(answer: &Value, namespace: &str, verb: &str, resource: &str) -> String {
    let place = match namespace {
        "" => "<all>",
        namespace => namespace,
    };
    let users = names(&answer["users"], "Users:  ");
    let groups = names(&answer["groups"], "Groups: ");
    // The first line is what `oc` prints of an answer that has no name.
    format!(
        "resourceaccessreviewresponse.authorization.openshift.io/<unknown> \n\nNamespace: {place}\nVerb:      {verb}\n\
         Resource:  {resource}\n\n{users}{groups}\n"
    )
}

fn names(names: &Value, label: &str) -> String {
    let names: Vec<&str> = names
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    match names.as_slice() {
        [] => format!("{label}none\n"),
        names => format!("{label}{}\n", names.join("\n        ")),
    }
}
