use std::path::PathBuf;

use async_trait::async_trait;

/// Where a builder image comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BuilderSource {
    /// What suits the machine: a public image where a registry can be reached, else one built from packages.
    Default,
    /// A directory with an OCI image layout.
    Directory(PathBuf),
    /// A saved image.
    OciArchive(PathBuf),
}

/// What is to be imported, and the way to the server that gets it.
pub struct BuilderImport<'a> {
    /// Name of the stream, such as `nodejs`.
    pub name: &'a str,
    pub namespace: &'a str,
    pub from: BuilderSource,
    pub client: kube::Client,
    /// The token the API accepts; the registry takes it too.
    pub token: Option<&'a str>,
    /// The local server's data directory, when it was named.
    pub data_dir: Option<PathBuf>,
}

/// What an import left behind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportedBuilder {
    /// Tag in the stream, such as `latest`.
    pub tag: String,
    pub digest: String,
}

/// Hears about progress, one line at a time.
pub type Progress<'a> = &'a (dyn Fn(&str) + Send + Sync);

/// Provides builder images to a server. The command line only asks; engine and registry are the program's business.
#[async_trait]
pub trait BuilderImages: Send + Sync {
    /// Puts the image into the stream.
    async fn import(
        &self,
        import: BuilderImport<'_>,
        progress: Progress<'_>,
    ) -> Result<ImportedBuilder, Box<dyn std::error::Error + Send + Sync>>;
}
