use std::sync::Arc;

use rand::seq::IndexedRandom;
use uuid::Uuid;
use weir_store::Expect;

use super::ownership::{self, Claim};
use super::{CommitFailure, Effect, Prepared, Written, check_kind, commit, encode, namespace};
use crate::catalog::Served;
use crate::core::Core;
use crate::{ApiError, Companion, Object, RequestContext, metadata};

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
        let mut prepared = Vec::with_capacity(1);
        let (mode, claim) = (CreateMode::Main, Claim::Changes);
        prepare_create(core, cx, served, object.clone(), mode, claim, &mut prepared).await?;
        match commit(core, cx, prepared).await {
            Ok(written) => {
                return written
                    .into_iter()
                    .next()
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

/// Adds the creation to what one commit will write, with everything that comes along with the object.
pub(crate) async fn prepare_create(
    core: &Core,
    cx: &RequestContext,
    served: &Arc<Served>,
    object: Object,
    mode: CreateMode,
    claim: Claim,
    together: &mut Vec<Prepared>,
) -> Result<(), ApiError> {
    let prepared = prepare_one(core, cx, served, object, mode, claim, together).await?;
    let companions = served.in_store()?.strategy.companions(&prepared.object);
    together.push(prepared);
    for Companion { resource, object } in companions {
        let companion = core.stored(&resource)?;
        let key = companion.key(metadata::text(&object, "namespace"), metadata::text(&object, "name"));
        if companion.in_store()?.cache.get(&key).is_some() || together.iter().any(|other| *other.key == *key) {
            continue;
        }
        let cx = cx.for_resource(resource);
        let (mode, claim) = (CreateMode::Internal, Claim::Changes);
        let prepared = prepare_one(core, &cx, &companion, object, mode, claim, together).await?;
        together.push(prepared);
    }
    Ok(())
}

/// What the object will be, after defaults, the strategy's hooks and validation.
async fn prepare_one(
    core: &Core,
    cx: &RequestContext,
    served: &Arc<Served>,
    mut object: Object,
    mode: CreateMode,
    claim: Claim,
    beside: &[Prepared],
) -> Result<Prepared, ApiError> {
    let stored = served.in_store()?;
    check_kind(served, &object)?;
    let namespace = place(cx, served, &mut object);
    generate_name(&mut object, &*core.suffix);
    let decided = metadata::generation(&object).filter(|_| mode == CreateMode::Internal);
    metadata::begin(&mut object, Uuid::new_v4(), core.now());
    metadata::set_generation(&mut object, decided);
    namespace::check(core, served, &namespace, metadata::text(&object, "name"), beside).await?;

    let strategy = &stored.strategy;
    strategy.default(&mut object);
    let managed = ownership::of_new(cx, served, mode, claim, &object);
    if mode == CreateMode::Main {
        if let Some(admission) = &core.admission {
            admission.complete(&served.id, &mut object)?;
        }
        strategy.prepare_for_create(cx, &mut object).await?;
    }
    metadata::drop_empty(&mut object);
    let mut errors = metadata::validate(&object, |name| strategy.validate_name(name));
    errors.extend(strategy.validate(&object));
    let name = metadata::text(&object, "name").to_owned();
    if !errors.is_empty() {
        return Err(ApiError::invalid(served.kind(), &name, errors));
    }
    ownership::put(&mut object, managed);
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
