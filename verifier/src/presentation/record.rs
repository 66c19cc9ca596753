//! What the store keeps of a presentation, and how its secrets are sealed.

use mahfada_base::{Seconds, base64url};
use mahfada_crypto::{AgreementKey, PublicKey};
use mahfada_jose::thumbprint_of;
use mahfada_openid4vp::DcqlQuery;
use mahfada_storage::{
    AuditRecord, Outcome, Presentation, PresentationFlow, PresentationId, RequestId, Sealed, StorageError, UnitOfWork,
};

use super::verdict::FiledVerdict;
use crate::app::App;
use crate::fault::Fault;

/// How long a request that another device scans lives, in seconds (decision D9, TV-32).
const CROSS_DEVICE_LIFETIME: Seconds = 120;
/// How long a request on the same device lives, in seconds: the browser session protects it.
const SAME_DEVICE_LIFETIME: Seconds = 300;
/// How long after that the citizen may come back to the browser, in seconds.
pub(crate) const RETURN_GRACE: Seconds = 300;

/// Returns how long a request lives.
pub(crate) const fn lifetime(flow: PresentationFlow) -> Seconds {
    match flow {
        PresentationFlow::CrossDevice => CROSS_DEVICE_LIFETIME,
        PresentationFlow::SameDevice => SAME_DEVICE_LIFETIME,
    }
}

/// Seals the private key of one request.
pub(crate) fn seal_key(app: &App, id: &PresentationId, key: &dyn AgreementKey) -> Result<Sealed, Fault> {
    let scalar = key.to_scalar()?;
    let sealed = app
        .sealing
        .seal(&key_context(id), scalar.expose(), &*app.random, app.crypto)?;
    Ok(Sealed::new(sealed))
}

/// Opens the private key of a request.
pub(crate) fn open_key(app: &App, record: &Presentation) -> Result<Box<dyn AgreementKey>, Fault> {
    let opened = app
        .sealing
        .open(&key_context(&record.id), record.encryption_key.as_bytes(), app.crypto)?;
    let scalar = opened
        .expose()
        .as_slice()
        .try_into()
        .map_err(|_| mahfada_crypto::KeyError::Malformed)?;
    Ok(app.crypto.agreement.from_scalar(scalar)?)
}

/// Returns the name of the key of a request: its thumbprint, so that every fetch gives the same.
pub(crate) fn key_id(app: &App, key: &dyn AgreementKey) -> String {
    let thumbprint = thumbprint_of(&PublicKey::P256(*key.public_key()), app.crypto.digest);
    base64url::encode(thumbprint.0)
}

/// Seals a verdict.
pub(crate) fn seal_verdict(app: &App, id: &PresentationId, verdict: &FiledVerdict) -> Result<Sealed, Fault> {
    let plain = mahfada_base::Secret::new(serde_json::to_vec(verdict)?);
    Ok(Sealed::new(app.sealing.seal(
        &verdict_context(id),
        plain.expose(),
        &*app.random,
        app.crypto,
    )?))
}

/// Opens the verdict of a presentation, if there is one.
pub(crate) fn open_verdict(app: &App, record: &Presentation) -> Result<Option<FiledVerdict>, Fault> {
    let Some(sealed) = &record.verdict else {
        return Ok(None);
    };
    let plain = app
        .sealing
        .open(&verdict_context(&record.id), sealed.as_bytes(), app.crypto)?;
    Ok(Some(serde_json::from_slice(plain.expose())?))
}

/// Reads the query of a presentation.
pub(crate) fn query(record: &Presentation) -> Result<DcqlQuery, Fault> {
    Ok(DcqlQuery::parse(&serde_json::from_str(&record.query)?)?)
}

/// Finds a presentation by the wallet's id.
pub(crate) async fn find_by_request(app: &App, request_id: RequestId) -> Result<Option<Presentation>, Fault> {
    let found = app
        .storage
        .execute(
            move |unit: &mut dyn UnitOfWork| -> Result<Outcome<_, StorageError>, _> {
                Ok(Outcome::Commit(unit.presentations().lookup_by_request(&request_id)?))
            },
        )
        .await??;
    Ok(found)
}

/// Writes one line of the audit trail: ids and codes, no claims (decision D14).
pub(crate) fn audit(app: &App, actor: &str, action: &'static str, id: &PresentationId, outcome: &str) -> AuditRecord {
    AuditRecord {
        at: app.clock.now(),
        actor: actor.to_owned(),
        action: action.to_owned(),
        object_id: id.to_string(),
        outcome: outcome.to_owned(),
        detail: String::new(),
    }
}

fn key_context(id: &PresentationId) -> String {
    format!("presentation.key\0{id}")
}

fn verdict_context(id: &PresentationId) -> String {
    format!("presentation.verdict\0{id}")
}

#[cfg(test)]
mod tests {
    use mahfada_web::fault::{Fault as _, chain};
    use serde_json::json;

    use super::*;
    use crate::tests::scene::Scene;

    fn refused<T>(read: Result<T, Fault>) -> Fault {
        let Err(fault) = read else { panic!("it reads") };
        assert_eq!(fault.code(), "sealed_value");
        fault
    }

    #[actix_web::test]
    async fn a_stored_value_that_does_not_read_is_quoted_nowhere() {
        let scene = Scene::new();
        let mut record = scene.stored(&scene.create("cross_device").await).await;
        let plain = json!({"decision": "accepted", "reason": null, "report": [], "claims": "Canary"}).to_string();
        let sealed = scene.app.sealing.seal(
            &verdict_context(&record.id),
            plain.as_bytes(),
            &*scene.app.random,
            scene.app.crypto,
        );
        record.verdict = Some(Sealed::new(sealed.unwrap()));
        record.query = "{\"credentials\": \"Canary\"}".to_owned();
        for fault in [refused(open_verdict(&scene.app, &record)), refused(query(&record))] {
            let text = format!("{} {fault:?}", chain(&fault));
            assert!(!text.contains("Canary"), "{text}");
        }
    }
}
