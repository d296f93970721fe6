//! The end of a document: what a device finds on its `desired` topic, then the word that it is in force.
//!
//! One after another, in the order in which the documents came, and beside the devices' wiring: what is retained waits
//! for the disk for up to a second, and a door does not.

use edge_broker::Broker;
use edge_kernel::Port;
use protocol::{
    DeviceId, Document,
    document::{DocumentFault, DocumentReason},
};
use serde_json::Value;
use tokio::sync::mpsc;

/// Documents on their way to their end; beyond it the wiring waits.
pub(crate) const PUBLICATIONS: usize = 256;

/// What a device shall find on its `desired` topic.
pub(crate) struct DesiredSettings {
    pub(crate) device: DeviceId,
    pub(crate) settings: Value,
    pub(crate) version: u64,
}

/// Something to publish, and the document it comes from.
pub(crate) enum DesiredPublication {
    /// From the settings file, or from a document in force already.
    Known(DesiredSettings),
    /// From a document just applied: settled once it is published.
    Fresh(Box<Document>, Result<Option<DesiredSettings>, DocumentFault>),
}

/// Publishes and settles until the wiring is gone.
pub(crate) async fn run(mut publications: mpsc::Receiver<DesiredPublication>, broker: Broker, port: Port) {
    while let Some(publication) = publications.recv().await {
        match publication {
            DesiredPublication::Known(desired) => {
                let device = desired.device.clone();
                if let Err(reason) = publish(&broker, Some(desired)).await {
                    tracing::error!(%device, reason, "what a device shall be like is not published");
                }
            }
            DesiredPublication::Fresh(document, result) => {
                let result = match result {
                    Ok(desired) => publish(&broker, desired)
                        .await
                        .map_err(|detail| DocumentFault::new(DocumentReason::Failed, detail)),
                    Err(fault) => Err(fault),
                };
                if let Err(refusal) = port.document_settled(*document, result).await {
                    tracing::error!(%refusal, "a document's outcome could not be recorded");
                }
            }
        }
    }
}

async fn publish(broker: &Broker, desired: Option<DesiredSettings>) -> Result<(), String> {
    let Some(DesiredSettings {
        device,
        settings,
        version,
    }) = desired
    else {
        return Ok(());
    };
    let published = broker.publish_desired(&device, settings, version).await;
    published.map_err(|error| error.to_string())
}
