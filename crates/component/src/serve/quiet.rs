use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Wake, Waker};

/// A future that is asked again only after it called. A connection's task runs for every piece that it sends; what
/// waits beside it for something rare costs it next to nothing this way.
pub(super) struct Quiet<F> {
    future: Pin<Box<F>>,
    call: Arc<Call>,
    waker: Waker,
    /// Whom the call wakes.
    task: Option<Waker>,
}

struct Call {
    /// Somebody called and was not heard yet.
    pending: AtomicBool,
    task: Mutex<Option<Waker>>,
}

impl<F: Future> Quiet<F> {
    pub fn new(future: F) -> Self {
        let call = Arc::new(Call {
            pending: AtomicBool::new(true), // it was never asked
            task: Mutex::default(),
        });
        Self {
            future: Box::pin(future),
            waker: call.clone().into(),
            call,
            task: None,
        }
    }
}

impl<F: Future> Future for Quiet<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        if !self.task.as_ref().is_some_and(|task| task.will_wake(cx.waker())) {
            *self.call.task() = Some(cx.waker().clone());
            self.task = Some(cx.waker().clone());
        }
        // After the task is known: a call that came before is heard here, one that comes later wakes it.
        if !self.call.pending.swap(false, Ordering::AcqRel) {
            return Poll::Pending;
        }
        let waker = self.waker.clone();
        self.future.as_mut().poll(&mut Context::from_waker(&waker))
    }
}

impl Call {
    fn task(&self) -> std::sync::MutexGuard<'_, Option<Waker>> {
        self.task.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Wake for Call {
    fn wake(self: Arc<Self>) {
        self.pending.store(true, Ordering::Release);
        if let Some(task) = &*self.task() {
            task.wake_by_ref();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicUsize;
    use std::time::Duration;

    use futures::future::poll_fn;
    use tokio_util::sync::CancellationToken;

    use super::*;

    #[tokio::test]
    async fn it_is_asked_once_however_often_its_task_runs_and_hears_its_call() {
        let (token, asked) = (CancellationToken::new(), AtomicUsize::new(0));
        let mut cancelled = Box::pin(token.cancelled());
        let mut quiet = Quiet::new(poll_fn(|cx| {
            asked.fetch_add(1, Ordering::Relaxed);
            cancelled.as_mut().poll(cx)
        }));
        for _ in 0..10 {
            let pending = poll_fn(|cx| Poll::Ready(Pin::new(&mut quiet).poll(cx).is_pending())).await;
            assert!(pending);
        }
        assert_eq!(asked.load(Ordering::Relaxed), 1);
        token.cancel();
        quiet.await;
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn calls_from_another_thread_are_heard() {
        for _ in 0..1_000 {
            let token = CancellationToken::new();
            let quiet = Quiet::new(token.clone().cancelled_owned());
            let heard = tokio::spawn(quiet);
            token.cancel();
            let heard = tokio::time::timeout(Duration::from_secs(10), heard).await;
            heard.expect("in time").expect("no panic");
        }
    }
}
