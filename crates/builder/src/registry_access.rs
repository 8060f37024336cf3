//! Names of images and the right to pull and push them: the internal registry has one name in objects and another
//! address for the engine, and every pull or push there has a token of its own, good for one repository.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::Secret;
use kube::Api;
use serde_json::{Value, json};
use weir_engine::Credentials;
use weir_oci::Reference;
use weir_registry_client::Keyring;

/// Life of a token: longer than any push, shorter than a working day.
const TOKEN_SECONDS: u32 = 3600;
/// User name that goes with a token.
const TOKEN_USER: &str = "<token>";

/// How the internal registry is called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RegistryNames {
    /// `host:port` in objects.
    pub shown: String,
    /// `host:port` at which it answers on this machine.
    pub address: String,
}

impl RegistryNames {
    /// The name that the engine is given.
    pub fn for_engine(&self, name: &str) -> String {
        match name.strip_prefix(&self.shown) {
            Some(rest) if rest.starts_with('/') => format!("{}{rest}", self.address),
            _ => name.to_owned(),
        }
    }

    /// Text of the engine with the names that users know.
    pub fn for_user(&self, text: &str) -> String {
        text.replace(&format!("{}/", self.address), &format!("{}/", self.shown))
    }

    /// Namespace and stream of an image in the internal registry.
    pub fn repository(&self, name: &str) -> Option<(String, String)> {
        let reference: Reference = name.parse().ok()?;
        let ours = reference.registry() == self.shown || reference.registry() == self.address;
        let plain = !reference.namespace().is_empty() && !reference.name().contains('/');
        (ours && plain).then(|| (reference.namespace().to_owned(), reference.name().to_owned()))
    }
}

#[derive(Debug, thiserror::Error)]
pub(crate) enum AccessError {
    #[error("cannot get a registry token for service account {namespace}/{account}: {source}")]
    Token {
        namespace: String,
        account: String,
        source: Box<kube::Error>,
    },
    #[error("the API gave no registry token for service account {namespace}/{account}")]
    NoToken { namespace: String, account: String },
    #[error("the secret {name} cannot be read: {source}; create it or change the build")]
    Secret { name: String, source: Box<kube::Error> },
    #[error("the secret {name} holds no registry credentials that can be read: {problem}")]
    Contents { name: String, problem: String },
}

/// Who asks for access.
pub(crate) struct Access<'a> {
    pub client: &'a kube::Client,
    pub names: &'a RegistryNames,
    pub namespace: &'a str,
    pub account: &'a str,
}

impl Access<'_> {
    /// Credentials for one image: a token limited to its repository in the internal registry, else what the named
    /// secret has for its host.
    pub async fn credentials(&self, image: &str, secret: Option<&str>) -> Result<Option<Credentials>, AccessError> {
        match (self.names.repository(image), secret) {
            (Some((namespace, stream)), _) => self.token(&namespace, &stream).await.map(Some),
            (None, Some(secret)) => self.in_secret(image, secret).await,
            (None, None) => Ok(None),
        }
    }

    async fn token(&self, namespace: &str, stream: &str) -> Result<Credentials, AccessError> {
        let path = format!(
            "/api/v1/namespaces/{}/serviceaccounts/{}/token",
            self.namespace, self.account
        );
        let request = json!({
            "apiVersion": "authentication.k8s.io/v1",
            "kind": "TokenRequest",
            "metadata": {},
            "spec": {"audiences": [format!("registry:{namespace}/{stream}")], "expirationSeconds": TOKEN_SECONDS},
        });
        let failed = |source: kube::Error| AccessError::Token {
            namespace: self.namespace.to_owned(),
            account: self.account.to_owned(),
            source: Box::new(source),
        };
        let body = serde_json::to_vec(&request).map_err(|error| failed(kube::Error::SerdeError(error)))?;
        let request = http::Request::post(path)
            .header(http::header::CONTENT_TYPE, "application/json")
            .body(body)
            .map_err(|error| failed(kube::Error::HttpError(error)))?;
        let answer: Value = self.client.request(request).await.map_err(failed)?;
        match answer["status"]["token"].as_str() {
            Some(token) => Ok(Credentials {
                username: TOKEN_USER.to_owned(),
                password: token.to_owned(),
            }),
            None => Err(AccessError::NoToken {
                namespace: self.namespace.to_owned(),
                account: self.account.to_owned(),
            }),
        }
    }

    async fn in_secret(&self, image: &str, name: &str) -> Result<Option<Credentials>, AccessError> {
        let data = secret_data(self.client, self.namespace, name).await?;
        let contents = |problem: String| AccessError::Contents {
            name: name.to_owned(),
            problem,
        };
        let mut keyring = Keyring::default();
        match (data.get(".dockerconfigjson"), data.get(".dockercfg")) {
            (Some(bytes), _) => keyring.add_docker_config_json(bytes),
            (None, Some(bytes)) => keyring.add_dockercfg(bytes),
            (None, None) => return Err(contents("it has neither .dockerconfigjson nor .dockercfg".to_owned())),
        }
        .map_err(|error| contents(error.to_string()))?;
        let reference: Reference = image.parse().map_err(|error| contents(format!("{image}: {error}")))?;
        Ok(keyring.find(&reference).and_then(|found| match found {
            weir_registry_client::Credentials::Password { user, password } => Some(Credentials {
                username: user.clone(),
                password: password.reveal().to_owned(),
            }),
            // Engines take a user and a password.
            _ => None,
        }))
    }
}

/// The keys of a Secret.
pub(crate) async fn secret_data(
    client: &kube::Client,
    namespace: &str,
    name: &str,
) -> Result<BTreeMap<String, Vec<u8>>, AccessError> {
    let secrets: Api<Secret> = Api::namespaced(client.clone(), namespace);
    let failed = |source| AccessError::Secret {
        name: name.to_owned(),
        source: Box::new(source),
    };
    let secret = secrets.get(name).await.map_err(failed)?;
    Ok(secret
        .data
        .into_iter()
        .flatten()
        .map(|(key, value)| (key, value.0))
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names() -> RegistryNames {
        RegistryNames {
            shown: "docker-registry.default.svc:5000".into(),
            address: "127.0.0.1:5000".into(),
        }
    }

    #[test]
    fn names_are_translated_both_ways() {
        let names = names();
        let shown = "docker-registry.default.svc:5000/hello/app:latest";
        assert_eq!(names.for_engine(shown), "127.0.0.1:5000/hello/app:latest");
        assert_eq!(
            names.for_engine("docker-registry.default.svc:50001/a/b"),
            "docker-registry.default.svc:50001/a/b"
        );
        assert_eq!(names.for_engine("node:20"), "node:20");
        assert_eq!(
            names.for_user("STEP 1/2: FROM 127.0.0.1:5000/hello/app:latest"),
            format!("STEP 1/2: FROM {shown}")
        );
    }

    #[test]
    fn only_images_of_the_internal_registry_have_a_repository() {
        let names = names();
        let pair = |a: &str, b: &str| Some((a.to_owned(), b.to_owned()));
        assert_eq!(
            names.repository("docker-registry.default.svc:5000/hello/app:latest"),
            pair("hello", "app")
        );
        assert_eq!(names.repository("127.0.0.1:5000/hello/app"), pair("hello", "app"));
        for other in [
            "quay.io/hello/app",
            "hello/app",
            "docker-registry.default.svc:5000/app",
            "127.0.0.1:5000/a/b/c",
            "",
        ] {
            assert_eq!(names.repository(other), None, "{other}");
        }
    }
}
