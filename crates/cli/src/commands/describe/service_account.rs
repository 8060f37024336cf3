use serde_json::Value;
use weir_api::names::{annotation, secret_type};

use super::events;
use super::head::{self, text};
use crate::failure::Failure;
use crate::output::sheet::Sheet;
use crate::resource::Resource;
use crate::selection::Selection;
use crate::session::Session;

/// The secrets of an account: what it pulls images with, what its pods may mount, and those that keep a token of it.
pub async fn fill(session: &Session<'_>, account: &Value, sheet: &mut Sheet) -> Result<(), Failure> {
    head::fill(session.now(), account, sheet);
    sheet.lines("Image pull secrets", names(&account["imagePullSecrets"]));
    sheet.lines("Mountable secrets", names(&account["secrets"]));
    sheet.lines("Tokens", tokens(session, &account["metadata"]).await?);
    sheet.blank();
    events::fill(session, &[account], sheet).await
}

fn names(references: &Value) -> Vec<String> {
    let references = references.as_array().into_iter().flatten();
    references
        .map(|reference| text(&reference["name"]).to_owned())
        .collect()
}

/// The secrets that keep tokens of the account. Not everybody who may see an account may see them.
async fn tokens(session: &Session<'_>, account: &Value) -> Result<Vec<String>, Failure> {
    let selection = Selection {
        fields: Some(format!("type={}", secret_type::SERVICE_ACCOUNT_TOKEN)),
        ..Selection::in_namespace(text(&account["namespace"]))
    };
    let secrets = match selection.list(session.api().await?, &Resource::secrets()).await {
        Err(failure) if failure.is_forbidden() => return Ok(vec!["<hidden>".to_owned()]),
        secrets => secrets?,
    };
    let of_account = secrets.iter().filter(|secret| {
        let annotations = &secret["metadata"]["annotations"];
        annotations[annotation::TOKEN_ACCOUNT] == account["name"]
            && annotations[annotation::TOKEN_ACCOUNT_UID] == account["uid"]
    });
    Ok(of_account
        .map(|secret| text(&secret["metadata"]["name"]).to_owned())
        .collect())
}
