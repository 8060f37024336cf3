use super::Args;
use crate::api::Call;
use crate::failure::Failure;
use crate::manifest::{self, Document};
use crate::resource::Resource;
use crate::session::Session;

pub async fn run(args: &Args, session: &Session<'_>) -> Result<(), Failure> {
    if args.filename.is_empty() {
        return Err(Failure::usage("must specify -f, or say which kind to create")
            .hint(format!("for example: {} create dc NAME --image=IMAGE", session.program)));
    }
    let documents = manifest::read(&args.filename, args.recursive, &session.terminal)?;
    let mut failures = Vec::new();
    for document in documents {
        // One object that is refused does not keep the others from being made.
        failures.extend(create(args, session, &document).await.err());
    }
    session.terminal.end_with(failures)
}

async fn create(args: &Args, session: &Session<'_>, document: &Document) -> Result<(), Failure> {
    let resource: &Resource = document.resource(session.discovery().await?)?;
    let namespace = document.namespace(session.namespace().await?, session.global.namespace.as_deref())?;
    let created = if args.writing.client_only() {
        document.object.clone()
    } else {
        let call = Call::post(&resource.collection(Some(&namespace)), &document.object)
            .query("fieldManager", "kubectl-create")
            .query("fieldValidation", args.validate.parameter());
        let answer = session.api().await?.json(args.writing.mark(call)).await;
        answer.map_err(|failure| failure.during(format!("error when creating \"{}\"", document.source)))?
    };
    args.writing.report(session, resource, created, "created")
}
