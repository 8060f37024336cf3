use std::time::Duration;

use futures::{StreamExt, TryStreamExt};
use jiff::Timestamp;
use weir_engine::{BindMount, EngineError, EventAction, LogOptions, OutputStream, RunState};

use crate::bench::{Bench, words};
use crate::programs::{EXIT_7, FILES, LINES, MISSING, OBEY, PRINT, SLEEP, SURROUNDINGS, TRUE};

pub async fn the_engine_says_what_it_is(bench: &Bench) {
    bench.engine.ping().await.unwrap();
    let info = bench.engine.info().await.unwrap();
    assert!(
        !info.version.is_empty() && info.cpus > 0 && info.memory_bytes > 0,
        "{info:?}"
    );
    assert_eq!(info.architecture, "amd64");
}

pub async fn a_container_goes_through_its_life(bench: &Bench) {
    let spec = bench.container(SLEEP);
    let id = bench.engine.create(&spec).await.unwrap();
    let made = bench.engine.inspect(&id).await.unwrap();
    assert_eq!(
        (made.state.run, made.name.as_str()),
        (RunState::Created, spec.name.as_str())
    );
    assert!(
        made.state.created_at.is_some() && made.state.started_at.is_none(),
        "{made:?}"
    );

    bench.engine.start(&id).await.unwrap();
    bench.engine.start(&id).await.expect("starting twice does nothing");
    let running = bench.engine.inspect(&spec.name).await.unwrap();
    assert_eq!((running.state.run, running.state.exit_code), (RunState::Running, None));
    assert!(running.state.started_at.is_some() && running.id == id, "{running:?}");

    bench.engine.kill(&id).await.unwrap();
    assert_eq!(bench.engine.wait(&id).await.unwrap(), 137);
    let ended = bench.engine.inspect(&id).await.unwrap();
    assert_eq!((ended.state.run, ended.state.exit_code), (RunState::Exited, Some(137)));
    assert!(ended.state.finished_at.is_some(), "{ended:?}");
    assert!(bench.engine.kill(&id).await.unwrap_err().is_conflict());

    bench
        .engine
        .start(&id)
        .await
        .expect("an ended container can be started again");
    assert_eq!(bench.engine.inspect(&id).await.unwrap().state.run, RunState::Running);
    bench.drop_container(&id).await;
    assert!(bench.engine.inspect(&id).await.unwrap_err().is_not_found());
}

pub async fn a_name_is_taken_once(bench: &Bench) {
    let spec = bench.container(SLEEP);
    let id = bench.engine.create(&spec).await.unwrap();
    let error = bench.engine.create(&spec).await.unwrap_err();
    assert!(error.is_conflict(), "{error:?}");
    bench.drop_container(&id).await;
}

pub async fn an_image_that_is_not_there_is_not_found(bench: &Bench) {
    let mut spec = bench.container(SLEEP);
    spec.image = format!("{}/nothing/here:1", bench.registry);
    let error = bench.engine.create(&spec).await.unwrap_err();
    assert!(error.is_not_found(), "{error:?}");
}

pub async fn what_does_not_exist_is_not_found(bench: &Bench) {
    let engine = &bench.engine;
    let name = bench.name("nothing");
    let errors: [EngineError; 8] = [
        engine.start(&name).await.unwrap_err(),
        engine.stop(&name, Duration::ZERO).await.unwrap_err(),
        engine.kill(&name).await.unwrap_err(),
        engine.remove(&name, true).await.unwrap_err(),
        engine.inspect(&name).await.unwrap_err(),
        engine.wait(&name).await.unwrap_err(),
        engine
            .logs(&name, LogOptions::default())
            .try_collect::<Vec<_>>()
            .await
            .unwrap_err(),
        engine.image(&name).await.unwrap_err(),
    ];
    for error in errors {
        assert!(error.is_not_found(), "{error:?}");
    }
}

pub async fn a_command_that_cannot_be_executed_is_refused(bench: &Bench) {
    let id = bench.engine.create(&bench.container(MISSING)).await.unwrap();
    let error = bench.engine.start(&id).await.unwrap_err();
    assert!(matches!(error, EngineError::Refused { .. }), "{error:?}");
    assert!(error.to_string().contains("/bin/missing"), "{error}");
    assert!(!bench.engine.inspect(&id).await.unwrap().state.is_running());
    bench.drop_container(&id).await;
}

pub async fn the_exit_code_is_seen_by_wait_and_inspect(bench: &Bench) {
    for (program, code) in [(TRUE, 0), (EXIT_7, 7)] {
        let id = bench.run(&bench.container(program)).await;
        assert_eq!(bench.engine.wait(&id).await.unwrap(), code);
        assert_eq!(bench.engine.inspect(&id).await.unwrap().state.exit_code, Some(code));
        bench.drop_container(&id).await;
    }
}

pub async fn a_container_can_be_looked_at_while_it_ends(bench: &Bench) {
    let labels = bench.label("ending");
    for _ in 0..5 {
        let mut spec = bench.container(EXIT_7);
        spec.labels = labels.clone();
        let id = bench.run(&spec).await;
        let ended = loop {
            let listed = bench.engine.list(&labels).await.unwrap();
            assert_eq!(listed.len(), 1);
            let container = bench.engine.inspect(&id).await.unwrap();
            if container.state.run == RunState::Exited {
                break container;
            }
        };
        assert_eq!(ended.state.exit_code, Some(7));
        bench.drop_container(&id).await;
    }
}

pub async fn a_container_that_ignores_the_signal_is_killed(bench: &Bench) {
    let id = bench.run(&bench.container(SLEEP)).await;
    bench.engine.stop(&id, Duration::from_secs(1)).await.unwrap();
    let ended = bench.engine.inspect(&id).await.unwrap();
    assert_eq!((ended.state.run, ended.state.exit_code), (RunState::Exited, Some(137)));
    bench
        .engine
        .stop(&id, Duration::from_secs(1))
        .await
        .expect("stopping an ended container does nothing");
    bench.drop_container(&id).await;
}

pub async fn a_container_that_obeys_the_signal_ends_by_itself(bench: &Bench) {
    let id = bench.run(&bench.container(OBEY)).await;
    let follow = LogOptions {
        follow: true,
        ..LogOptions::default()
    };
    bench
        .engine
        .logs(&id, follow)
        .next()
        .await
        .expect("it says that it is ready")
        .unwrap();
    bench.engine.stop(&id, Duration::from_secs(30)).await.unwrap();
    assert_eq!(bench.engine.inspect(&id).await.unwrap().state.exit_code, Some(3));
    bench.drop_container(&id).await;
}

pub async fn a_running_container_is_removed_only_by_force(bench: &Bench) {
    let id = bench.run(&bench.container(SLEEP)).await;
    let error = bench.engine.remove(&id, false).await.unwrap_err();
    assert!(error.is_conflict(), "{error:?}");
    bench.engine.remove(&id, true).await.unwrap();
}

/// Whether a process with this word in its command line is there.
fn process_exists(word: &str) -> bool {
    let processes = std::fs::read_dir("/proc").expect("a /proc").flatten();
    processes
        .filter_map(|entry| std::fs::read(entry.path().join("cmdline")).ok())
        .any(|line| line.split(|byte| *byte == 0).any(|part| part == word.as_bytes()))
}

/// Waits for what no event announces, as the kernel's list of processes.
async fn eventually(what: &str, holds: impl Fn() -> bool) {
    let held = async {
        while !holds() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let waited = tokio::time::timeout(Duration::from_secs(10), held).await;
    assert!(waited.is_ok(), "{what}");
}

pub async fn a_container_that_is_being_stopped_can_be_removed(bench: &Bench) {
    // A number of seconds that no other process sleeps.
    let seconds = format!("60{}", std::process::id());
    let id = bench.run(&bench.container(&["/bin/busybox", "sleep", &seconds])).await;
    let mut stop = Box::pin(bench.engine.stop(&id, Duration::from_secs(60)));
    if bench.fake.is_none() {
        // Before it became the command, the runtime's own process would obey the signal.
        eventually("its process is there", || process_exists(&seconds)).await;
        let in_the_middle = tokio::time::timeout(Duration::from_secs(1), &mut stop).await;
        assert!(
            in_the_middle.is_err(),
            "it ignores the signal, and yet: {in_the_middle:?}"
        );
        assert!(
            bench.engine.inspect(&id).await.unwrap().state.is_running(),
            "it still runs"
        );
    }
    bench.engine.remove(&id, true).await.unwrap();
    assert!(bench.engine.inspect(&id).await.unwrap_err().is_not_found());
    // The engine answers when the container is gone from its books; the kernel needs a moment more for the process.
    eventually("its process is gone", || !process_exists(&seconds)).await;
}

pub async fn containers_are_listed_by_label(bench: &Bench) {
    let labels = bench.label("listed");
    let mut spec = bench.container(SLEEP);
    spec.labels = labels.clone();
    spec.labels
        .insert("weir.test/other".to_owned(), "text with spaces, and = signs".to_owned());
    let id = bench.engine.create(&spec).await.unwrap();
    let unlabelled = bench.engine.create(&bench.container(SLEEP)).await.unwrap();

    let listed = bench.engine.list(&labels).await.unwrap();
    assert_eq!(listed.iter().map(|container| &container.id).collect::<Vec<_>>(), [&id]);
    assert_eq!((listed[0].state.run, &listed[0].name), (RunState::Created, &spec.name));
    for (name, value) in &spec.labels {
        assert_eq!(listed[0].labels.get(name), Some(value));
    }
    let image = bench.engine.image(&bench.base_image).await.unwrap();
    assert_eq!(listed[0].image_id, image.id);

    bench.drop_container(&id).await;
    bench.drop_container(&unlabelled).await;
    assert!(bench.engine.list(&labels).await.unwrap().is_empty());
}

pub async fn output_is_split_by_stream_and_stamped(bench: &Bench) {
    let before = Timestamp::now();
    let id = bench.run(&bench.container(PRINT)).await;
    bench.engine.wait(&id).await.unwrap();
    assert_eq!(bench.printed(&id, OutputStream::Stdout).await, "one\n");
    assert_eq!(bench.printed(&id, OutputStream::Stderr).await, "two\n");

    let stamped = LogOptions {
        timestamps: true,
        ..LogOptions::default()
    };
    let chunks: Vec<_> = bench.engine.logs(&id, stamped).try_collect().await.unwrap();
    assert_eq!(chunks.len(), 2);
    for chunk in chunks {
        let time = chunk.timestamp.expect("every chunk has its time");
        assert!(
            time.as_second() >= before.as_second() && chunk.bytes.len() == 4,
            "{chunk:?}"
        );
    }
    bench.drop_container(&id).await;
}

pub async fn a_followed_log_ends_with_the_container(bench: &Bench) {
    let id = bench.run(&bench.container(LINES)).await;
    let follow = LogOptions {
        follow: true,
        ..LogOptions::default()
    };
    let chunks: Vec<_> = bench.engine.logs(&id, follow).try_collect().await.unwrap();
    let text: Vec<u8> = chunks.iter().flat_map(|chunk| chunk.bytes.to_vec()).collect();
    assert_eq!(text, b"1\n2\n3\n4\n5\n");
    bench.drop_container(&id).await;
}

pub async fn a_tail_is_the_last_lines(bench: &Bench) {
    let id = bench.run(&bench.container(LINES)).await;
    bench.engine.wait(&id).await.unwrap();
    let tail = LogOptions {
        tail: Some(2),
        ..LogOptions::default()
    };
    let chunks: Vec<_> = bench.engine.logs(&id, tail).try_collect().await.unwrap();
    let text: Vec<u8> = chunks.iter().flat_map(|chunk| chunk.bytes.to_vec()).collect();
    assert_eq!(text, b"4\n5\n");
    bench.drop_container(&id).await;
}

pub async fn environment_directory_and_user_are_set(bench: &Bench) {
    let mut spec = bench.container(SURROUNDINGS);
    spec.env = vec![("GREETING".to_owned(), "hello".to_owned())];
    spec.working_dir = Some("/srv".to_owned());
    spec.user = Some("1234".to_owned());
    spec.read_only_root = true;
    spec.no_new_privileges = true;
    spec.capabilities_drop = vec!["ALL".to_owned()];
    let id = bench.run(&spec).await;
    bench.engine.wait(&id).await.unwrap();
    assert_eq!(bench.printed(&id, OutputStream::Stdout).await, "hello\n/srv\n1234\n0\n");
    bench.drop_container(&id).await;
}

pub async fn an_entrypoint_replaces_the_images_command(bench: &Bench) {
    let mut spec = bench.container(&[]);
    spec.entrypoint = Some(words(&EXIT_7[..2]));
    spec.cmd = Some(words(&EXIT_7[2..]));
    let id = bench.run(&spec).await;
    assert_eq!(bench.engine.wait(&id).await.unwrap(), 7);
    bench.drop_container(&id).await;

    spec.name = bench.name("c");
    (spec.entrypoint, spec.cmd) = (None, Some(words(TRUE)));
    let id = bench.run(&spec).await;
    assert_eq!(bench.engine.wait(&id).await.unwrap(), 0);
    bench.drop_container(&id).await;
}

pub async fn files_are_mounted_read_only_or_writable(bench: &Bench) {
    let directory = tempfile::tempdir().unwrap();
    let (given, taken) = (directory.path().join("in"), directory.path().join("out"));
    for path in [&given, &taken] {
        std::fs::create_dir(path).unwrap();
    }
    std::fs::write(given.join("word"), "given\n").unwrap();
    let mut spec = bench.container(FILES);
    spec.mounts = vec![
        BindMount {
            source: given.clone(),
            target: "/in".to_owned(),
            read_only: true,
        },
        BindMount {
            source: taken.clone(),
            target: "/out".to_owned(),
            read_only: false,
        },
    ];
    let id = bench.run(&spec).await;
    assert_eq!(bench.engine.wait(&id).await.unwrap(), 0);
    assert_eq!(bench.printed(&id, OutputStream::Stdout).await, "given\nkept\n");
    if bench.fake.is_none() {
        assert_eq!(std::fs::read_to_string(taken.join("word")).unwrap(), "written\n");
    }
    bench.drop_container(&id).await;
}

pub async fn events_tell_of_start_and_end(bench: &Bench) {
    let labels = bench.label("events");
    let mut events = bench.engine.events(&labels, Timestamp::now());
    let mut spec = bench.container(EXIT_7);
    spec.labels = labels.clone();
    let id = bench.run(&spec).await;
    bench.engine.wait(&id).await.unwrap();
    bench.drop_container(&id).await;

    let mut actions: Vec<EventAction> = Vec::new();
    while !actions.contains(&EventAction::Removed) {
        let event = events.next().await.expect("events do not end").unwrap();
        assert_eq!(event.container, id);
        assert_eq!(event.labels.get("weir.test/case"), labels.get("weir.test/case"));
        actions.push(event.action);
    }
    let at = |action: &EventAction| actions.iter().position(|seen| seen == action);
    let died = at(&EventAction::Died { exit_code: Some(7) });
    assert!(
        at(&EventAction::Started).is_some() && at(&EventAction::Started) < died,
        "{actions:?}"
    );
}
