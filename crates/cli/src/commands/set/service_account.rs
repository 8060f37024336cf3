use super::objects::{change_each, pod_spec};
use crate::failure::Failure;
use crate::session::Session;

/// Set the service account that pods run as
///
/// For example: set serviceaccount dc/web builder
#[derive(clap::Args, Debug)]
pub struct Args {
    /// The objects, then the name of the service account
    #[arg(value_name = "TYPE/NAME|ACCOUNT", required = true, num_args = 2..)]
    words: Vec<String>,
}

pub async fn run(args: Args, session: &Session<'_>) -> Result<(), Failure> {
    let Some((account, objects)) = args.words.split_last() else {
        return Err(Failure::usage("name an object and a service account"));
    };
    change_each(session, objects, "serviceaccount updated", |object| {
        pod_spec(object)?["serviceAccountName"] = account.as_str().into();
        Ok(())
    })
    .await
}
