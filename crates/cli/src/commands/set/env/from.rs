use serde_json::{Value, json};

use crate::failure::Failure;
use crate::session::Session;
use crate::target::Targets;

#[derive(clap::Args, Debug, Default)]
pub struct FromArgs {
    /// A secret or config map whose keys become variables: secret/NAME or configmap/NAME
    #[arg(long, value_name = "TYPE/NAME")]
    from: Option<String>,
    /// What the names of those variables begin with
    #[arg(long, value_name = "TEXT", default_value = "", requires = "from")]
    prefix: String,
    /// Only these keys
    #[arg(long, value_name = "KEY", value_delimiter = ',', requires = "from")]
    keys: Vec<String>,
}

impl FromArgs {
    /// Variables that refer to the keys; the values stay where they are.
    pub async fn variables(&self, session: &Session<'_>) -> Result<Vec<Value>, Failure> {
        let Some(from) = &self.from else { return Ok(Vec::new()) };
        let targets = Targets::parse(std::slice::from_ref(from), session.discovery().await?)?.targets;
        let Some((target, name)) = targets.first().and_then(|target| Some((target, target.names.first()?))) else {
            return Err(Failure::usage("--from needs secret/NAME or configmap/NAME"));
        };
        let field = match target.resource.kind.as_str() {
            "Secret" => "secretKeyRef",
            "ConfigMap" => "configMapKeyRef",
            kind => return Err(Failure::refused(format!("a {kind} has no keys for variables"))),
        };
        let path = target.resource.object(session.namespace().await?, name);
        let object = session.api().await?.get(&path).await?;
        let keys = object["data"].as_object().into_iter().flatten().map(|(key, _)| key);
        let wanted = keys.filter(|key| self.keys.is_empty() || self.keys.contains(key));
        Ok(wanted
            .map(|key| {
                json!({
                    "name": variable(&self.prefix, key),
                    "valueFrom": {field: {"name": name, "key": key}},
                })
            })
            .collect())
    }
}

/// Shells take letters, digits and underscores.
fn variable(prefix: &str, key: &str) -> String {
    let plain = |letter: char| {
        if letter.is_ascii_alphanumeric() {
            letter.to_ascii_uppercase()
        } else {
            '_'
        }
    };
    format!("{prefix}{}", key.chars().map(plain).collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_becomes_a_name_that_shells_take() {
        assert_eq!(variable("DB_", "user.name-1"), "DB_USER_NAME_1");
    }
}
