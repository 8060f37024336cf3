use super::Session;
use crate::failure::Failure;
use crate::kubeconfig::Document;

impl Session<'_> {
    /// Whether a project was chosen, by an option or in the kubeconfig; otherwise commands work in `default`.
    pub async fn has_project(&self) -> Result<bool, Failure> {
        let context = &self.connection().await?.context;
        if self.global.namespace.is_some() || context.is_empty() {
            return Ok(true);
        }
        let document = Document::open(self.kubeconfig.target())?;
        let Some(entry) = document.entry("contexts", "context", context) else {
            return Ok(true);
        };
        let kept = entry.get("namespace").and_then(serde_json::Value::as_str);
        Ok(kept.is_some_and(|namespace| !namespace.is_empty()))
    }

    /// Makes `name` the current project in the kubeconfig. `false` when there is no context to start from.
    pub async fn use_project(&self, name: &str) -> Result<bool, Failure> {
        let context = self.connection().await?.context.clone();
        let mut document = Document::open(self.kubeconfig.target())?;
        let field = |document: &Document, field: &str| {
            let entry = document.entry("contexts", "context", &context)?;
            entry.get(field)?.as_str().map(str::to_string)
        };
        let (Some(cluster), Some(user)) = (field(&document, "cluster"), field(&document, "user")) else {
            return Ok(false);
        };
        document.use_context(name, &cluster, &user);
        document.save()?;
        Ok(true)
    }
}
