//! `secrets`: which secrets a service account may use.

use serde_json::{Value, json};

use crate::editing::{Edited, edit};
use crate::failure::Failure;
use crate::resource::Resource;
use crate::session::Session;

/// Give secrets to service accounts
#[derive(clap::Args, Debug)]
pub struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(clap::Subcommand, Debug)]
enum What {
    /// Let a service account use secrets
    ///
    /// For example: secrets link builder hub --for=pull
    #[command(visible_alias = "add")]
    Link(Link),
    /// Take secrets from a service account
    Unlink(Unlink),
}

#[derive(clap::Args, Debug)]
struct Link {
    /// The service account
    account: String,
    /// The secrets
    #[arg(required = true, value_name = "SECRET")]
    secrets: Vec<String>,
    /// What for: for pods to mount, for pulling images
    #[arg(long = "for", value_name = "USE", value_delimiter = ',', default_value = "mount")]
    uses: Vec<Use>,
}

#[derive(clap::Args, Debug)]
struct Unlink {
    /// The service account
    account: String,
    /// The secrets
    #[arg(required = true, value_name = "SECRET")]
    secrets: Vec<String>,
}

#[derive(clap::ValueEnum, Clone, Copy, Debug)]
enum Use {
    Mount,
    Pull,
}

impl Use {
    /// The list of the account that says so.
    fn field(self) -> &'static str {
        match self {
            Self::Mount => "secrets",
            Self::Pull => "imagePullSecrets",
        }
    }
}

pub async fn run(args: Args, session: &Session<'_>) -> Result<(), Failure> {
    match args.what {
        What::Link(args) => link(&args, session).await,
        What::Unlink(args) => unlink(&args, session).await,
    }
}

fn account(name: &str) -> &str {
    name.trim_start_matches("sa/").trim_start_matches("serviceaccount/")
}

fn secret(name: &str) -> &str {
    name.trim_start_matches("secret/").trim_start_matches("secrets/")
}

async fn link(args: &Link, session: &Session<'_>) -> Result<(), Failure> {
    let (api, namespace) = (session.api().await?, session.namespace().await?);
    for name in &args.secrets {
        api.get(&Resource::secrets().object(namespace, secret(name))).await?;
    }
    let path = Resource::service_accounts().object(namespace, account(&args.account));
    edit(api, &path, |account| {
        for used in &args.uses {
            let mut list = account[used.field()].as_array().cloned().unwrap_or_default();
            for name in args.secrets.iter().map(|name| secret(name)) {
                if !list.iter().any(|known| known["name"] == name) {
                    list.push(json!({ "name": name }));
                }
            }
            account[used.field()] = list.into();
        }
        Ok(())
    })
    .await
    .map(drop)
}

async fn unlink(args: &Unlink, session: &Session<'_>) -> Result<(), Failure> {
    let path = Resource::service_accounts().object(session.namespace().await?, account(&args.account));
    let edited = edit(session.api().await?, &path, |account| {
        for field in [Use::Mount, Use::Pull].map(Use::field) {
            if let Some(list) = account[field].as_array_mut() {
                let meant = |known: &Value| args.secrets.iter().any(|name| known["name"] == secret(name));
                list.retain(|known| !meant(known));
            }
        }
        Ok(())
    })
    .await?;
    match edited {
        Edited::Unchanged => Ok(()),
        Edited::Changed => {
            let label = Resource::service_accounts().named(account(&args.account));
            session.terminal.line(format!("{label} updated"))
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::testing::Server;

    #[tokio::test]
    async fn a_secret_is_linked_for_what_it_is_for() {
        let server = Server::new();
        server.on("GET /api/v1/namespaces/myproject/secrets/hub", 200, json!({}));
        let path = "/api/v1/namespaces/myproject/serviceaccounts/builder";
        let account = json!({"metadata": {"resourceVersion": "1"}, "secrets": [{"name": "a"}]});
        server.on(&format!("GET {path}"), 200, account);
        let call = format!("PATCH {path}?fieldManager=kubectl-set");
        server.on(&call, 200, json!({}));
        assert_eq!(server.run("secrets link builder hub --for=pull,mount").await.code, 0);
        let sent = server.body(&call);
        assert_eq!(sent["imagePullSecrets"], json!([{"name": "hub"}]));
        assert_eq!(sent["secrets"], json!([{"name": "a"}, {"name": "hub"}]));
    }
}
