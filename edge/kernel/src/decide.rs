//! Apps at work: what is asked of one is decided here, between two batches, and durable before it is answered.

use crate::{
    Effect, FactEntry, Refusal,
    apps::{AppOrder, AppVisitor, KernelApp, OrderVisitor, each},
    kernel::Kernel,
    pending_commits::Lanes,
    room::RoomClass,
};
use edge_app::{App, Decision, FollowUp, Moment, RecordedFact, Work};
use protocol::{Actor, Fact};
use std::{convert::Infallible, sync::Arc};
use tokio::time::Instant;

/// Why something asked of an app was not done.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DecideError<R: std::error::Error + 'static> {
    /// The app's own rules forbid it.
    #[error("{0}")]
    Refused(R),
    /// The kernel cannot take it on.
    #[error("it cannot be recorded")]
    Kernel(#[source] Refusal),
}

/// What the app answers, once that is on disk.
pub(crate) type DecisionResult<A> = Result<Vec<Fact>, <A as App>::Refusal>;

/// What became of two requests decided together, see [`crate::Port::decide_then`].
#[derive(Debug, Clone, PartialEq)]
pub struct ChainedDecision<B: App> {
    /// The facts of the first; on disk.
    pub facts: Vec<Fact>,
    /// What became of the second, in the same commit; none where nothing followed.
    pub followed: Option<Result<Vec<Fact>, DecideError<B::Refusal>>>,
}

impl Kernel {
    /// Decides one request. Its facts go to the disk together with the rest of the batch.
    pub(crate) fn decide<A: KernelApp>(
        &mut self,
        actor: &Actor,
        request: A::Request,
    ) -> Result<DecisionResult<A>, Refusal> {
        let slot = A::slot(&self.apps);
        match A::decide(&slot.state, &slot.setup, request, self.moment()) {
            Ok(decision) => self.carry_out::<A>(actor, decision).map(Ok),
            Err(refused) => Ok(Err(refused)),
        }
    }

    /// The same for what the kernel itself asks of an app that never refuses it.
    pub(crate) fn decide_own<A>(&mut self, request: A::Request) -> Result<Vec<Fact>, Refusal>
    where
        A: KernelApp<Refusal = Infallible>,
    {
        match self.decide::<A>(&Actor::Edge, request)? {
            Ok(facts) => Ok(facts),
            Err(never) => match never {},
        }
    }

    /// Decides a request, and what follows from it in another app. Where the second is refused, the first stands.
    pub(crate) fn decide_then<A: KernelApp, B: KernelApp>(
        &mut self,
        actor: &Actor,
        request: A::Request,
        follow_up: &impl FollowUp<A, B>,
    ) -> Result<Result<ChainedDecision<B>, A::Refusal>, Refusal> {
        let facts = match self.decide::<A>(actor, request)? {
            Ok(facts) => facts,
            Err(refused) => return Ok(Err(refused)),
        };
        let slot = A::slot(&self.apps);
        let next = follow_up.request(&facts, &slot.state, &slot.setup, self.moment());
        let followed = next.map(|next| match self.decide::<B>(actor, next) {
            Ok(decided) => decided.map_err(DecideError::Refused),
            Err(refusal) => Err(DecideError::Kernel(refusal)),
        });
        Ok(Ok(ChainedDecision { facts, followed }))
    }

    fn carry_out<A: KernelApp>(&mut self, actor: &Actor, decision: Decision<A::Order>) -> Result<Vec<Fact>, Refusal> {
        let Decision { facts, orders, work } = decision;
        if work == Work::New && !facts.is_empty() {
            self.take_room(RoomClass::Work)?;
        }
        let mut told = Vec::with_capacity(facts.len());
        for RecordedFact { fact, corr } in facts {
            told.push(fact.clone());
            self.append(actor, FactEntry { corr, ..fact.into() })?;
        }
        let decided = Instant::now();
        for order in orders {
            let order = A::order(order);
            self.waiting.effect(Effect::Order { order, decided });
        }
        Ok(told)
    }

    /// Takes one source's configuration of an app in. Views have it before whoever asked is answered.
    pub(crate) fn configure<A: KernelApp>(&mut self, change: A::Change) {
        let slot = A::slot_mut(&mut self.apps);
        A::configure(Arc::make_mut(&mut slot.setup), change);
        let setup = Arc::clone(&slot.setup);
        self.feed.configured::<A>(setup);
    }

    /// Lets time pass for every app.
    pub(crate) fn tick_apps(&mut self) {
        struct TickVisitor<'a>(&'a mut Kernel);
        impl AppVisitor for TickVisitor<'_> {
            fn visit<A: KernelApp>(&mut self) {
                let slot = A::slot(&self.0.apps);
                let decision = A::tick(&slot.state, &slot.setup, self.0.moment());
                if let Err(refusal) = self.0.carry_out::<A>(&Actor::Edge, decision) {
                    // What is due stays due; the next tick tries again.
                    tracing::warn!(app = A::NAME, %refusal, "what time did cannot be recorded");
                }
            }
        }
        each(&mut TickVisitor(self));
    }

    /// How what the last run left undone ended, of every app.
    pub(crate) fn interrupted(&self) -> Vec<RecordedFact> {
        struct InterruptedVisitor<'a>(&'a Kernel, Vec<RecordedFact>);
        impl AppVisitor for InterruptedVisitor<'_> {
            fn visit<A: KernelApp>(&mut self) {
                let slot = A::slot(&self.0.apps);
                self.1.extend(A::interrupted(&slot.state, self.0.moment()));
            }
        }
        let mut asking = InterruptedVisitor(self, Vec::new());
        each(&mut asking);
        asking.1
    }

    /// An order that nobody could take: its app is told.
    pub(crate) fn order_undelivered(&mut self, order: AppOrder) {
        struct UndeliveredOrderVisitor<'a>(&'a mut Kernel);
        impl OrderVisitor for UndeliveredOrderVisitor<'_> {
            fn visit<A: KernelApp>(&mut self, order: A::Order) {
                let Some(request) = A::undelivered(order) else {
                    return;
                };
                match self.0.decide::<A>(&Actor::Edge, request) {
                    Ok(Ok(_)) => {}
                    Ok(Err(refusal)) => tracing::error!(app = A::NAME, %refusal, "the end of an order is refused"),
                    Err(refusal) => {
                        tracing::error!(app = A::NAME, %refusal, "the end of an order could not be recorded");
                    }
                }
            }
        }
        order.show(&mut UndeliveredOrderVisitor(self));
    }

    pub(crate) fn moment(&self) -> Moment {
        Moment {
            at: self.clock.now(),
            clock: self.clock.state(),
            offset_seconds: self.clock.offset_seconds(),
        }
    }
}

/// When whoever asked an app is answered: what was refused at once, anything else once it is on disk. That holds where
/// nothing happened, too: it is so already, perhaps only since a moment ago.
pub(crate) fn lanes<T, R>(decided: &Result<T, R>) -> Lanes {
    match decided {
        Ok(_) => Lanes::facts(),
        Err(_) => Lanes::default(),
    }
}
