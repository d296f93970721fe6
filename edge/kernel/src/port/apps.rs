//! Apps through the port: ask one, configure one, read one.

use super::{Port, settled};
use crate::{
    AppView, ChainedDecision, DecideError, Refusal,
    apps::KernelApp,
    decide::{DecisionResult, lanes},
    input::KernelInput,
    kernel::Kernel,
};
use edge_app::FollowUp;
use protocol::{Actor, Fact};
use tokio::{sync::watch, time::Instant};

impl Port {
    /// Asks something of an app. `Ok` holds what happened, on disk; empty where it was so already.
    pub async fn decide<A: KernelApp>(
        &self,
        actor: Actor,
        request: A::Request,
    ) -> Result<Vec<Fact>, DecideError<A::Refusal>> {
        self.decided::<A>(move |kernel| kernel.decide::<A>(&actor, request))
            .await
    }

    /// The same for somebody at a door: nothing is decided after `deadline`. What was decided in time is answered once it
    /// is on disk, however late: whoever acts on it looks at the clock, and ends what came to nothing.
    pub async fn decide_by<A: KernelApp>(
        &self,
        actor: Actor,
        request: A::Request,
        deadline: Instant,
    ) -> Result<Vec<Fact>, DecideError<A::Refusal>> {
        self.decided::<A>(move |kernel| {
            if Instant::now() >= deadline {
                return Err(Refusal::TooLate);
            }
            kernel.decide::<A>(&actor, request)
        })
        .await
    }

    /// Asks something of an app, and what follows from its decision of another: one commit holds both. Where the second
    /// is refused, the first stands all the same.
    pub async fn decide_then<A: KernelApp, B: KernelApp>(
        &self,
        actor: Actor,
        request: A::Request,
        follow_up: impl FollowUp<A, B>,
    ) -> Result<ChainedDecision<B>, DecideError<A::Refusal>> {
        let answer = self.send(|done| {
            KernelInput::App(Box::new(move |kernel: &mut Kernel| {
                let result = kernel.decide_then::<A, B>(&actor, request, &follow_up);
                let result = result.map(|decided| {
                    let lanes = lanes(&decided);
                    (decided, lanes)
                });
                kernel.waiting.answer(done, result);
            }))
        });
        let decided = settled(answer.await.map_err(DecideError::Kernel)?).await;
        decided.map_err(DecideError::Kernel)?.map_err(DecideError::Refused)
    }

    /// Takes one source's configuration of an app in. Whoever reads or asks after this was answered meets it.
    pub async fn configure<A: KernelApp>(&self, change: A::Change) -> Result<(), Refusal> {
        let answer = self.send(|done| {
            KernelInput::App(Box::new(move |kernel: &mut Kernel| {
                kernel.configure::<A>(change);
                // Whoever asked may be gone.
                let _ = done.send(Ok(()));
            }))
        });
        settled(answer.await?).await
    }

    /// An app as it is on disk, and each change of it. Hold what is borrowed only while copying the `Arc`s out.
    pub fn view<A: KernelApp>(&self) -> watch::Receiver<AppView<A>> {
        A::view(&self.views).clone()
    }

    /// An app once everything is in it that was on disk when this was called: whoever was answered reads their own
    /// writes.
    pub async fn read<A: KernelApp>(&self) -> Result<AppView<A>, Refusal> {
        let mut progress = self.progress.clone();
        progress.wait_until_applied().await.map_err(|_| Refusal::Stopping)?;
        Ok(A::view(&self.views).borrow().clone())
    }

    async fn decided<A: KernelApp>(
        &self,
        decide: impl FnOnce(&mut Kernel) -> Result<DecisionResult<A>, Refusal> + Send + 'static,
    ) -> Result<Vec<Fact>, DecideError<A::Refusal>> {
        let answer = self.send(|done| {
            KernelInput::App(Box::new(move |kernel: &mut Kernel| {
                let result = decide(kernel).map(|decided| {
                    let lanes = lanes(&decided);
                    (decided, lanes)
                });
                kernel.waiting.answer(done, result);
            }))
        });
        let decided = settled(answer.await.map_err(DecideError::Kernel)?).await;
        decided.map_err(DecideError::Kernel)?.map_err(DecideError::Refused)
    }
}
