use super::*;

fn shown(version: u64, token: &str) -> Shown {
    Shown {
        version,
        uid: "u1".to_owned(),
        token: token.to_owned(),
        whole: true,
    }
}

fn change(kind: ChangeKind, version: u64, token: &str) -> Sight {
    Sight::Change(Change {
        key: "a".to_owned(),
        kind,
        object: shown(version, token),
    })
}

fn put(token: &str, begun: u64, outcome: Outcome) -> Write {
    Write {
        key: "a".to_owned(),
        deed: Deed::Put(token.to_owned()),
        onto: None,
        span: Span {
            begun,
            ended: begun + 1,
        },
        outcome,
    }
}

fn delete(begun: u64, outcome: Outcome) -> Write {
    Write {
        deed: Deed::Delete,
        ..put("", begun, outcome)
    }
}

fn watcher(name: &str, sights: Vec<Sight>) -> Watcher {
    Watcher {
        name: name.to_owned(),
        sights,
    }
}

/// `a` is created as `t1`, changed to `t2` and deleted; somebody looks at all times.
fn good() -> History {
    use ChangeKind::{Added, Deleted, Modified};
    let sights = vec![
        Sight::From(5),
        change(Added, 10, "t1"),
        Sight::From(10),
        change(Modified, 12, "t2"),
        change(Deleted, 15, "t2"),
        Sight::Until(15),
    ];
    History {
        writes: vec![
            put("t1", 1, Outcome::Put(10)),
            Write {
                onto: Some(10),
                ..put("t2", 3, Outcome::Put(12))
            },
            delete(6, Outcome::Deleted("u1".to_owned())),
            put("t3", 8, Outcome::Refused),
            put("t4", 10, Outcome::Unknown),
        ],
        reads: vec![
            Read {
                key: "a".to_owned(),
                span: Span { begun: 5, ended: 6 },
                found: Some(shown(12, "t2")),
            },
            Read {
                key: "b".to_owned(),
                span: Span { begun: 5, ended: 6 },
                found: None,
            },
        ],
        snapshots: vec![Snapshot {
            span: Span { begun: 5, ended: 6 },
            version: 13,
            objects: BTreeMap::from([("a".to_owned(), shown(12, "t2"))]),
        }],
        watchers: vec![watcher("w1", sights.clone()), watcher("w2", sights)],
        pairs: vec![Pair {
            name: "p".to_owned(),
            acknowledged: true,
        }],
        pairings: vec![Pairing {
            moment: 12,
            left: BTreeSet::from(["p".to_owned()]),
            right: BTreeSet::from(["p".to_owned()]),
        }],
    }
}

#[test]
fn a_correct_history_has_no_violations() {
    assert_eq!(good().violations(), []);
}

#[test]
fn an_unknown_write_may_have_happened() {
    let mut history = good();
    for watcher in &mut history.watchers {
        watcher.sights.push(change(ChangeKind::Added, 16, "t4"));
    }
    assert_eq!(history.violations(), []);
}

#[test]
fn an_unknown_deletion_explains_one_change() {
    let mut history = good();
    history.writes[2] = delete(6, Outcome::Unknown);
    assert_eq!(history.violations(), []);
    history.writes[2].outcome = Outcome::Refused;
    assert!(matches!(
        history.violations()[..],
        [Violation::Unasked { version: 15, .. }]
    ));
}

#[test]
fn a_watcher_that_lists_again_need_not_see_what_was_between() {
    let mut history = good();
    history.watchers[1].sights = vec![Sight::From(12), change(ChangeKind::Deleted, 15, "t2"), Sight::Until(15)];
    assert_eq!(history.violations(), []);
}

/// What is done to the good history, and the violation that must be found then.
type Damage = (&'static str, fn(&mut History), fn(&Violation) -> bool);

#[test]
fn every_kind_of_damage_is_found() {
    let table: [Damage; 20] = [
        (
            "an acknowledged write that nobody saw",
            |history| history.writes.push(put("t9", 20, Outcome::Put(30))),
            |found| matches!(found, Violation::Lost { .. }),
        ),
        (
            "an acknowledged deletion that nobody saw",
            |history| history.writes.push(delete(20, Outcome::Deleted("u9".to_owned()))),
            |found| matches!(found, Violation::Lost { .. }),
        ),
        (
            "an answer with another version than watchers saw",
            |history| history.writes[1].outcome = Outcome::Put(13),
            |found| matches!(found, Violation::Renumbered { told: 13, seen: 12, .. }),
        ),
        (
            "the effect of a refused write",
            |history| history.writes[1].outcome = Outcome::Refused,
            |found| matches!(found, Violation::Unasked { version: 12, .. }),
        ),
        (
            "a deletion nobody asked for",
            |history| drop(history.writes.remove(2)),
            |found| matches!(found, Violation::Unasked { version: 15, .. }),
        ),
        (
            "one write with two effects",
            |history| {
                for watcher in &mut history.watchers {
                    watcher.sights.insert(4, change(ChangeKind::Modified, 14, "t2"));
                }
            },
            |found| matches!(found, Violation::Twice { .. }),
        ),
        (
            "an update that replaced more than it knew",
            |history| history.writes[1].onto = Some(9),
            |found| {
                matches!(
                    found,
                    Violation::LostUpdate {
                        onto: 9,
                        replaced: Some(10),
                        ..
                    }
                )
            },
        ),
        (
            "one version for two changes",
            |history| history.watchers[1].sights[3] = change(ChangeKind::Modified, 12, "t4"),
            |found| matches!(found, Violation::Reused { version: 12, .. }),
        ),
        (
            "versions that run backwards",
            |history| history.writes[0].span = Span { begun: 30, ended: 31 },
            |found| {
                matches!(
                    found,
                    Violation::Backwards {
                        version: 10,
                        after: 12,
                        ..
                    }
                )
            },
        ),
        (
            "a change that is seen again",
            |history| {
                history.watchers[0]
                    .sights
                    .insert(4, change(ChangeKind::Modified, 12, "t2"))
            },
            |found| matches!(found, Violation::Disorder { version: 12, .. }),
        ),
        (
            "a change in the wrong order",
            |history| history.watchers[0].sights.swap(3, 4),
            |found| matches!(found, Violation::Disorder { .. }),
        ),
        (
            "a change that one watcher missed",
            |history| drop(history.watchers[1].sights.remove(3)),
            |found| matches!(found, Violation::Missed { version: 12, .. }),
        ),
        (
            "a last change that one watcher missed",
            |history| drop(history.watchers[1].sights.remove(4)),
            |found| matches!(found, Violation::Missed { version: 15, .. }),
        ),
        (
            "a change of what is not there",
            |history| {
                for watcher in &mut history.watchers {
                    watcher.sights[1] = Sight::From(11);
                }
                history.writes.remove(0);
            },
            |found| matches!(found, Violation::Impossible { version: 12, .. }),
        ),
        (
            "half of a write",
            |history| {
                for watcher in &mut history.watchers {
                    if let Sight::Change(change) = &mut watcher.sights[3] {
                        change.object.whole = false;
                    }
                }
            },
            |found| matches!(found, Violation::Half { version: 12, .. }),
        ),
        (
            "a list without what it must show",
            |history| history.snapshots[0].objects.clear(),
            |found| matches!(found, Violation::FalseList { version: 13, .. }),
        ),
        (
            "a list of the past",
            |history| history.snapshots[0].version = 11,
            |found| matches!(found, Violation::FalseList { version: 11, .. }),
        ),
        (
            "a read of the past",
            |history| history.reads[0].found = Some(shown(10, "t1")),
            |found| matches!(found, Violation::FalseRead { .. }),
        ),
        (
            "half a pair",
            |history| history.pairings[0].left.clear(),
            |found| matches!(found, Violation::Widowed { .. }),
        ),
        (
            "a pair that is lost",
            |history| {
                history.pairings[0] = Pairing {
                    moment: 12,
                    left: BTreeSet::new(),
                    right: BTreeSet::new(),
                }
            },
            |found| matches!(found, Violation::LostPair { .. }),
        ),
    ];
    for (name, damage, wanted) in table {
        let mut history = good();
        damage(&mut history);
        let violations = history.violations();
        assert!(violations.iter().any(wanted), "{name}: {violations:?}");
    }
}
