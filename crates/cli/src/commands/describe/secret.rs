use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use weir_api::names::secret_type;

use super::events;
use super::head::{self, text};
use crate::failure::Failure;
use crate::output::sheet::Sheet;
use crate::session::Session;

/// The entry of a token secret that is shown, because whoever describes such a secret is after it.
const TOKEN: &str = "token";

/// Type, and how much stands under each name. What it is stays hidden, but for the token of a service account.
pub async fn fill(session: &Session<'_>, secret: &Value, sheet: &mut Sheet) -> Result<(), Failure> {
    head::fill(session.now(), secret, sheet);
    sheet.blank();
    sheet.field("Type", text(&secret["type"]));
    sheet.blank().text("Data").text("====");
    let keeps_token = secret["type"] == secret_type::SERVICE_ACCOUNT_TOKEN;
    for (name, value) in secret["data"].as_object().into_iter().flatten() {
        let content = STANDARD.decode(text(value)).unwrap_or_default();
        let shown = match String::from_utf8(content) {
            Ok(token) if keeps_token && name == TOKEN => token,
            Ok(content) => size(content.len()),
            Err(content) => size(content.as_bytes().len()),
        };
        sheet.field(name, shown);
    }
    sheet.blank();
    events::fill(session, &[secret], sheet).await
}

fn size(bytes: usize) -> String {
    format!("{bytes} bytes")
}
