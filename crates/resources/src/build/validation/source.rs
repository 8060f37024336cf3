use url::Url;
use weir_api::build::{BuildSource, CommonSpec, GitBuildSource, ImageSource};
use weir_apiserver::FieldError;

use super::strategy::image_reference;
use super::{duplicates, secret_reference, stays_inside};
use crate::names::{at, subdomain};

const HERE: &str = "spec.source";
const DOCKERFILE_MAX: usize = 60_000;

pub(super) fn validate(common: &CommonSpec) -> Vec<FieldError> {
    let source = &common.source;
    let mut problems = missing_input(common);
    if source.git.is_some() && source.binary.is_some() && common.strategy.custom_strategy.is_none() {
        let not_both = |field: &str, other: &str| {
            FieldError::invalid(at(HERE, field), "", format!("may not be set when {other} is also set"))
        };
        problems.extend([not_both("git", "binary"), not_both("binary", "git")]);
    }
    if source
        .dockerfile
        .as_ref()
        .is_some_and(|text| text.len() > DOCKERFILE_MAX)
    {
        let message = format!("must be smaller than {DOCKERFILE_MAX} bytes");
        problems.push(FieldError::invalid(at(HERE, "dockerfile"), "", message));
    }
    if !stays_inside(source.context_dir.trim_start_matches('/')) {
        let message = "context dir must not be a relative path";
        problems.push(FieldError::invalid(
            at(HERE, "contextDir"),
            &source.context_dir,
            message,
        ));
    }
    problems.extend(source.git.iter().flat_map(validate_git));
    problems.extend(binary_file(source));
    problems.extend(secret_reference(
        &at(HERE, "sourceSecret"),
        source.source_secret.as_ref(),
    ));
    problems.extend(validate_mounted(common));
    problems.extend(validate_images(&source.images));
    problems
}

/// A Dockerfile build must get its Dockerfile from somewhere.
fn missing_input(common: &CommonSpec) -> Vec<FieldError> {
    let source = &common.source;
    let nothing =
        source.git.is_none() && source.binary.is_none() && source.dockerfile.is_none() && source.images.is_empty();
    let mut problems = Vec::new();
    if nothing && common.strategy.docker_strategy.is_some() {
        let message = "must provide a value for at least one source input(git, binary, dockerfile, images).";
        problems.push(FieldError::invalid(HERE, "", message));
    }
    let pipeline = common.strategy.jenkins_pipeline_strategy.as_ref();
    if pipeline.is_some_and(|pipeline| pipeline.jenkinsfile.is_empty()) && source.git.is_none() {
        problems.push(FieldError::required(
            at(HERE, "git"),
            "must be set when using Jenkins Pipeline strategy without a Jenkinsfile",
        ));
    }
    problems
}

fn validate_git(git: &GitBuildSource) -> Vec<FieldError> {
    let mut problems = Vec::new();
    if git.uri.is_empty() {
        problems.push(FieldError::required(at(HERE, "git.uri"), ""));
    } else if !is_git_url(&git.uri) {
        problems.push(FieldError::invalid(
            at(HERE, "git.uri"),
            &git.uri,
            "uri is not a valid url",
        ));
    }
    if git.r#ref.starts_with('-') {
        let message = "must not start with '-', or git would take it for an option";
        problems.push(FieldError::invalid(at(HERE, "git.ref"), &git.r#ref, message));
    }
    for (field, proxy) in [("git.httpproxy", &git.http_proxy), ("git.httpsproxy", &git.https_proxy)] {
        if let Some(proxy) = proxy
            .as_deref()
            .filter(|proxy| !proxy.is_empty() && Url::parse(proxy).is_err())
        {
            problems.push(FieldError::invalid(at(HERE, field), proxy, "proxy is not a valid url"));
        }
    }
    problems
}

/// A URL, `USER@HOST:PATH`, or a path. Never something that git takes for an option, nor `HELPER::ADDRESS`, which makes
/// git run a program.
fn is_git_url(uri: &str) -> bool {
    let helper_letter = |letter: char| letter.is_ascii_alphanumeric() || "+-._".contains(letter);
    let names_helper = uri
        .split_once("::")
        .is_some_and(|(helper, _)| helper.chars().all(helper_letter));
    if uri.starts_with('-') || names_helper || uri.chars().any(char::is_control) {
        return false;
    }
    match uri.split_once("://") {
        Some(_) => Url::parse(uri).is_ok(),
        None => !uri.contains(char::is_whitespace),
    }
}

fn binary_file(source: &BuildSource) -> Option<FieldError> {
    let name = source
        .binary
        .as_ref()
        .map(|binary| binary.as_file.as_str())
        .filter(|name| !name.is_empty())?;
    let portable = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    let fits = name.bytes().all(portable) && !name.starts_with('-') && ![".", ".."].contains(&name);
    (!fits).then(|| {
        FieldError::invalid(
            at(HERE, "binary.asFile"),
            name,
            "file name may not contain slashes or relative path segments and must be a valid POSIX filename",
        )
    })
}

/// Secrets and ConfigMaps that are put among the source.
fn validate_mounted(common: &CommonSpec) -> Vec<FieldError> {
    let source = &common.source;
    let secrets = source
        .secrets
        .iter()
        .map(|entry| ("secrets", "secret", &entry.secret.name, &entry.destination_dir));
    let maps = source.config_maps.iter().map(|entry| {
        (
            "configMaps",
            "configMap",
            &entry.config_map.name,
            &entry.destination_dir,
        )
    });
    let is_docker = common.strategy.docker_strategy.is_some();
    let mut problems = Vec::new();
    for (index, (list, field, name, dir)) in secrets.enumerate().chain(maps.enumerate()) {
        let here = format!("{HERE}.{list}[{index}]");
        if name.is_empty() {
            problems.push(FieldError::required(format!("{here}.{field}.name"), ""));
        } else {
            problems.extend(subdomain(&format!("{here}.{field}.name"), name));
        }
        let dir_field = at(&here, "destinationDir");
        if dir.split('/').any(|part| part == "..") {
            problems.push(FieldError::invalid(
                dir_field,
                dir,
                "destination dir cannot start with '..'",
            ));
        } else if is_docker && dir.starts_with('/') {
            let message = "for the docker strategy the destinationDir has to be relative path";
            problems.push(FieldError::invalid(dir_field, dir, message));
        }
    }
    problems
}

fn validate_images(images: &[ImageSource]) -> Vec<FieldError> {
    let mut problems = Vec::new();
    for (index, image) in images.iter().enumerate() {
        let here = format!("{HERE}.images[{index}]");
        problems.extend(image_reference(&at(&here, "from"), &image.from));
        problems.extend(secret_reference(&at(&here, "pullSecret"), image.pull_secret.as_ref()));
        if image.paths.is_empty() && image.r#as.is_empty() {
            problems.push(FieldError::required(at(&here, "paths"), ""));
            problems.push(FieldError::required(at(&here, "as"), ""));
        }
        for (number, path) in image.paths.iter().enumerate() {
            let path_here = format!("{here}.paths[{number}]");
            if !path.source_path.starts_with('/') {
                let message = "must be an absolute path";
                problems.push(FieldError::invalid(
                    at(&path_here, "sourcePath"),
                    &path.source_path,
                    message,
                ));
            }
            problems.extend(destination(&at(&path_here, "destinationDir"), &path.destination_dir));
        }
        for (number, name) in image.r#as.iter().enumerate().filter(|(_, name)| name.is_empty()) {
            problems.push(FieldError::invalid(
                format!("{here}.as[{number}]"),
                name,
                "cannot be empty string",
            ));
        }
    }
    let all: Vec<(String, &str)> = images
        .iter()
        .enumerate()
        .flat_map(|(index, image)| {
            let names = image.r#as.iter().enumerate();
            names.map(move |(number, name)| (format!("{HERE}.images[{index}].as[{number}]"), name.as_str()))
        })
        .filter(|(_, name)| !name.is_empty())
        .collect();
    let twice = duplicates(all.iter().map(|(_, name)| *name));
    problems.extend(
        twice
            .into_iter()
            .map(|index| FieldError::duplicate(&all[index].0, all[index].1)),
    );
    problems
}

fn destination(field: &str, dir: &str) -> Option<FieldError> {
    match dir {
        "" => Some(FieldError::required(field, "")),
        dir if dir.starts_with('/') => Some(FieldError::invalid(field, dir, "must be a relative path")),
        dir if !stays_inside(dir) => Some(FieldError::invalid(field, dir, "must not escape the source")),
        _ => None,
    }
}
