use std::sync::Arc;

use rand::seq::IndexedRandom;
use uuid::Uuid;
use weir_store::Expect;

use super::{CommitFailure, Effect, Prepared, Written, check_kind, commit, encode, namespace};
use crate::catalog::Served;
use crate::core::Core;
use crate::{ApiError, Object, RequestContext, metadata};

/// Letters of generated names: no vowels, so that no words come out.
const ALPHABET: &[u8] = b"bcdfghjklmnpqrstvwxz2456789";
const SUFFIX: usize = 5;
/// Longest `generateName` that is used whole; names made of it stay within a DNS label.
const MAX_GENERATE_BASE: usize = 63 - SUFFIX;
/// Tries to find a generated name that is free.
const NAME_ATTEMPTS: usize = 8;

/// Whose wishes the object to create holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CreateMode {
    /// A client's: `prepare_for_create`.
    Main,
    /// The server's own, status and all: no prepare hook runs.
    Internal,
}

/// The generic creation, with a generated name when one is asked for.
pub(crate) async fn create(
    core: &Core,
    cx: &RequestContext,
    served: &Arc<Served>,
    object: Object,
) -> Result<Written, ApiError> {
    let generated = metadata::text(&object, "name").is_empty() && !metadata::text(&object, "generateName").is_empty();
    let mut attempt = 1;
    loop {
        let prepared = prepare_create(core, cx, served, object.clone(), CreateMode::Main).await?;
        match commit(core, cx, vec![prepared]).await {
            Ok(mut written) => {
                return written
                    .pop()
                    .ok_or_else(|| ApiError::internal("a creation wrote nothing"));
            }
            Err(CommitFailure::Conflict(error))
                if generated && error.is_already_exists() && attempt < NAME_ATTEMPTS =>
            {
                attempt += 1;
            }
            Err(CommitFailure::Conflict(error)) if generated && error.is_already_exists() => {
                let name = error.details.as_ref().map_or("", |details| &details.name);
                return Err(ApiError::no_generated_name(&served.id, name));
            }
            Err(failure) => return Err(failure.into()),
        }
    }
}

/// What the object will be, after defaults, the strategy's hooks and validation.
pub(crate) async fn prepare_create(
    core: &Core,
    cx: &RequestContext,
    served: &Arc<Served>,
    mut object: Object,
    mode: CreateMode,
) -> Result<Prepared, ApiError> {
    let stored = served.in_store()?;
    check_kind(served, &object)?;
    let namespace = place(cx, served, &mut object);
    generate_name(&mut object, &*core.suffix);
    let decided = metadata::generation(&object).filter(|_| mode == CreateMode::Internal);
    metadata::begin(&mut object, Uuid::new_v4(), core.now());
    metadata::set_generation(&mut object, decided);
    namespace::check(core, served, &namespace, metadata::text(&object, "name")).await?;

    let strategy = &stored.strategy;
    strategy.default(&mut object);
    if mode == CreateMode::Main {
        strategy.prepare_for_create(cx, &mut object).await?;
    }
    let mut errors = metadata::validate(&object, |name| strategy.validate_name(name));
    errors.extend(strategy.validate(&object));
    let name = metadata::text(&object, "name").to_owned();
    if !errors.is_empty() {
        return Err(ApiError::invalid(served.kind(), &name, errors));
    }
    Ok(Prepared {
        served: served.clone(),
        key: served.key(&namespace, &name).into(),
        expect: Expect::Absent,
        effect: Effect::Create,
        value: encode(&stored.cache.form, &object)?,
        object,
        existing: None,
    })
}

/// Puts the object into its namespace: its own, or that of the request.
fn place(cx: &RequestContext, served: &Served, object: &mut Object) -> String {
    let namespace = match metadata::text(object, "namespace") {
        "" => cx.namespace.clone(),
        own => own.to_owned(),
    };
    let metadata = metadata::members(object);
    if served.is_namespaced() {
        metadata.insert("namespace".to_owned(), namespace.clone().into());
        namespace
    } else {
        metadata.remove("namespace");
        String::new()
    }
}

fn generate_name(object: &mut Object, suffix: &dyn Fn() -> String) {
    let base = metadata::text(object, "generateName");
    if base.is_empty() || !metadata::text(object, "name").is_empty() {
        return;
    }
    let end = base
        .char_indices()
        .map(|(at, _)| at)
        .take_while(|at| *at <= MAX_GENERATE_BASE)
        .last();
    let base = if base.len() <= MAX_GENERATE_BASE {
        base
    } else {
        &base[..end.unwrap_or(0)]
    };
    let name = format!("{base}{}", suffix());
    metadata::members(object).insert("name".to_owned(), name.into());
}

/// The end of a generated name.
pub(crate) fn random_suffix() -> String {
    let mut random = rand::rng();
    (0..SUFFIX)
        .filter_map(|_| ALPHABET.choose(&mut random))
        .map(|byte| char::from(*byte))
        .collect()
}
