//! The index and the coverage of rules against a model that is written down again from what RBAC promises: no index, no
//! shortcuts, everything is looked at.

mod model {
    pub mod decide;
    pub mod words;
}

use proptest::prelude::*;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use weir_rbac::{Binding, Index, NotCovered, PolicyRule, Request, RoleRef, Target, Who, uncovered};

use model::decide::{World, rule_allows};
use model::words::{self, every_request, random_rule};

/// Role sets of the escalation test.
const ROLE_SETS: usize = 10_000;

fn rules() -> impl Strategy<Value = Vec<PolicyRule>> {
    prop::collection::vec(
        any::<u64>().prop_map(|seed| random_rule(&mut StdRng::seed_from_u64(seed))),
        0..3,
    )
}

fn role_ref() -> impl Strategy<Value = RoleRef> {
    (any::<bool>(), prop::sample::select(words::ROLES.to_vec())).prop_map(|(cluster, name)| match cluster {
        true => RoleRef::cluster_role(name),
        false => RoleRef::role(name),
    })
}

/// One write to the API.
#[derive(Clone, Debug)]
enum Write {
    Role(&'static str, &'static str, Option<Vec<PolicyRule>>),
    Binding(&'static str, &'static str, Option<Binding>),
}

fn write() -> impl Strategy<Value = Write> {
    let place = || prop::sample::select(words::PLACES.to_vec());
    let name = || prop::sample::select(words::ROLES.to_vec());
    let subjects = prop::collection::vec(prop::sample::select(words::subjects()), 0..3);
    let binding = (role_ref(), subjects).prop_map(|(role, subjects)| Binding { role, subjects });
    prop_oneof![
        (place(), name(), prop::option::weighted(0.8, rules()))
            .prop_map(|(place, name, rules)| Write::Role(place, name, rules)),
        (place(), name(), prop::option::weighted(0.8, binding))
            .prop_map(|(place, name, binding)| Write::Binding(place, name, binding)),
    ]
}

fn applied(writes: &[Write]) -> (Index, World) {
    let (mut index, mut world) = (Index::default(), World::default());
    for write in writes.iter().cloned() {
        match write {
            Write::Role(place, name, Some(rules)) => {
                index.put_role(place, name, rules.clone());
                world.roles.insert((place, name), rules);
            }
            Write::Role(place, name, None) => {
                index.remove_role(place, name);
                world.roles.remove(&(place, name));
            }
            Write::Binding(place, name, Some(binding)) => {
                index.put_binding(place, name, binding.clone());
                world.bindings.insert((place, name), binding);
            }
            Write::Binding(place, name, None) => {
                index.remove_binding(place, name);
                world.bindings.remove(&(place, name));
            }
        }
    }
    (index, world)
}

proptest! {
    #[test]
    fn whatever_was_written_the_index_decides_as_the_model(writes in prop::collection::vec(write(), 0..12)) {
        let (index, world) = applied(&writes);
        for (name, groups) in words::askers() {
            let groups: Vec<String> = groups.iter().map(|group| (*group).to_owned()).collect();
            let who = Who { name, groups: &groups };
            for asked in every_request() {
                prop_assert_eq!(
                    index.allows(who, &asked).is_some(),
                    world.allows(name, &groups, &asked),
                    "{} {:?} {:?}", name, groups, asked
                );
            }
        }
    }

    #[test]
    fn whoever_may_do_something_is_among_its_holders(writes in prop::collection::vec(write(), 0..12)) {
        let (index, world) = applied(&writes);
        for asked in every_request().step_by(7) {
            let holders = index.holders(&asked);
            for (name, groups) in words::askers() {
                let groups: Vec<String> = groups.iter().map(|group| (*group).to_owned()).collect();
                let among = holders.users.contains(name) || groups.iter().any(|group| holders.groups.contains(group));
                prop_assert_eq!(among, world.allows(name, &groups, &asked), "{} {:?}", name, asked);
            }
        }
    }

    #[test]
    fn all_rules_of_somebody_allow_what_he_may_do(writes in prop::collection::vec(write(), 0..12)) {
        let (index, world) = applied(&writes);
        for (name, groups) in words::askers() {
            let groups: Vec<String> = groups.iter().map(|group| (*group).to_owned()).collect();
            for asked in every_request().step_by(5) {
                let rules = index.rules_of(Who { name, groups: &groups }, asked.namespace());
                prop_assert_eq!(
                    rules.iter().any(|rule| rule_allows(rule, &asked)),
                    world.allows(name, &groups, &asked)
                );
            }
        }
    }
}

#[test]
fn whoever_passes_the_check_held_every_right() {
    let mut random = StdRng::seed_from_u64(0x5EED);
    let some = |random: &mut StdRng, most: usize| -> Vec<PolicyRule> {
        let count = random.random_range(0..=most);
        (0..count).map(|_| random_rule(random)).collect()
    };
    let (mut passed, mut refused) = (0, 0);
    for set in 0..ROLE_SETS {
        let (held, wanted) = (some(&mut random, 6), some(&mut random, 3));
        let allows = |rules: &[PolicyRule], asked: &Request<'_>| rules.iter().any(|rule| rule_allows(rule, asked));
        match uncovered(&held.iter().collect::<Vec<_>>(), &wanted) {
            Ok(()) => {
                passed += 1;
                for asked in every_request() {
                    assert!(
                        allows(&held, &asked) || !allows(&wanted, &asked),
                        "set {set}: {asked:?}\nheld {held:?}\nwanted {wanted:?}"
                    );
                }
            }
            Err(NotCovered::Missing(missing)) => {
                refused += 1;
                for single in missing {
                    assert!(is_lacking(&held, &single), "set {set}: {single:?} is held by {held:?}");
                }
            }
            Err(error) => panic!("set {set}: {error}"),
        }
    }
    assert!(
        passed > ROLE_SETS / 20 && refused > ROLE_SETS / 20,
        "{passed} passed, {refused} refused"
    );
}

/// Whether something can be named that the single right allows and `held` does not. What stands for everything cannot be
/// tried out.
fn is_lacking(held: &[PolicyRule], single: &PolicyRule) -> bool {
    let words = [
        &single.verbs,
        &single.api_groups,
        &single.resources,
        &single.non_resource_urls,
    ];
    if words.into_iter().flatten().any(|word| word.contains('*')) {
        return true;
    }
    let target = match (&single.non_resource_urls[..], &single.resources[..]) {
        ([path], []) => Target::Path(path),
        ([], [resource]) => {
            let (resource, subresource) = resource.split_once('/').unwrap_or((resource, ""));
            Target::Resource {
                group: &single.api_groups[0],
                resource,
                subresource,
                namespace: "a",
                name: single
                    .resource_names
                    .first()
                    .map_or("a-name-that-no-rule-knows", String::as_str),
            }
        }
        _ => panic!("{single:?} is not a single right"),
    };
    let asked = Request {
        verb: &single.verbs[0],
        target,
    };
    rule_allows(single, &asked) && !held.iter().any(|rule| rule_allows(rule, &asked))
}
