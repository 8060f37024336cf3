use serde_json::json;

use super::*;

fn list() -> Value {
    json!({
        "kind": "List",
        "items": [
            {"metadata": {"name": "a", "labels": {"app.kubernetes.io/name": "web"}}, "status": {"ready": true, "n": 1},
             "ports": [{"name": "http", "port": 80}, {"name": "admin", "port": 9000}]},
            {"metadata": {"name": "b"}, "status": {"ready": false, "n": 2}, "ports": []},
            {"metadata": {"name": "c"}, "status": {"n": 3}},
        ],
    })
}

#[test]
fn paths_render_what_they_find() {
    for (template, text) in [
        ("{.kind}", "List"),
        ("{kind}", "List"),
        ("{$.kind}", "List"),
        ("kind is {.kind}!", "kind is List!"),
        ("{.items[*].metadata.name}", "a b c"),
        ("{.items[0].metadata.name}", "a"),
        ("{.items[-1].metadata.name}", "c"),
        ("{.items[-1:].metadata.name}", "c"),
        ("{.items[0:2].metadata.name}", "a b"),
        ("{.items[::2].metadata.name}", "a c"),
        ("{.items[0,2].metadata.name}", "a c"),
        ("{.items[7].metadata.name}", ""),
        ("{.nothing.here}", ""),
        ("{.items[0]['metadata'].name}", "a"),
        ("{.items[0]['metadata','status']['name','n']}", "a 1"),
        (r"{.items[0].metadata.labels.app\.kubernetes\.io/name}", "web"),
        ("{.items[0].metadata.labels['app.kubernetes.io/name']}", "web"),
        ("{.items[0].status}", r#"{"n":1,"ready":true}"#),
        ("{.items[*].status.ready}", "true false"),
        ("{..port}", "80 9000"),
        ("{.items[0].ports[*]['name','port']}", "http 80 admin 9000"),
        ("{.items[0].ports.*.name}", "http admin"),
    ] {
        assert_eq!(JsonPath::parse(template).unwrap().render(&list()), text, "{template}");
    }
}

#[test]
fn filters_choose_items() {
    for (template, text) in [
        (r#"{.items[?(@.metadata.name=="b")].status.n}"#, "2"),
        ("{.items[?(@.metadata.name!='b')].status.n}", "1 3"),
        ("{.items[?(@.status.n>=2)].metadata.name}", "b c"),
        ("{.items[?( @.status.n < 2 )].metadata.name}", "a"),
        ("{.items[?(@.status.ready==true)].metadata.name}", "a"),
        ("{.items[?(@.ports)].metadata.name}", "a b"),
        ("{.items[*].ports[?(@.name=='admin')].port}", "9000"),
        ("{.items[?(@.status.n=='2')].metadata.name}", ""),
    ] {
        assert_eq!(JsonPath::parse(template).unwrap().render(&list()), text, "{template}");
    }
}

#[test]
fn ranges_repeat_their_body() {
    for (template, text) in [
        (
            r#"{range .items[*]}{.metadata.name}{"\t"}{.status.n}{"\n"}{end}"#,
            "a\t1\nb\t2\nc\t3\n",
        ),
        (
            "{range .items[*]}{.metadata.name}:{range .ports[*]}[{.port}]{end} {end}",
            "a:[80][9000] b: c: ",
        ),
        ("{range .items[*]}{$.kind}{.metadata.name} {end}", "Lista Listb Listc "),
        ("{range .items[*]}{'}'}{end}", "}}}"),
    ] {
        assert_eq!(JsonPath::parse(template).unwrap().render(&list()), text, "{template}");
    }
}

#[test]
fn templates_that_make_no_sense_are_refused() {
    for template in [
        "{.items",
        "{.items[}",
        "{.items[a]}",
        "{.items[0}",
        "{.items[?(@.x==)]}",
        "{.items[?(@.x==y)]}",
        "{range .items[*]}",
        "{end}",
        "{\"open}",
        "{.a b}",
        "{[::0]}",
    ] {
        assert!(JsonPath::parse(template).is_err(), "{template}");
    }
    let nested = "{range .a}".repeat(40);
    assert!(JsonPath::parse(&nested).is_err());
}

#[test]
fn relaxed_paths_need_no_braces() {
    for path in ["metadata.name", ".metadata.name", "{.metadata.name}", "{metadata.name}"] {
        let found = JsonPath::parse_relaxed(path).unwrap();
        assert_eq!(found.find(&json!({"metadata": {"name": "x"}})), [&json!("x")], "{path}");
    }
}
