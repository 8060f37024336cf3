//! What the words after a verb mean: `TYPE`, `TYPE NAME...`, `TYPE/NAME...`, `TYPE,TYPE`, a category.

use crate::discovery::Discovery;
use crate::failure::Failure;
use crate::resource::Resource;

/// Objects of one kind: those named, or with no name all of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    pub resource: Resource,
    pub names: Vec<String>,
}

/// What was asked for, and whether the names alone would not tell the kinds apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Targets {
    pub targets: Vec<Target>,
    pub several_kinds: bool,
}

impl Targets {
    pub fn parse(words: &[String], discovery: &Discovery) -> Result<Self, Failure> {
        let (first, rest) = words
            .split_first()
            .ok_or_else(|| Failure::usage("say which kind of resource you mean"))?;
        if words.iter().any(|word| word.contains('/')) {
            return Self::of_pairs(words, discovery);
        }
        let mut targets = Vec::new();
        let mut several_kinds = first.contains(',');
        for name in first.split(',').filter(|name| !name.is_empty()) {
            let members = discovery.category(name);
            if members.is_empty() {
                targets.push(discovery.find(name)?.clone());
            } else {
                several_kinds = true;
                targets.extend(members.into_iter().cloned());
            }
        }
        let with_names = |resource| Target {
            resource,
            names: rest.to_vec(),
        };
        Ok(Self {
            targets: targets.into_iter().map(with_names).collect(),
            several_kinds,
        })
    }

    fn of_pairs(words: &[String], discovery: &Discovery) -> Result<Self, Failure> {
        let mut targets: Vec<Target> = Vec::new();
        for word in words {
            let (kind, name) = pair(word)?;
            let resource = discovery.find(kind)?;
            match targets.last_mut().filter(|target| target.resource == *resource) {
                Some(target) => target.names.push(name.into()),
                None => targets.push(Target {
                    resource: resource.clone(),
                    names: vec![name.into()],
                }),
            }
        }
        let several_kinds = targets.iter().any(|target| target.resource != targets[0].resource);
        Ok(Self { targets, several_kinds })
    }
}

/// One object of a kind that commands of their own know; a bare name is one of `default`.
pub fn one(words: &[String], default: Option<Resource>) -> Result<(Resource, String), Failure> {
    let known = |kind: &str| {
        Resource::well_known(kind).ok_or_else(|| Failure::refused(format!("this command cannot work with \"{kind}\"")))
    };
    match words {
        [word] if word.contains('/') => {
            let (kind, name) = pair(word)?;
            Ok((known(kind)?, name.into()))
        }
        [name] => match default {
            Some(resource) => Ok((resource, name.clone())),
            None => Err(Failure::usage(format!("`{name}` names no object; write TYPE/NAME"))),
        },
        [kind, name] if !name.contains('/') => Ok((known(kind)?, name.clone())),
        [] => Err(Failure::usage("say which object you mean, as TYPE/NAME")),
        _ => Err(Failure::usage("only one object can be given, as TYPE/NAME")),
    }
}

fn pair(word: &str) -> Result<(&str, &str), Failure> {
    match word.split_once('/') {
        Some((kind, name)) if !kind.is_empty() && !name.is_empty() && !name.contains('/') => Ok((kind, name)),
        Some(_) => Err(Failure::usage(format!("`{word}` must have the form TYPE/NAME"))),
        None => Err(Failure::usage("there is no need to specify a resource type as a separate argument when passing arguments in resource/name form")
            .hint("write every object as TYPE/NAME, or one TYPE and then names")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<String> {
        text.split(' ').map(str::to_string).collect()
    }

    fn discovery() -> Discovery {
        let mut streams = Resource::image_streams();
        let mut pods = Resource::pods();
        for resource in [&mut streams, &mut pods] {
            resource.categories = vec!["all".into()];
            resource.verbs = vec!["list".into()];
        }
        Discovery::of(vec![pods, streams, Resource::projects()])
    }

    fn shown(text: &str) -> String {
        match Targets::parse(&words(text), &discovery()) {
            Ok(targets) => {
                let kinds = targets
                    .targets
                    .iter()
                    .map(|target| format!("{}{:?}", target.resource.plural, target.names));
                format!("{} {}", kinds.collect::<Vec<_>>().join(" "), targets.several_kinds)
            }
            Err(failure) => failure.text().unwrap(),
        }
    }

    #[test]
    fn words_name_kinds_and_objects() {
        for (text, meaning) in [
            ("is", "imagestreams[] false"),
            ("is web", "imagestreams[\"web\"] false"),
            ("po a b", "pods[\"a\", \"b\"] false"),
            ("is,pods", "imagestreams[] pods[] true"),
            ("is/web is/db", "imagestreams[\"web\", \"db\"] false"),
            ("is/web pod/a", "imagestreams[\"web\"] pods[\"a\"] true"),
            ("all", "pods[] imagestreams[] true"),
            ("nosuch", "error: the server doesn't have a resource type \"nosuch\""),
            ("is/", "error: `is/` must have the form TYPE/NAME"),
        ] {
            assert_eq!(shown(text), meaning, "{text}");
        }
    }

    #[test]
    fn one_object_of_a_known_kind() {
        let bc = Resource::build_configs;
        assert_eq!(one(&words("bc/x"), None).unwrap(), (bc(), "x".into()));
        assert_eq!(one(&words("bc x"), None).unwrap(), (bc(), "x".into()));
        assert_eq!(one(&words("x"), Some(bc())).unwrap(), (bc(), "x".into()));
        for text in ["x", "nosuch/x", "bc/x bc/y"] {
            assert!(one(&words(text), None).is_err(), "{text}");
        }
    }
}
