use serde_json::{Value, json};

use super::plan::{self, Direction, Place, Role, Write};
use super::subjects;
use crate::api::{Api, Call};
use crate::failure::Failure;
use crate::session::Session;

#[derive(clap::Args, Debug)]
pub struct UserChange {
    /// Name of the role
    role: String,
    /// Names of the users
    #[arg(value_name = "USER", required_unless_present = "serviceaccount")]
    users: Vec<String>,
    /// A service account of this project; may be repeated
    #[arg(short = 'z', long, value_name = "NAME")]
    serviceaccount: Vec<String>,
    #[command(flatten)]
    options: Options,
}

#[derive(clap::Args, Debug)]
pub struct GroupChange {
    /// Name of the role
    role: String,
    /// Names of the groups
    #[arg(value_name = "GROUP", required = true)]
    groups: Vec<String>,
    #[command(flatten)]
    options: Options,
}

#[derive(clap::Args, Debug)]
struct Options {
    /// Project of the role, if it is not one of the cluster
    #[arg(long, value_name = "NAME")]
    role_namespace: Option<String>,
    /// Name of the binding to make or change
    #[arg(long, value_name = "NAME")]
    rolebinding_name: Option<String>,
}

impl UserChange {
    pub async fn run(self, place: Place, direction: Direction, session: &Session<'_>) -> Result<(), Failure> {
        let namespace = session.namespace().await?;
        let accounts = self.serviceaccount.iter();
        let accounts = accounts.map(|name| subjects::service_account(namespace, name));
        let subjects = self
            .users
            .iter()
            .map(|name| subjects::user(name))
            .chain(accounts)
            .collect();
        let names = self.users.iter().chain(&self.serviceaccount).cloned().collect();
        change(place, direction, self.role, self.options, (subjects, names), session).await
    }
}

impl GroupChange {
    pub async fn run(self, place: Place, direction: Direction, session: &Session<'_>) -> Result<(), Failure> {
        let subjects = self.groups.iter().map(|name| subjects::group(name)).collect();
        change(
            place,
            direction,
            self.role,
            self.options,
            (subjects, self.groups),
            session,
        )
        .await
    }
}

async fn change(
    place: Place,
    direction: Direction,
    role: String,
    options: Options,
    (subjects, names): (Vec<Value>, Vec<String>),
    session: &Session<'_>,
) -> Result<(), Failure> {
    let api = session.api().await?;
    let role = role_of(&place, role, options.role_namespace.as_deref())?;
    let name = options.rolebinding_name.as_deref();
    let existing = bindings(api, &place).await?;
    let (writes, done) = match direction {
        Direction::Add => {
            warn_of_missing(session, &place, &role).await?;
            subjects::warn_of_missing(session, &subjects).await?;
            let write = plan::add(&place, &role, name, &subjects, &existing);
            (write.into_iter().collect(), "added")
        }
        Direction::Remove => (plan::remove(&place, &role, name, &subjects, &existing)?, "removed"),
    };
    for write in writes {
        apply(api, &place, write).await?;
    }
    let label = role.resource().named(&role.name);
    session.terminal.line(format!("{label} {done}: {}", quoted(&names)))
}

/// A role may be given before it is made; it is worth a word.
async fn warn_of_missing(session: &Session<'_>, place: &Place, role: &Role) -> Result<(), Failure> {
    let path = role.resource().object(place.namespace(), &role.name);
    if session.api().await?.find(&path).await?.is_none() {
        session
            .terminal
            .note(format!("Warning: role '{}' not found", role.name));
    }
    Ok(())
}

/// A role of the project only when its project is named, and that must be this one.
fn role_of(place: &Place, name: String, role_namespace: Option<&str>) -> Result<Role, Failure> {
    let kind = match (place, role_namespace) {
        (_, None) => "ClusterRole",
        (Place::Namespace(here), Some(namespace)) if here == namespace => "Role",
        (Place::Namespace(here), Some(namespace)) => {
            return Err(Failure::refused(format!(
                "role binding in namespace \"{here}\" can't reference role in different namespace \"{namespace}\""
            )));
        }
        (Place::Cluster, Some(_)) => {
            return Err(Failure::usage("a role of a project cannot be given in all projects"));
        }
    };
    Ok(Role { kind, name })
}

async fn bindings(api: &Api, place: &Place) -> Result<Vec<Value>, Failure> {
    let list = api.get(&place.bindings().collection(Some(place.namespace()))).await?;
    Ok(list["items"].as_array().cloned().unwrap_or_default())
}

async fn apply(api: &Api, place: &Place, write: Write) -> Result<(), Failure> {
    let resource = place.bindings();
    let object = |name: &str| resource.object(place.namespace(), name);
    let call = match write {
        Write::Create(binding) => Call::post(&resource.collection(Some(place.namespace())), &binding),
        Write::Replace(binding) => Call::put(
            &object(binding["metadata"]["name"].as_str().unwrap_or_default()),
            &binding,
        ),
        Write::Delete(name) => Call::delete(&object(&name), &json!({})),
    };
    api.json(call).await.map(drop)
}

/// One name in quotes, several in brackets.
fn quoted(names: &[String]) -> String {
    match names {
        [name] => format!("{name:?}"),
        names => {
            let names: Vec<String> = names.iter().map(|name| format!("{name:?}")).collect();
            format!("[{}]", names.join(" "))
        }
    }
}
