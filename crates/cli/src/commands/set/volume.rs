//! `set volume`: what pods find in their file system.

mod list;

use serde_json::{Value, json};

use super::objects::{change_each, containers, pod_spec, put};
use crate::failure::Failure;
use crate::session::Session;

/// Show, add or remove volumes
///
/// For example: set volume dc/web --add --name=data -t emptyDir -m /data. Without --add or --remove they are shown.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// The objects
    #[arg(value_name = "TYPE/NAME", required = true)]
    what: Vec<String>,
    /// Add a volume, or change it
    #[arg(long, conflicts_with = "remove")]
    add: bool,
    /// Remove the volume that --name names, or its mounts in --containers; with --confirm and no name, all
    #[arg(long)]
    remove: bool,
    /// Name of the volume
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// What it is
    #[arg(short = 't', long = "type", value_name = "TYPE", ignore_case = true)]
    kind: Option<Kind>,
    /// Where containers find it
    #[arg(short, long, value_name = "PATH")]
    mount_path: Option<String>,
    /// A directory or file of the volume to mount in place of all
    #[arg(long, value_name = "PATH")]
    sub_path: Option<String>,
    /// Containers cannot write to it
    #[arg(long)]
    read_only: bool,
    /// The config map of a configMap volume
    #[arg(long, value_name = "NAME")]
    configmap_name: Option<String>,
    /// The secret of a secret volume
    #[arg(long, value_name = "NAME")]
    secret_name: Option<String>,
    /// Only in these containers
    #[arg(short, long, value_name = "NAME", value_delimiter = ',')]
    containers: Vec<String>,
    /// Remove all volumes, when none is named
    #[arg(long)]
    confirm: bool,
}

#[derive(clap::ValueEnum, Clone, Copy, Debug)]
#[value(rename_all = "camelCase")]
enum Kind {
    EmptyDir,
    ConfigMap,
    Secret,
}

pub async fn run(args: Args, session: &Session<'_>) -> Result<(), Failure> {
    if args.add {
        let (name, volume) = args.volume()?;
        return change_each(session, &args.what, "volume updated", |object| {
            add(&args, object, &name, volume.clone())
        })
        .await;
    }
    if args.remove {
        if args.name.is_none() && !args.confirm {
            return Err(Failure::usage(
                "must provide --name, or --confirm for removing all volumes",
            ));
        }
        return change_each(session, &args.what, "volume updated", |object| remove(&args, object)).await;
    }
    list::run(&args.what, &args.containers, session).await
}

impl Args {
    fn volume(&self) -> Result<(String, Value), Failure> {
        let kind = match (self.kind, &self.configmap_name, &self.secret_name) {
            (Some(kind), ..) => kind,
            (None, Some(_), _) => Kind::ConfigMap,
            (None, None, Some(_)) => Kind::Secret,
            (None, None, None) => Kind::EmptyDir,
        };
        let named = |name: &Option<String>, option: &str| {
            name.clone()
                .ok_or_else(|| Failure::usage(format!("this type of volume needs {option}")))
        };
        let source = match kind {
            Kind::EmptyDir => json!({"emptyDir": {}}),
            Kind::ConfigMap => json!({"configMap": {"name": named(&self.configmap_name, "--configmap-name")?}}),
            Kind::Secret => json!({"secret": {"secretName": named(&self.secret_name, "--secret-name")?}}),
        };
        let name = match &self.name {
            Some(name) => name.clone(),
            None => return Err(Failure::usage("name the volume with --name")),
        };
        let mut volume = source;
        volume["name"] = name.as_str().into();
        Ok((name, volume))
    }
}

fn add(args: &Args, object: &mut Value, name: &str, volume: Value) -> Result<(), Failure> {
    let spec = pod_spec(object)?;
    let mut volumes = spec["volumes"].as_array().cloned().unwrap_or_default();
    match volumes.iter_mut().find(|known| known["name"] == name) {
        // Without a type only the mount is meant.
        Some(known) if args.kind.is_some() => *known = volume,
        Some(_) => {}
        None => volumes.push(volume),
    }
    spec["volumes"] = volumes.into();
    let Some(path) = &args.mount_path else { return Ok(()) };
    let mut mount = json!({"name": name, "mountPath": path});
    put(&mut mount, "subPath", args.sub_path.as_deref().map(Value::from));
    put(&mut mount, "readOnly", args.read_only.then_some(Value::Bool(true)));
    for container in containers(object, &args.containers)? {
        let mut mounts = container["volumeMounts"].as_array().cloned().unwrap_or_default();
        mounts.retain(|known| known["mountPath"] != path.as_str());
        mounts.push(mount.clone());
        container["volumeMounts"] = mounts.into();
    }
    Ok(())
}

fn remove(args: &Args, object: &mut Value) -> Result<(), Failure> {
    let meant = |volume: &str| args.name.as_deref().is_none_or(|name| name == volume);
    for container in containers(object, &args.containers)? {
        let mut mounts = container["volumeMounts"].as_array().cloned().unwrap_or_default();
        mounts.retain(|mount| !meant(mount["name"].as_str().unwrap_or_default()));
        put(container, "volumeMounts", (!mounts.is_empty()).then(|| mounts.into()));
    }
    let spec = pod_spec(object)?;
    // A volume that another container still mounts stays.
    let mounted: Vec<Value> = spec["containers"]
        .as_array()
        .into_iter()
        .flatten()
        .flat_map(|container| container["volumeMounts"].as_array().into_iter().flatten())
        .map(|mount| mount["name"].clone())
        .collect();
    let mut volumes = spec["volumes"].as_array().cloned().unwrap_or_default();
    volumes.retain(|volume| mounted.contains(&volume["name"]) || !meant(volume["name"].as_str().unwrap_or_default()));
    put(spec, "volumes", (!volumes.is_empty()).then(|| volumes.into()));
    Ok(())
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(clap::Parser)]
    struct Line {
        #[command(flatten)]
        args: Args,
    }

    fn changed(words: &str, object: &Value) -> Value {
        let args = Line::try_parse_from(["volume"].into_iter().chain(words.split(' ')))
            .unwrap()
            .args;
        let mut object = object.clone();
        if args.add {
            let (name, volume) = args.volume().unwrap();
            add(&args, &mut object, &name, volume).unwrap();
        } else {
            remove(&args, &mut object).unwrap();
        }
        object
    }

    #[test]
    fn a_volume_comes_with_its_mounts_and_goes_with_the_last_one() {
        let object = json!({"spec": {"template": {"spec": {"containers": [{"name": "a"}, {"name": "b"}]}}}});
        let with = changed("dc/x --add --name=v -m /data -t emptydir", &object);
        let spec = &with["spec"]["template"]["spec"];
        assert_eq!(spec["volumes"], json!([{"name": "v", "emptyDir": {}}]));
        assert_eq!(
            spec["containers"][1]["volumeMounts"],
            json!([{"name": "v", "mountPath": "/data"}])
        );
        let half = changed("dc/x --remove --name=v -c a", &with);
        assert_eq!(half["spec"]["template"]["spec"]["volumes"], spec["volumes"]);
        assert_eq!(changed("dc/x --remove --name=v", &half), object);
    }
}
