//! Applies and updates by several managers do what a model of leaves and their owners does: what is applied is there, what
//! an applier says no longer and nobody else owns is gone, and whoever wants to change what another owns is told so.
//! Any apply of any object is refused or done, and done again it changes nothing.

use std::collections::{BTreeMap, BTreeSet};

use arbitrary::{Result, Unstructured};
use serde_json::{Map, Value, json};
use weir_apiserver::Schema;
use weir_apiserver::fuzzing::Owned;

use crate::value;

/// `list` is owned by name, `set` value by value, `whole` as one.
static SCHEMA: Schema = Schema::object(&[
    ("list", &Schema::merge_by("name", &[("set", &Schema::SET)])),
    ("set", &Schema::SET),
    ("whole", &Schema::ATOMIC),
]);
/// The members that the model knows are maps of maps of numbers.
const OUTER: [&str; 2] = ["p", "q"];
const INNER: [&str; 2] = ["x", "y"];
const LEAVES: [&str; 3] = ["a", "b", "c"];
const MANAGERS: [&str; 3] = ["one", "two", "three"];
/// Writes of one run.
const WRITES: usize = 8;
/// Who owns what was there before the first apply.
const BEFORE: (&str, Operation) = ("before-first-apply", Operation::Update);

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Operation {
    Apply,
    Update,
}

type Path = [&'static str; 3];
type Leaves = BTreeMap<Path, i64>;
type Manager = (&'static str, Operation);

#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Model {
    leaves: Leaves,
    owners: BTreeMap<Manager, BTreeSet<Path>>,
}

pub fn check(data: &[u8]) {
    let mut u = Unstructured::new(data);
    let _ended = any_apply(&mut u);
    let mut u = Unstructured::new(data);
    let _ended = many_writes(&mut u); // an input that is too short makes fewer writes
}

fn any_apply(u: &mut Unstructured<'_>) -> Result<()> {
    let mut object = || Ok(fitting(value::object(u)?));
    let (before, wish) = (object()?, object()?);
    let live = object_of(&Leaves::new()).updated(&SCHEMA, before, "before");
    let Ok(once) = live.applied(&SCHEMA, &wish, "applier", u.arbitrary()?) else {
        return Ok(());
    };
    if once.managed.is_null() {
        return Ok(()); // of an object that nobody owns, the next apply asks who owned it before
    }
    let again = once.applied(&SCHEMA, &wish, "applier", false);
    let again = again.unwrap_or_else(|error| panic!("again: {live:?} {wish}: {error}"));
    assert_eq!(again, once, "again: {live:?} {wish}");
    Ok(())
}

/// The object without what its schema does not allow; such bodies do not get as far as an apply.
fn fitting(object: Value) -> Value {
    let Value::Object(members) = object else {
        return object;
    };
    let fitting = members.into_iter().filter_map(|(key, member)| match (key.as_str(), member) {
        ("list", Value::Array(items)) => Some((key, distinct(items, |item| item["name"].as_str().map(str::to_owned)))),
        ("set", Value::Array(items)) => Some((key, distinct(items, |item| item.as_str().map(str::to_owned)))),
        ("list" | "set", _) => None,
        (_, member) => Some((key, fitting(member))),
    });
    Value::Object(fitting.collect())
}

/// Elements that can be told apart, each once.
fn distinct(items: Vec<Value>, identity: impl Fn(&Value) -> Option<String>) -> Value {
    let mut seen = BTreeSet::new();
    let kept = items.into_iter().filter(|item| identity(item).is_some_and(|identity| seen.insert(identity)));
    Value::Array(kept.map(fitting).collect())
}

fn many_writes(u: &mut Unstructured<'_>) -> Result<()> {
    let (mut model, mut owned) = (Model::default(), object_of(&Leaves::new()));
    for _ in 0..WRITES {
        let (manager, wish) = (*u.choose(&MANAGERS)?, leaves(u)?);
        let story = format!("{model:?} {manager} {wish:?}");
        if u.ratio(1, 3)? {
            owned = owned.updated(&SCHEMA, object_of(&wish).object, manager);
            model.update(manager, wish);
        } else {
            let force = u.arbitrary()?;
            let answer = owned.applied(&SCHEMA, &object_of(&wish).object, manager, force);
            let may = model.apply(manager, &wish, force);
            assert_eq!(answer.is_ok(), may, "{story} force={force}: {answer:?}");
            owned = answer.unwrap_or(owned);
        }
        assert_eq!(model.leaves, leaves_of(&owned.object), "{story}: {owned:?}");
        assert_eq!(model.owners, owners_of(&owned.managed), "{story}: {owned:?}");
    }
    Ok(())
}

impl Model {
    fn update(&mut self, manager: &'static str, wish: Leaves) {
        let taken: BTreeSet<Path> = changed(&self.leaves, &wish);
        let gone: Vec<Path> = self.leaves.keys().filter(|path| !wish.contains_key(*path)).copied().collect();
        for owned in self.owners.values_mut() {
            owned.retain(|path| !taken.contains(path) && !gone.contains(path));
        }
        self.owners.entry((manager, Operation::Update)).or_default().extend(taken);
        self.leaves = wish;
        self.forget_idle();
    }

    /// `false`: somebody else owns what would change.
    fn apply(&mut self, manager: &'static str, wish: &Leaves, force: bool) -> bool {
        let refused = self.clone();
        if self.owners.is_empty() && !self.leaves.is_empty() {
            self.owners.insert(BEFORE, self.leaves.keys().copied().collect());
        }
        let applier = (manager, Operation::Apply);
        let taken = changed(&self.leaves, wish);
        let mut others = self.owners.iter().filter(|(other, _)| **other != applier);
        if !force && others.any(|(_, owned)| !owned.is_disjoint(&taken)) {
            *self = refused;
            return false;
        }
        let before = self.owners.insert(applier, wish.keys().copied().collect());
        self.leaves.extend(wish);
        for path in before.unwrap_or_default() {
            if !self.owners.values().any(|owned| owned.contains(&path)) {
                self.leaves.remove(&path);
            }
        }
        for (other, owned) in &mut self.owners {
            if *other != applier {
                owned.retain(|path| !taken.contains(path));
            }
        }
        self.forget_idle();
        true
    }

    fn forget_idle(&mut self) {
        self.owners.retain(|_, owned| !owned.is_empty());
    }
}

/// What `wish` adds to `live` or has with another value.
fn changed(live: &Leaves, wish: &Leaves) -> BTreeSet<Path> {
    let differs = |(path, value): &(&Path, &i64)| live.get(*path) != Some(*value);
    wish.iter().filter(differs).map(|(path, _)| *path).collect()
}

fn leaves(u: &mut Unstructured<'_>) -> Result<Leaves> {
    let mut leaves = Leaves::new();
    for _ in 0..u.int_in_range(0..=5)? {
        let path = [*u.choose(&OUTER)?, *u.choose(&INNER)?, *u.choose(&LEAVES)?];
        leaves.insert(path, u.int_in_range(0..=2)?);
    }
    Ok(leaves)
}

fn object_of(leaves: &Leaves) -> Owned {
    let mut object = json!({"apiVersion": "v1", "kind": "Thing"});
    for ([outer, inner, leaf], value) in leaves {
        object[*outer][*inner][*leaf] = (*value).into();
    }
    Owned {
        object,
        managed: Value::Null,
    }
}

/// Maps that nothing is left in are none.
fn leaves_of(object: &Value) -> Leaves {
    let mut leaves = Leaves::new();
    for_each_path(|path @ [outer, inner, leaf]| {
        let value = &object[outer][inner][leaf];
        leaves.extend(value.as_i64().map(|value| (path, value)));
    });
    leaves
}

fn owners_of(managed: &Value) -> BTreeMap<Manager, BTreeSet<Path>> {
    let names = || MANAGERS.iter().chain([&BEFORE.0]);
    let mut owners = BTreeMap::new();
    for entry in managed.as_array().map_or(&[][..], Vec::as_slice) {
        let manager = names().find(|name| entry["manager"] == **name).expect("a manager that wrote");
        let operation = match entry["operation"].as_str() {
            Some("Apply") => Operation::Apply,
            _ => Operation::Update,
        };
        let mut owned = BTreeSet::new();
        for_each_path(|path @ [outer, inner, leaf]| {
            let below = |fields: &Map<String, Value>, name| fields.get(&format!("f:{name}"))?.as_object().cloned();
            let fields = entry["fieldsV1"].as_object().and_then(|fields| below(fields, outer));
            let fields = fields.and_then(|fields| below(&fields, inner));
            if fields.is_some_and(|fields| below(&fields, leaf).is_some()) {
                owned.insert(path);
            }
        });
        if !owned.is_empty() {
            owners.insert((*manager, operation), owned);
        }
    }
    owners
}

fn for_each_path(mut each: impl FnMut(Path)) {
    for outer in OUTER {
        for inner in INNER {
            for leaf in LEAVES {
                each([outer, inner, leaf]);
            }
        }
    }
}
