//! The secret of an address against those of the triggers.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};
use subtle::{Choice, ConstantTimeEq};
use weir_api::build::WebHookTrigger;
use weir_apiserver::RequestContext;

use crate::core::SECRETS;
use crate::json;

/// Where a Secret that a trigger refers to has the secret of the address.
const KEY: &str = "WebHookSecretKey";

/// The first trigger that has this secret. What it costs depends on the triggers alone, never on how nearly a secret
/// was right.
pub(super) async fn accepting<'a>(
    cx: &RequestContext,
    given: &str,
    triggers: &[&'a WebHookTrigger],
) -> Option<&'a WebHookTrigger> {
    let mut found = None;
    for trigger in triggers {
        let own = is(given.as_bytes(), trigger.secret.as_bytes());
        let referred = is(given.as_bytes(), &referred(cx, trigger).await);
        if bool::from(own | referred) && found.is_none() {
            found = Some(*trigger);
        }
    }
    found
}

/// The value in the Secret that the trigger refers to; empty when there is none.
async fn referred(cx: &RequestContext, trigger: &WebHookTrigger) -> Vec<u8> {
    let Some(reference) = &trigger.secret_reference else {
        return Vec::new();
    };
    let secret = match cx.objects.get(&SECRETS, &cx.namespace, &reference.name).await {
        Ok(secret) => secret,
        Err(error) => {
            if !error.is_not_found() {
                tracing::warn!(secret = reference.name, %error, "the secret of a webhook cannot be read");
            }
            return Vec::new();
        }
    };
    STANDARD
        .decode(json::text(&secret, &format!("/data/{KEY}")))
        .unwrap_or_default()
}

/// Whether they are the same, in a time that depends on the lengths alone: hashes are compared, to their ends. What is
/// empty is no secret.
fn is(given: &[u8], secret: &[u8]) -> Choice {
    let same = Sha256::digest(given).ct_eq(&Sha256::digest(secret));
    same & Choice::from(u8::from(!secret.is_empty()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_the_same_to_its_end_and_never_empty() {
        for (given, secret, wanted) in [
            ("s3cret", "s3cret", true),
            ("s3cret", "s3cre", false),
            ("s3cre", "s3cret", false),
            ("S3cret", "s3cret", false),
            ("", "", false),
            ("", "s", false),
        ] {
            assert_eq!(
                bool::from(is(given.as_bytes(), secret.as_bytes())),
                wanted,
                "{given} {secret}"
            );
        }
    }
}
