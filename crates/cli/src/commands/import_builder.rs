use std::path::PathBuf;

use weir_api::names::SHARED_NAMESPACE;

use crate::builder_images::{BuilderImport, BuilderSource};
use crate::failure::Failure;
use crate::resource::Resource;
use crate::session::Session;

/// Put a builder image into the shared project, for everybody's builds
///
/// Without --from a public image is imported where a registry can be reached; elsewhere one is built on this machine.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// Name of the builder, such as nodejs
    name: String,
    /// A directory with an OCI image layout, or a saved image as oci-archive:FILE
    #[arg(long, value_name = "DIR|oci-archive:FILE", value_parser = parse_source)]
    from: Option<BuilderSource>,
}

fn parse_source(text: &str) -> Result<BuilderSource, String> {
    match text.split_once(':') {
        Some(("oci-archive", file)) if !file.is_empty() => Ok(BuilderSource::OciArchive(PathBuf::from(file))),
        Some(("oci-archive", _)) => Err("oci-archive: needs the name of a file".into()),
        _ if PathBuf::from(text).is_dir() => Ok(BuilderSource::Directory(PathBuf::from(text))),
        _ => Err(format!(
            "`{text}` is no directory; a saved image is written oci-archive:FILE"
        )),
    }
}

pub async fn run(args: Args, session: &Session<'_>) -> Result<(), Failure> {
    let connection = session.connection().await?;
    let namespace = session.global.namespace.as_deref().unwrap_or(SHARED_NAMESPACE);
    let import = BuilderImport {
        name: &args.name,
        namespace,
        from: args.from.unwrap_or(BuilderSource::Default),
        client: connection.api.client().clone(),
        token: connection.token.as_deref(),
        data_dir: session.global.data_dir.clone(),
    };
    let terminal = session.terminal.clone();
    let imported = session
        .builder_images
        .import(import, &|line| terminal.note(format!("--> {line}")))
        .await;
    match imported {
        Ok(imported) => session.terminal.line(format!(
            "{} imported as {namespace}/{}:{} ({})",
            Resource::image_streams().named(&args.name),
            args.name,
            imported.tag,
            imported.digest
        )),
        Err(error) => Err(Failure::refused(format!(
            "the builder image \"{}\" could not be imported: {}",
            args.name,
            chain(&*error)
        ))),
    }
}

/// The error with what caused it.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        // Some errors repeat their cause in their own words.
        if !text.contains(&cause_text) {
            text.push_str(&format!(": {cause_text}"));
        }
        source = cause.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use crate::testing::Server;

    #[tokio::test]
    async fn progress_and_result_are_told() {
        let outcome = Server::new().run("import-builder nodejs").await;
        assert_eq!(
            outcome.out,
            "imagestream.image.openshift.io/nodejs imported as openshift/nodejs:latest (sha256:0123)\n"
        );
        assert_eq!(outcome.err, "--> importing nodejs from Default\n");
    }

    #[tokio::test]
    async fn a_failure_names_its_cause() {
        let outcome = Server::new()
            .run("import-builder broken --from=oci-archive:/x.tar")
            .await;
        assert!(
            outcome
                .err
                .ends_with("error: the builder image \"broken\" could not be imported: no engine answers\n"),
            "{}",
            outcome.err
        );
        assert_eq!(outcome.code, 1);
    }
}
