use serde_json::json;

use crate::api::Call;
use crate::failure::Failure;
use crate::resource::Resource;
use crate::session::Session;

/// Make a project and work in it from now on
#[derive(clap::Args, Debug)]
pub struct Args {
    /// Name of the project
    name: String,
    /// Name of the project for people
    #[arg(long, default_value = "", hide_default_value = true)]
    display_name: String,
    /// What the project is for
    #[arg(long, default_value = "", hide_default_value = true)]
    description: String,
    /// Go on working in the current project
    #[arg(long)]
    skip_config_write: bool,
}

pub async fn run(args: Args, session: &Session<'_>) -> Result<(), Failure> {
    let resource = Resource::project_requests();
    let mut request = json!({
        "apiVersion": resource.api_version(), "kind": resource.kind, "metadata": {"name": args.name},
    });
    if !args.display_name.is_empty() {
        request["displayName"] = args.display_name.into();
    }
    if !args.description.is_empty() {
        request["description"] = args.description.into();
    }
    let api = session.api().await?;
    api.json(Call::post(&resource.collection(None), &request)).await?;

    let (name, server, program) = (&args.name, api.server(), &session.program);
    if !args.skip_config_write && session.use_project(name).await? {
        session.terminal.line(format!(
            "Now using project \"{name}\" on server \"{server}\".\n\n\
             Build an image from source with 'new-build' and run it with 'create dc', for example:\n\n    \
             {program} new-build nodejs~https://github.com/sclorg/nodejs-ex.git --name=node-build\n"
        ))
    } else {
        session.terminal.line(format!(
            "Project \"{name}\" created on server \"{server}\".\n\n\
             To switch to this project, use:\n\n    {program} project {name}\n"
        ))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::testing::{Server, status};

    const CONFIG: &str = "apiVersion: v1\nkind: Config\ncurrent-context: c\ncontexts:\n- name: myproject/127-0-0-1:8443/admin\n  \
                          context: {cluster: '127-0-0-1:8443', user: 'admin/127-0-0-1:8443'}\n";

    #[tokio::test]
    async fn a_new_project_becomes_the_current_one() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("config");
        std::fs::write(&file, CONFIG).unwrap();
        let server = Server::new();
        let call = "POST /apis/project.openshift.io/v1/projectrequests";
        server.on(call, 201, json!({"metadata": {"name": "hello01"}}));
        let outcome = server
            .run(&format!(
                "new-project hello01 --display-name=Hello --kubeconfig={}",
                file.display()
            ))
            .await;
        assert!(
            outcome
                .out
                .starts_with("Now using project \"hello01\" on server \"https://127.0.0.1:8443\".\n"),
            "{}",
            outcome.out
        );
        assert_eq!(
            server.body(call),
            json!({"apiVersion": "project.openshift.io/v1", "kind": "ProjectRequest", "metadata": {"name": "hello01"}, "displayName": "Hello"})
        );
        let config: Value = serde_saphyr::from_str(&std::fs::read_to_string(&file).unwrap()).unwrap();
        assert_eq!(config["current-context"], "hello01/127-0-0-1:8443/admin");
    }

    #[tokio::test]
    async fn an_existing_project_is_reported() {
        let server = Server::new();
        let message = "project.project.openshift.io \"p\" already exists";
        server.on(
            "POST /apis/project.openshift.io/v1/projectrequests",
            409,
            status(409, "AlreadyExists", message),
        );
        let outcome = server.run("new-project p --kubeconfig=/nonexistent/config").await;
        assert_eq!(
            (outcome.err, outcome.code),
            (format!("Error from server (AlreadyExists): {message}\n"), 1)
        );
    }
}
