use futures::StreamExt;
use tokio::io::AsyncWriteExt;
use weir_engine::{AttachSpec, ExecSpec, OutputStream, Session};

use crate::bench::{Bench, words};
use crate::programs::{ECHO, EXIT_7, GO, PRINT, SLEEP, SPEAK_LATER, TRUE};

fn command(program: &[&str]) -> ExecSpec {
    ExecSpec {
        command: words(program),
        stdout: true,
        stderr: true,
        ..ExecSpec::default()
    }
}

/// Standard output and standard error, to the end.
async fn drain(session: &mut Session) -> (String, String) {
    let (mut out, mut err) = (Vec::new(), Vec::new());
    while let Some(chunk) = session.output.next().await {
        let chunk = chunk.unwrap();
        match chunk.stream {
            OutputStream::Stdout => out.extend_from_slice(&chunk.bytes),
            OutputStream::Stderr => err.extend_from_slice(&chunk.bytes),
        }
    }
    (String::from_utf8(out).unwrap(), String::from_utf8(err).unwrap())
}

pub async fn an_exec_gives_output_by_stream_and_an_exit_code(bench: &Bench) {
    let id = bench.run(&bench.container(SLEEP)).await;
    let mut session = bench.engine.exec(&id, &command(PRINT)).await.unwrap();
    assert!(session.input.is_none());
    assert_eq!(drain(&mut session).await, ("one\n".to_owned(), "two\n".to_owned()));
    assert_eq!(session.control.exit_code().await.unwrap(), 0);

    let mut session = bench.engine.exec(&id, &command(EXIT_7)).await.unwrap();
    drain(&mut session).await;
    assert_eq!(session.control.exit_code().await.unwrap(), 7);

    let only_errors = ExecSpec {
        stdout: false,
        ..command(PRINT)
    };
    let mut session = bench.engine.exec(&id, &only_errors).await.unwrap();
    assert_eq!(drain(&mut session).await, (String::new(), "two\n".to_owned()));
    bench.drop_container(&id).await;
}

pub async fn closing_the_input_ends_a_reading_command(bench: &Bench) {
    let id = bench.run(&bench.container(SLEEP)).await;
    let spec = ExecSpec {
        stdin: true,
        ..command(ECHO)
    };
    let mut session = bench.engine.exec(&id, &spec).await.unwrap();
    let mut input = session.input.take().unwrap();
    input.write_all(b"hello ").await.unwrap();
    input.write_all(b"there").await.unwrap();
    input.flush().await.unwrap();
    input.shutdown().await.unwrap();
    assert_eq!(drain(&mut session).await.0, "hello there");
    assert_eq!(session.control.exit_code().await.unwrap(), 0);
    bench.drop_container(&id).await;
}

pub async fn a_terminal_can_be_resized_even_after_the_end(bench: &Bench) {
    let id = bench.run(&bench.container(SLEEP)).await;
    let spec = ExecSpec {
        tty: true,
        stdin: true,
        ..command(TRUE)
    };
    let mut session = bench.engine.exec(&id, &spec).await.unwrap();
    session.control.resize(120, 40).await.unwrap();
    drain(&mut session).await;
    session.control.resize(80, 25).await.unwrap();
    assert_eq!(session.control.exit_code().await.unwrap(), 0);
    bench.drop_container(&id).await;
}

pub async fn an_ended_container_takes_no_commands(bench: &Bench) {
    let id = bench.run(&bench.container(TRUE)).await;
    bench.engine.wait(&id).await.unwrap();
    let error = bench.engine.exec(&id, &command(TRUE)).await.err().unwrap();
    assert!(error.is_conflict(), "{error:?}");
    let error = bench.engine.attach(&id, &AttachSpec::default()).await.err().unwrap();
    assert!(error.is_conflict(), "{error:?}");
    bench.drop_container(&id).await;
}

pub async fn an_attached_client_sees_what_is_printed(bench: &Bench) {
    let id = bench.run(&bench.container(SPEAK_LATER)).await;
    let spec = AttachSpec {
        stdout: true,
        stderr: true,
        ..AttachSpec::default()
    };
    let mut session = bench.engine.attach(&id, &spec).await.unwrap();
    match &bench.fake {
        Some(fake) => {
            fake.print(&id, "spoken\n");
            fake.exit(&id, 0);
        }
        None => {
            drain(&mut bench.engine.exec(&id, &command(GO)).await.unwrap()).await;
        }
    }
    assert_eq!(drain(&mut session).await.0, "spoken\n");
    assert_eq!(session.control.exit_code().await.unwrap(), 0);
    bench.drop_container(&id).await;
}
