//! Registers through the port: rows from the cloud, and what is held of each.

use super::{Port, settled};
use crate::{Refusal, RegisterSettlement, input::KernelInput, kernel::Kernel};
use protocol::{register::HeldRegister, signed_text::SignedText};

impl Port {
    /// Takes a signed delta of a register on; answers what is held afterwards, once that is on disk and in force.
    pub async fn register(&self, signed: SignedText) -> Result<RegisterSettlement, Refusal> {
        let answer = self.send(|done| {
            KernelInput::App(Box::new(move |kernel: &mut Kernel| {
                let result = kernel.register(&signed);
                // Whoever asked may be gone; so below.
                let _ = done.send(result);
            }))
        });
        settled(answer.await?).await
    }

    /// What is held of each register, for the cloud to compare with its own.
    pub async fn registers(&self) -> Result<Vec<HeldRegister>, Refusal> {
        let answer = self.send(|done| {
            KernelInput::App(Box::new(move |kernel: &mut Kernel| {
                let _ = done.send(Ok(kernel.held_registers()));
            }))
        });
        settled(answer.await?).await
    }
}
