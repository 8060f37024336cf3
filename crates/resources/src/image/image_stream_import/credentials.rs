use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use weir_apiserver::{ApiError, Object, RequestContext};
use weir_registry_client::Keyring;

use crate::image::image_stream::secrets::pull_secrets;
use crate::json;

/// What the pull secrets of the namespace open. They are read with the server's rights: who may import need not be able
/// to see secrets.
///
/// A secret that cannot be understood opens nothing; it must not stop imports that do not need it.
pub(super) async fn of_namespace(cx: &RequestContext) -> Result<Arc<Keyring>, ApiError> {
    let mut keyring = Keyring::default();
    for secret in pull_secrets(cx, None).await? {
        if let Err(why) = add(&mut keyring, &secret) {
            let name = json::text(&secret, "/metadata/name");
            tracing::warn!(
                namespace = cx.namespace,
                secret = name,
                why,
                "a pull secret cannot be used for imports"
            );
        }
    }
    Ok(Arc::new(keyring))
}

fn add(keyring: &mut Keyring, secret: &Object) -> Result<(), String> {
    let decode = |key: &str| {
        let text = secret["data"][key].as_str().ok_or_else(|| format!("it has no {key}"))?;
        STANDARD.decode(text).map_err(|_| format!("its {key} is not base64"))
    };
    match json::text(secret, "/type") {
        "kubernetes.io/dockerconfigjson" => keyring.add_docker_config_json(&decode(".dockerconfigjson")?),
        _ => keyring.add_dockercfg(&decode(".dockercfg")?),
    }
    .map_err(|error| error.to_string())
}
