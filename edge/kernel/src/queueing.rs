//! The queue at work: what screens ask is decided here, between two batches, and durable before they are answered.

use crate::{
    Effect, Entry, Refusal,
    input::BranchInput,
    kernel::{Kernel, Lanes},
};
use edge_prints::{Asked, Settled, Wish};
use edge_queue::Request;
use protocol::{Actor, Fact, Lane, Outcome};

/// What the queue answers, once that is on disk.
pub(crate) type Decided = Result<Vec<Fact>, edge_queue::Refusal>;

/// Why something asked of the queue was not done.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum QueueRefusal {
    /// The queue's own rules forbid it.
    #[error("{0}")]
    Refused(edge_queue::Refusal),
    /// The kernel cannot take it on.
    #[error("it cannot be recorded")]
    Kernel(#[source] Refusal),
}

/// Whether a full disk refuses it. Whoever waits already is called, served and let go all the same: that has what is
/// held back of the budget.
fn is_new_work(fact: &Fact) -> bool {
    matches!(
        fact,
        Fact::QueueIssued(_) | Fact::QueueService(_) | Fact::QueueFeedback(_) | Fact::HelpAsked(_)
    )
}

impl Kernel {
    /// Takes one thing of the branch.
    pub(crate) fn take_of_branch(&mut self, input: BranchInput) {
        match input {
            BranchInput::Queue { actor, request, done } => {
                let result = self.decide(&actor, &request);
                self.waiting.answer(done, result);
            }
            BranchInput::SetUp(setup) => self.site.setup = setup,
            BranchInput::Print { actor, wish, done } => {
                let result = self.print(&actor, *wish);
                self.waiting.answer(done, result);
            }
            BranchInput::Printed { wish, outcome, done } => {
                let result = self.printed(*wish, outcome);
                self.waiting.answer(done, result.map(|()| ((), Lanes::facts())));
            }
        }
    }

    /// Decides one request. Its facts go to the disk together with the rest of the batch.
    pub(crate) fn decide(&mut self, actor: &Actor, request: &Request) -> Result<(Decided, Lanes), Refusal> {
        let facts = match edge_queue::decide(&self.site.queue, &self.site.setup, request, self.local_moment()) {
            Ok(facts) => facts,
            Err(refused) => return Ok((Err(refused), Lanes::default())),
        };
        if facts.is_empty() {
            // Already so, perhaps only since a moment ago: told once that is on disk.
            return Ok((Ok(facts), Lanes::facts()));
        }
        if facts.iter().any(is_new_work) {
            self.take_new_work()?;
        }
        for fact in &facts {
            self.append(actor, fact.clone().into())?;
        }
        Ok((Ok(facts), Lanes::facts()))
    }

    /// Lets time pass for the queue: holds end, windows to come back close, old tickets expire.
    pub(crate) fn queue_tick(&mut self) {
        for fact in edge_queue::tick(&self.site.queue, &self.site.setup, self.local_moment()) {
            self.note(fact);
        }
    }

    /// A sheet is asked for.
    pub(crate) fn print(&mut self, actor: &Actor, wish: Wish) -> Result<((), Lanes), Refusal> {
        match edge_prints::ask(&self.site.prints, &wish) {
            Asked::Known => Ok(((), Lanes::facts())),
            Asked::Queued(fact) => {
                self.take_new_work()?;
                let corr = wish.corr.clone();
                self.append(actor, Entry { corr, ..fact.into() })?;
                self.waiting.effect(Effect::Print(Box::new(wish)));
                Ok(((), Lanes::facts()))
            }
        }
    }

    /// A printer is done with a sheet.
    pub(crate) fn printed(&mut self, wish: Wish, outcome: Outcome) -> Result<(), Refusal> {
        let corr = wish.corr.clone();
        let Settled { facts, next } = edge_prints::settle(&self.site.prints, wish, outcome);
        for fact in facts {
            let corr = corr.clone();
            self.append(&Actor::Edge, Entry { corr, ..fact.into() })?;
        }
        if let Some(next) = next {
            self.waiting.effect(Effect::Print(Box::new(next)));
        }
        Ok(())
    }

    fn local_moment(&self) -> edge_queue::Moment {
        edge_queue::Moment {
            at: self.clock.now(),
            clock: self.clock.state(),
            offset_seconds: self.clock.offset_seconds(),
        }
    }

    fn take_new_work(&mut self) -> Result<(), Refusal> {
        if self.has_room() {
            return Ok(());
        }
        Err(Refusal::Full {
            lane: Lane::Facts,
            detail: "the disk budget is used up".into(),
        })
    }
}
