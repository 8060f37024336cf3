use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::ConfigMap;
use kube::Api;

use super::Attempt;
use crate::context::{Part, RelativePath};
use crate::dockerfile::Injection;
use crate::failure::{BuildFailure, FailureReason};
use crate::registry_access::secret_data;

/// Content of the Secrets and ConfigMaps that the build asks for.
pub(super) async fn read(attempt: &Attempt) -> Result<Vec<Injection>, BuildFailure> {
    let mut injections = Vec::new();
    for (index, (name, destination)) in attempt.job.secrets.iter().enumerate() {
        let data = secret_data(&attempt.kit.client, attempt.job.pod.namespace(), name)
            .await
            .map_err(|error| BuildFailure::new(FailureReason::GenericBuild, error.to_string()))?;
        injections.push(injection(format!("secret-{index}"), destination, data, true));
    }
    for (index, (name, destination)) in attempt.job.config_maps.iter().enumerate() {
        let data = config_map_data(attempt, name).await?;
        injections.push(injection(format!("config-map-{index}"), destination, data, false));
    }
    Ok(injections)
}

/// The same content as files of a Dockerfile build's context.
pub(super) fn as_context_files(injections: Vec<Injection>) -> Result<Vec<Part>, BuildFailure> {
    let mut parts = Vec::new();
    for injection in injections {
        let directory: RelativePath = injection.destination.parse().map_err(unusable)?;
        for (name, contents) in injection.files {
            let path = directory.join(&name.parse().map_err(unusable)?);
            parts.push(Part::File { path, contents });
        }
    }
    Ok(parts)
}

fn injection(name: String, destination: &str, data: BTreeMap<String, Vec<u8>>, secret: bool) -> Injection {
    Injection {
        name,
        destination: destination.to_owned(),
        files: data.into_iter().collect(),
        secret,
    }
}

async fn config_map_data(attempt: &Attempt, name: &str) -> Result<BTreeMap<String, Vec<u8>>, BuildFailure> {
    let maps: Api<ConfigMap> = Api::namespaced(attempt.kit.client.clone(), attempt.job.pod.namespace());
    let map = maps.get(name).await.map_err(|error| {
        BuildFailure::new(
            FailureReason::GenericBuild,
            format!("the config map {name} cannot be read: {error}; create it or change the build"),
        )
    })?;
    let mut data: BTreeMap<String, Vec<u8>> = map
        .binary_data
        .into_iter()
        .flatten()
        .map(|(key, value)| (key, value.0))
        .collect();
    data.extend(
        map.data
            .into_iter()
            .flatten()
            .map(|(key, value)| (key, value.into_bytes())),
    );
    Ok(data)
}

fn unusable(error: crate::context::RelativePathError) -> BuildFailure {
    BuildFailure::new(
        FailureReason::DockerBuild,
        format!("a destinationDir is not usable: {error}"),
    )
}
