use super::{BuilderImage, S2iError, plain};

/// Where injected content goes when the image does not say where it works.
const DEFAULT_WORKING_DIR: &str = "/opt/app-root/src";

/// Content of a Secret or ConfigMap that the assemble script may read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Injection {
    /// Name inside the context.
    pub name: String,
    /// As the build says it: absolute, or relative to where the image works.
    pub destination: String,
    pub files: Vec<(String, Vec<u8>)>,
    /// Taken out again once the assemble script has run.
    pub secret: bool,
}

/// An injection and where it goes in the image.
pub(super) struct Placed<'a> {
    pub injection: &'a Injection,
    pub destination: String,
}

impl Placed<'_> {
    pub fn context_directory(&self) -> String {
        format!("upload/injections/{}", self.injection.name)
    }

    pub fn files(&self) -> Vec<String> {
        self.injection
            .files
            .iter()
            .map(|(name, _)| format!("{}/{name}", self.destination.trim_end_matches('/')))
            .collect()
    }
}

/// Finds out where an injection goes.
pub(super) fn place<'a>(injection: &'a Injection, builder: &BuilderImage) -> Result<Placed<'a>, S2iError> {
    let working_dir = if builder.working_dir.is_empty() {
        DEFAULT_WORKING_DIR
    } else {
        &builder.working_dir
    };
    let destination = match injection.destination.trim_start_matches("./") {
        absolute if absolute.starts_with('/') => absolute.to_owned(),
        "" | "." => working_dir.to_owned(),
        relative => format!("{}/{relative}", working_dir.trim_end_matches('/')),
    };
    if let Some((name, _)) = injection.files.iter().find(|(name, _)| !is_file_name(name)) {
        return Err(S2iError::FileName(name.clone()));
    }
    Ok(Placed {
        injection,
        destination: plain("the destinationDir", &destination)?,
    })
}

/// Keys of Secrets and ConfigMaps.
fn is_file_name(name: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    !name.is_empty() && !matches!(name, "." | "..") && !name.starts_with('-') && name.chars().all(plain)
}
