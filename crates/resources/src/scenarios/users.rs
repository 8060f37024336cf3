use serde_json::{Value, json};

use super::machine::Machine;

const USERS: &str = "/apis/user.openshift.io/v1/users";
const IDENTITIES: &str = "/apis/user.openshift.io/v1/identities";
const MAPPINGS: &str = "/apis/user.openshift.io/v1/useridentitymappings";
const GROUPS: &str = "/apis/user.openshift.io/v1/groups";

#[tokio::test]
async fn users_and_groups_are_kept_and_validated() {
    let machine = Machine::start().await;
    machine
        .created(USERS, json!({"metadata": {"name": "jane"}, "fullName": "Jane Doe"}))
        .await;
    for name in ["system:admin", "a/b", "~"] {
        assert_eq!(
            machine.post(USERS, json!({"metadata": {"name": name}})).await.0,
            422,
            "{name}"
        );
    }
    let row = machine.table(USERS).await.remove(0);
    assert_eq!(
        (&row[0], &row[2], &row[3]),
        (&json!("jane"), &json!("Jane Doe"), &json!(""))
    );
    machine
        .created(GROUPS, json!({"metadata": {"name": "dev"}, "users": ["jane", "joe"]}))
        .await;
    assert_eq!(
        machine.table(GROUPS).await,
        vec![vec![json!("dev"), json!("jane, joe")]]
    );
    let (code, refused) = machine
        .post(
            GROUPS,
            json!({"metadata": {"name": "system:masters"}, "users": ["jane"]}),
        )
        .await;
    assert_eq!(code, 422, "{refused}");
    assert_eq!(
        machine
            .post(GROUPS, json!({"metadata": {"name": "x"}, "users": ["a:b"]}))
            .await
            .0,
        422
    );
}

#[tokio::test]
async fn the_asker_is_found_under_a_tilde() {
    let machine = Machine::start().await;
    let me = machine.found(&format!("{USERS}/~")).await;
    assert_eq!(
        (me["kind"].as_str(), me["metadata"]["name"].as_str()),
        (Some("User"), Some("system:admin"))
    );
    assert_eq!(me["groups"], json!(["system:masters"]));
    assert_eq!(machine.get(&format!("{USERS}/nobody")).await.0, 404);
}

#[tokio::test]
async fn a_mapping_changes_both_of_its_ends() {
    let machine = Machine::start().await;
    for name in ["jane", "joe"] {
        machine.created(USERS, json!({"metadata": {"name": name}})).await;
    }
    machine
        .created(
            IDENTITIES,
            json!({"providerName": "ldap", "providerUserName": "j", "metadata": {"name": "ldap:j"}}),
        )
        .await;
    let path = format!("{MAPPINGS}/ldap:j");
    assert_eq!(machine.get(&path).await.0, 404);
    let wish = |user: &str| json!({"identity": {"name": "ldap:j"}, "user": {"name": user}});
    machine.created(MAPPINGS, wish("jane")).await;
    assert_eq!(machine.post(MAPPINGS, wish("joe")).await.0, 409);
    assert_eq!(
        machine.found(&format!("{USERS}/jane")).await["identities"],
        json!(["ldap:j"])
    );
    let (code, moved) = machine.put(&path, wish("joe")).await;
    assert_eq!((code, &moved["user"]["name"]), (200, &json!("joe")), "{moved}");
    assert_eq!(machine.found(&format!("{USERS}/jane")).await["identities"], json!([]));
    assert_eq!(
        machine.found(&format!("{IDENTITIES}/ldap:j")).await["user"]["name"],
        "joe"
    );
    assert_eq!(machine.delete(&path).await.0, 200);
    assert_eq!(
        machine.found(&format!("{IDENTITIES}/ldap:j")).await["user"],
        Value::Null
    );
    assert_eq!(machine.found(&format!("{USERS}/joe")).await["identities"], json!([]));
}

#[tokio::test]
async fn a_group_gives_its_members_what_it_may_at_once() {
    let machine = Machine::start().await;
    let token = super::oauth::login(&machine, "jane").await;
    let path = "/api/v1/nodes";
    assert_eq!(machine.call_with_token(&token, "GET", path, Value::Null).await.0, 403);
    machine
        .bind("cluster-reader", json!([{"kind": "Group", "name": "ops"}]))
        .await;
    machine
        .created(GROUPS, json!({"metadata": {"name": "ops"}, "users": ["jane"]}))
        .await;
    assert_eq!(machine.call_with_token(&token, "GET", path, Value::Null).await.0, 200);
    let (_, me) = machine
        .call_with_token(&token, "GET", &format!("{USERS}/~"), Value::Null)
        .await;
    assert_eq!(me["groups"], json!(["ops"]));
    assert_eq!(machine.delete(&format!("{GROUPS}/ops")).await.0, 200);
    assert_eq!(machine.call_with_token(&token, "GET", path, Value::Null).await.0, 403);
}
