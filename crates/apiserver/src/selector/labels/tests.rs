use super::*;

fn matches(selector: &str, labels: &[(&str, &'static str)]) -> bool {
    let value = |key: &str| labels.iter().find(|(label, _)| *label == key).map(|(_, value)| *value);
    LabelSelector::parse(selector)
        .unwrap_or_else(|e| panic!("{selector}: {e}"))
        .matches(value)
}

#[test]
fn every_operator_holds_when_it_should() {
    let labels = [
        ("app", "web"),
        ("tier", "front"),
        ("gen", "5"),
        ("empty", ""),
        ("x.io/a-b", "1"),
        ("in", "in"),
    ];
    let table = [
        ("", true),
        ("app=web", true),
        ("app==web", true),
        ("app = web", true),
        ("app=db", false),
        ("app!=db", true),
        ("app!=web", false),
        ("none!=x", true),
        ("app", true),
        ("none", false),
        ("!app", false),
        ("!none", true),
        ("app in (db,web)", true),
        ("app in (db)", false),
        ("none in (x)", false),
        ("app notin (db)", true),
        ("app notin (web)", false),
        ("none notin (x)", true),
        ("gen>4", true),
        ("gen>5", false),
        ("gen<6", true),
        ("app<6", false),
        ("empty=", true),
        ("empty in (,x)", true),
        ("empty in ()", true),
        ("x.io/a-b=1", true),
        ("in in (in)", true),
        ("app=web,tier=front", true),
        ("app=web, tier = back", false),
        ("app in (web),!none,gen>1", true),
    ];
    for (selector, wanted) in table {
        assert_eq!(matches(selector, &labels), wanted, "{selector}");
    }
}

#[test]
fn malformed_selectors_are_refused() {
    let table = [
        "=a",
        "a=b=c",
        "a in b",
        "a in (b",
        "a,",
        ",a",
        "a b",
        "!",
        "!a=b",
        "a>x",
        "a>",
        "a>-2",
        "a<2-",
        "a=b c",
        "-a=b",
        "a=-",
        "a in (b c)",
        "ä=1",
        "a=b,,c=d",
        "a & b",
    ];
    for bad in table {
        assert!(LabelSelector::parse(bad).is_err(), "{bad}");
    }
}

#[test]
fn terms_are_bounded() {
    let many = vec!["a"; MAX_TERMS + 1].join(",");
    assert_eq!(LabelSelector::parse(&many), Err(SelectorError::TooManyTerms));
    let values: Vec<String> = (0..=MAX_TERMS).map(|value| value.to_string()).collect();
    assert_eq!(
        LabelSelector::parse(&format!("a in ({})", values.join(","))),
        Err(SelectorError::TooManyTerms)
    );
}
