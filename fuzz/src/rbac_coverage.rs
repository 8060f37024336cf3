//! Rights can be passed on exactly when nothing can be asked that they allow and that the giver may not do.

use arbitrary::Unstructured;
use weir_rbac::{NotCovered, PolicyRule, uncovered};

use crate::rules::{allows, requests, rules};

pub fn check(data: &[u8]) {
    let mut u = Unstructured::new(data);
    let (Ok(held), Ok(wanted)) = (rules(&mut u), rules(&mut u)) else {
        return;
    };
    let gained = requests("ns")
        .find(|asked| wanted.iter().any(|rule| allows(rule, asked)) && !held.iter().any(|rule| allows(rule, asked)));
    let lent: Vec<&PolicyRule> = held.iter().collect();
    match (uncovered(&lent, &wanted), gained) {
        (Ok(()), Some(gained)) => panic!("{held:?} may pass on {wanted:?}, which gives {gained:?}"),
        (Err(NotCovered::Missing(missing)), None) => panic!("{held:?} lacks nothing of {wanted:?}, told {missing:?}"),
        _ => {}
    }
}
