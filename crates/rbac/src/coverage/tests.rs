use super::*;

fn on(verbs: &[&str], groups: &[&str], resources: &[&str]) -> PolicyRule {
    PolicyRule::resources(verbs, groups, resources)
}

fn missing(held: &[PolicyRule], wanted: &[PolicyRule]) -> String {
    let held: Vec<&PolicyRule> = held.iter().collect();
    match uncovered(&held, wanted) {
        Ok(()) => String::new(),
        Err(error) => error.to_string(),
    }
}

#[test]
fn what_is_held_may_be_passed_on() {
    let everything = || vec![on(&["*"], &["*"], &["*"]), PolicyRule::paths(&["*"], &["*"])];
    let table = [
        (everything(), vec![on(&["get"], &[""], &["pods"])]),
        (everything(), everything()),
        (
            vec![on(&["get"], &[""], &["pods"]), on(&["list"], &[""], &["pods"])],
            vec![on(&["get", "list"], &[""], &["pods"])],
        ),
        (
            vec![on(&["get"], &[""], &["pods", "services"])],
            vec![on(&["get"], &[""], &["services"]).named(&["web"])],
        ),
        (
            vec![on(&["get"], &[""], &["pods"]).named(&["a", "b"])],
            vec![on(&["get"], &[""], &["pods"]).named(&["b"])],
        ),
        (
            vec![on(&["update"], &["*"], &["*/scale"])],
            vec![on(&["update"], &["apps"], &["deployments/scale"])],
        ),
        (
            vec![PolicyRule::paths(&["get"], &["/apis/*"])],
            vec![PolicyRule::paths(&["get"], &["/apis/apps", "/apis/x*"])],
        ),
        (vec![], vec![on(&["get"], &[], &["pods"])]),
        (vec![], vec![]),
    ];
    for (held, wanted) in table {
        assert_eq!(missing(&held, &wanted), "", "{held:?} {wanted:?}");
    }
}

#[test]
fn what_is_not_held_is_named() {
    let table = [
        (
            vec![on(&["get"], &[""], &["pods"])],
            vec![on(&["get", "list", "watch"], &[""], &["pods"])],
            r#"{APIGroups:[""], Resources:["pods"], Verbs:["list" "watch"]}"#,
        ),
        (
            vec![on(&["get", "list"], &[""], &["pods"])],
            vec![on(&["*"], &[""], &["pods"])],
            r#"{APIGroups:[""], Resources:["pods"], Verbs:["*"]}"#,
        ),
        (
            vec![on(&["get"], &[""], &["pods"]).named(&["a"])],
            vec![
                on(&["get"], &[""], &["pods"]),
                on(&["get"], &[""], &["pods"]).named(&["b"]),
            ],
            "{APIGroups:[\"\"], Resources:[\"pods\"], ResourceNames:[\"b\"], Verbs:[\"get\"]}\n\
             {APIGroups:[\"\"], Resources:[\"pods\"], Verbs:[\"get\"]}",
        ),
        (
            vec![on(&["*"], &["*"], &["*"])],
            vec![PolicyRule::paths(&["get"], &["/metrics"])],
            r#"{NonResourceURLs:["/metrics"], Verbs:["get"]}"#,
        ),
        (
            vec![PolicyRule::paths(&["get"], &["/*"])],
            vec![PolicyRule::paths(&["get"], &["*"])],
            r#"{NonResourceURLs:["*"], Verbs:["get"]}"#,
        ),
        (
            vec![on(&["get"], &[""], &["*/log"])],
            vec![on(&["get"], &[""], &["pods"])],
            r#"{APIGroups:[""], Resources:["pods"], Verbs:["get"]}"#,
        ),
    ];
    for (held, wanted, text) in table {
        assert_eq!(missing(&held, &wanted), text);
    }
}

#[test]
fn a_rule_that_combines_to_too_much_is_refused_unless_one_rule_covers_it() {
    let words: Vec<String> = (0..1000).map(|number| format!("w{number}")).collect();
    let huge = PolicyRule {
        verbs: words.clone(),
        api_groups: words.clone(),
        resources: words,
        ..PolicyRule::default()
    };
    let small = on(&["get"], &[""], &["pods"]);
    assert_eq!(
        uncovered(&[&small], std::slice::from_ref(&huge)),
        Err(NotCovered::TooMany(TooManyCombinations))
    );
    let everything = on(&["*"], &["*"], &["*"]);
    assert_eq!(uncovered(&[&everything], &[huge]), Ok(()));
}
