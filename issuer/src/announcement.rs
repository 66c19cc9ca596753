//! What the agency is told, recorded in the unit of work that it tells of.

use mahfada_events::{EventKind, Events};
use mahfada_storage::{NewEvent, StorageError, TenantId, UnitOfWork, WebhookEndpointId};

use crate::app::App;
use crate::credential_issuer::CredentialIssuer;
use crate::fault::Fault;

/// An event that was drawn before its unit of work, which alone knows what there is to say, if anything.
#[derive(Debug)]
pub(crate) struct Announcement {
    event: NewEvent,
    endpoints: Vec<WebhookEndpointId>,
}

impl Announcement {
    /// Draws the id of an event for the agency behind a credential issuer.
    pub(crate) fn draw(app: &App, issuer: &CredentialIssuer) -> Result<Self, Fault> {
        let tenant = issuer.tenant();
        Ok(Self {
            event: app.events.draw(&tenant, EventKind::CredentialIssued, "", None)?,
            endpoints: app.events.endpoints(&tenant),
        })
    }

    /// Returns whom the event is for.
    pub(crate) fn tenant(&self) -> TenantId {
        self.event.tenant.clone()
    }

    /// Records what happened to which object: ids and stable codes, never a claim.
    pub(crate) fn record(
        self,
        unit: &mut dyn UnitOfWork,
        kind: EventKind,
        object_id: &str,
        outcome: Option<&str>,
    ) -> Result<(), StorageError> {
        let event = NewEvent {
            kind: kind.as_str().to_owned(),
            object_id: object_id.to_owned(),
            outcome: outcome.map(str::to_owned),
            ..self.event
        };
        Events::record(unit, &event, &self.endpoints)
    }
}
