//! stage
use async_trait::async_trait;
use weir_cli::{BuilderImages, BuilderImport, ImportedBuilder, Progress};

/// stage
pub struct LocalBuilderImages;

#[async_trait]
impl BuilderImages for LocalBuilderImages {
    async fn import(
        &self,
        _import: BuilderImport<'_>,
        _progress: Progress<'_>,
    ) -> Result<ImportedBuilder, Box<dyn std::error::Error + Send + Sync>> {
        Err("not yet".into())
    }
}
