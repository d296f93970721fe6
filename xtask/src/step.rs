//! The steps of `cargo xtask test`: their names, their order, and what a failure of one means for those after it.

use crate::step_log::Failed;

/// One kind of check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    /// What the others need.
    Setup,
    /// The kernel of the virtual board.
    Vm,
    /// Layout of the sources.
    Fmt,
    /// Lints of style.
    Clippy,
    /// Documentation without warnings.
    Doc,
    /// Licences, banned crates, sources, advisories.
    Deny,
    /// Every crate and binary.
    Build,
    /// Every test.
    Test,
    /// The REST API, attacked by its own description.
    Api,
    /// Every codec, for as long as was asked for.
    Fuzz,
}

/// Every step, in the order they run in.
pub(crate) const STEPS: [Step; 10] = [
    Step::Setup,
    Step::Vm,
    Step::Fmt,
    Step::Clippy,
    Step::Doc,
    Step::Deny,
    Step::Build,
    Step::Test,
    Step::Api,
    Step::Fuzz,
];

impl Step {
    /// Its name on the command line and in the summary.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Step::Setup => "setup",
            Step::Vm => "vm",
            Step::Fmt => "fmt",
            Step::Clippy => "clippy",
            Step::Doc => "doc",
            Step::Deny => "deny",
            Step::Build => "build",
            Step::Test => "test",
            Step::Api => "api",
            Step::Fuzz => "fuzz",
        }
    }
    /// The step of that name.
    pub(crate) fn named(name: &str) -> Option<Self> {
        STEPS.into_iter().find(|step| step.name() == name)
    }
    /// What a failure means for the steps after it.
    pub(crate) const fn failed(self) -> Failed {
        match self {
            Step::Build => Failed::Stop,
            Step::Setup
            | Step::Vm
            | Step::Fmt
            | Step::Clippy
            | Step::Doc
            | Step::Deny
            | Step::Test
            | Step::Api
            | Step::Fuzz => Failed::GoOn,
        }
    }
}
