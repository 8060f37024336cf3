use serde_json::{Value, json};

use super::machine::Machine;

const CORE: &str = "/api/v1/namespaces/ns/events";
const NEW: &str = "/apis/events.k8s.io/v1/namespaces/ns/events";

fn event(name: &str) -> Value {
    json!({"metadata": {"name": name}, "regarding": {"kind": "Pod", "namespace": "ns", "name": "web-1"}, "type": "Normal",
        "reason": "Pulled", "note": "pulled", "action": "Pulling", "eventTime": "2027-01-15T08:00:00.000000Z",
        "reportingController": "example.com/agent", "reportingInstance": "agent-1"})
}

#[tokio::test]
async fn both_groups_show_one_event() {
    let machine = Machine::with_namespace().await;
    let made = machine.created(NEW, event("a")).await;
    assert_eq!(
        (&made["apiVersion"], &made["note"]),
        (&json!("events.k8s.io/v1"), &json!("pulled"))
    );
    let core = machine.found(&format!("{CORE}/a")).await;
    assert_eq!(
        (&core["apiVersion"], &core["message"], &core["involvedObject"]["name"]),
        (&json!("v1"), &json!("pulled"), &json!("web-1"))
    );
    assert_eq!(core["metadata"], made["metadata"], "one object, one uid, one version");
    assert_eq!(machine.found(&format!("{NEW}/a")).await, made);
    assert_eq!(machine.table(CORE).await, machine.table(NEW).await);

    let old_style = json!({"metadata": {"name": "b"}, "involvedObject": {"kind": "Pod", "namespace": "ns", "name": "web-2"},
        "source": {"component": "agent"}, "count": 2, "message": "m", "reason": "R", "type": "Warning"});
    machine.created(CORE, old_style).await;
    let shown = machine.found(&format!("{NEW}/b")).await;
    assert_eq!(
        (
            &shown["deprecatedCount"],
            &shown["deprecatedSource"]["component"],
            &shown["note"]
        ),
        (&json!(2), &json!("agent"), &json!("m"))
    );
    for (path, wanted) in [
        (format!("{NEW}?fieldSelector=regarding.name%3Dweb-1"), "a"),
        (format!("{NEW}?fieldSelector=type%3DWarning"), "b"),
        (format!("{CORE}?fieldSelector=involvedObject.name%3Dweb-2"), "b"),
    ] {
        let list = machine.found(&path).await;
        let names: Vec<&Value> = list["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|it| &it["metadata"]["name"])
            .collect();
        assert_eq!(names, [wanted], "{path}");
    }
    assert_eq!(machine.delete(&format!("{NEW}/a")).await.0, 200);
    assert_eq!(machine.get(&format!("{CORE}/a")).await.0, 404);
}

#[tokio::test]
async fn a_watch_of_either_group_follows_the_same_events() {
    let machine = Machine::with_namespace().await;
    machine.created(NEW, event("a")).await;
    let mut watch = machine
        .follow(&format!(
            "{NEW}?watch=true&resourceVersion=0&fieldSelector=regarding.name%3Dweb-1"
        ))
        .await;
    let mut next = async || -> Value { serde_json::from_str(&watch.next().await.expect("another line")).unwrap() };
    let first = next().await;
    assert_eq!(
        (&first["type"], &first["object"]["note"]),
        (&json!("ADDED"), &json!("pulled"))
    );
    let elsewhere =
        json!({"metadata": {"name": "c"}, "involvedObject": {"kind": "Pod", "namespace": "ns", "name": "web-9"}});
    machine.created(CORE, elsewhere).await;
    let (code, _) = machine
        .changed(&format!("{CORE}/a"), |event| event["message"] = "pulled again".into())
        .await;
    assert_eq!(code, 200);
    let second = next().await;
    assert_eq!(
        (
            &second["type"],
            &second["object"]["note"],
            &second["object"]["apiVersion"]
        ),
        (&json!("MODIFIED"), &json!("pulled again"), &json!("events.k8s.io/v1"))
    );
    machine.delete(&format!("{CORE}/a")).await;
    assert_eq!(next().await["type"], "DELETED");
}

#[tokio::test]
async fn events_of_the_newer_kind_are_held_to_its_rules() {
    let machine = Machine::with_namespace().await;
    let table = [
        ("/eventTime", Value::Null, "eventTime"),
        ("/type", json!("Odd"), "type"),
        ("/deprecatedCount", json!(3), "deprecatedCount"),
        (
            "/series",
            json!({"count": 1, "lastObservedTime": "2027-01-15T08:00:00.000000Z"}),
            "series.count",
        ),
        ("/reportingController", Value::Null, "reportingComponent"),
        ("/action", json!("a".repeat(129)), "action"),
        ("/reason", Value::Null, "reason"),
        ("/note", json!("n".repeat(1025)), "message"),
        ("/regarding/namespace", json!("other"), "involvedObject.namespace"),
    ];
    for (path, value, field) in table {
        let mut odd = event("odd");
        let (parent, key) = path.rsplit_once('/').unwrap();
        odd.pointer_mut(parent).unwrap()[key] = value;
        let (code, refused) = machine.post(NEW, odd).await;
        assert_eq!(
            (code, &refused["details"]["causes"][0]["field"]),
            (422, &json!(field)),
            "{path}: {refused}"
        );
    }
    machine.created(NEW, event("a")).await;
    let (code, _) = machine
        .changed(&format!("{NEW}/a"), |event| event["reason"] = "Other".into())
        .await;
    assert_eq!(code, 422, "what happened stays what it was");
    let series = json!({"count": 2, "lastObservedTime": "2027-01-15T08:00:01.000000Z"});
    let (code, counted) = machine
        .changed(&format!("{NEW}/a"), |event| event["series"] = series.clone())
        .await;
    assert_eq!((code, &counted["series"]), (200, &series), "{counted}");
    let (code, made) = machine.put(&format!("{NEW}/late"), event("late")).await;
    assert_eq!(code, 201, "an event that expired is made anew: {made}");
    let (code, made) = machine
        .put(
            &format!("{CORE}/later"),
            json!({"metadata": {"name": "later"}, "involvedObject": {"namespace": "ns"}}),
        )
        .await;
    assert_eq!(code, 201, "{made}");
}

#[tokio::test]
async fn leases_are_made_held_and_passed_on() {
    const LEASES: &str = "/apis/coordination.k8s.io/v1/namespaces/ns/leases";
    let machine = Machine::with_namespace().await;
    let lease = json!({"metadata": {"name": "leader"}, "spec": {"holderIdentity": "a", "leaseDurationSeconds": 15,
        "acquireTime": "2027-01-15T08:00:00.000000Z", "renewTime": "2027-01-15T08:00:00.000000Z"}});
    let made = machine.created(LEASES, lease.clone()).await;
    assert_eq!(made["spec"], lease["spec"]);
    assert_eq!(
        machine.table(LEASES).await,
        [[json!("leader"), json!("a"), json!("0s")]]
    );
    let path = format!("{LEASES}/leader");
    let (code, _) = machine
        .changed(&path, |lease| lease["spec"]["holderIdentity"] = "b".into())
        .await;
    assert_eq!(code, 200);
    assert_eq!(machine.put(&path, made).await.0, 409, "only one of two takes it");
    assert_eq!(
        machine.put(&path, lease.clone()).await.0,
        422,
        "nobody takes it without looking"
    );
    let mut odd = lease.clone();
    odd["metadata"]["name"] = "odd".into();
    odd["spec"]["leaseDurationSeconds"] = 0.into();
    assert_eq!(machine.post(LEASES, odd.clone()).await.0, 422);
    odd["spec"]["leaseDurationSeconds"] = 1.into();
    assert_eq!(machine.put(&format!("{LEASES}/odd"), odd).await.0, 201);
}
