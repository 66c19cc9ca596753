//! What an agency may ask at all, and what it is registered to ask.

use mahfada_credential::CredentialFormat;
use mahfada_openid4vp::{DcqlError, DcqlQuery, Excess, exceeds_registration};
use mahfada_trust::RegistrationError;
use serde_json::Value;

use crate::agency::Agency;
use crate::app::App;

/// Why a query cannot be asked by anybody.
#[derive(Debug, thiserror::Error)]
pub(crate) enum QuestionError {
    /// It is no valid query, or names what no wallet and verifier read alike.
    #[error(transparent)]
    Query(#[from] DcqlError),
    /// The credential query at this place names a format that cannot be checked.
    #[error("the format of credential query {0} cannot be checked")]
    Format(usize),
}

/// Why a query cannot be asked by this agency.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RegistrationRefusal {
    /// The registration certificate does not hold.
    #[error("the registration certificate does not hold")]
    Registration(#[source] RegistrationError),
    /// The query wants more than the agency is registered for (TV-37).
    #[error("the query wants more than the agency is registered for")]
    Excess(Vec<Excess>),
}

/// Reads a query that can be asked; who asks it is not checked.
pub(crate) fn read(value: &Value) -> Result<DcqlQuery, QuestionError> {
    let query = DcqlQuery::parse(value)?;
    query.check_askable()?;
    let unknown = query
        .credentials()
        .iter()
        .position(|credential| CredentialFormat::from_name(&credential.format).is_none());
    match unknown {
        Some(place) => Err(QuestionError::Format(place)),
        None => Ok(query),
    }
}

/// Holds a query against the agency's registration as it stands now.
pub(crate) fn within_registration(app: &App, agency: &Agency, query: &DcqlQuery) -> Result<(), RegistrationRefusal> {
    let registration = agency
        .verify_registration(&app.trust.read(), app.clock.now(), app.crypto)
        .map_err(RegistrationRefusal::Registration)?;
    let excess = exceeds_registration(query, &registration);
    if excess.is_empty() {
        Ok(())
    } else {
        Err(RegistrationRefusal::Excess(excess))
    }
}

/// Names what is beyond the registration, for the agency.
pub(crate) fn describe(excess: &[Excess]) -> String {
    let one = |excess: &Excess| match &excess.path {
        Some(path) => format!("{}: {path}", excess.query_id),
        None => format!("{}: this kind of credential", excess.query_id),
    };
    excess.iter().map(one).collect::<Vec<_>>().join("; ")
}

impl QuestionError {
    /// Returns where in the query the fault lies, as a JSON path below the query, as far as it is known.
    pub(crate) fn path(&self, value: &Value) -> String {
        match self {
            Self::Format(place) => format!(".credentials[{place}].format"),
            Self::Query(DcqlError::IndexNotAskable(path)) => {
                let wanted = serde_json::to_value(path).unwrap_or_default();
                place_of(value, |claim| claim.get("path") == Some(&wanted)).unwrap_or_default()
            }
            Self::Query(_) => String::new(),
        }
    }
}

/// Returns where in the query the first excess lies, as a JSON path below the query.
pub(crate) fn path_of_excess(query: &DcqlQuery, excess: &[Excess]) -> Option<String> {
    let first = excess.first()?;
    let mut credentials = query.credentials().iter().enumerate();
    let (place, credential) = credentials.find(|(_, credential)| credential.id == first.query_id)?;
    let claim = first
        .path
        .as_ref()
        .and_then(|path| credential.claims().iter().position(|claim| claim.path == *path));
    Some(match claim {
        Some(claim) => format!(".credentials[{place}].claims[{claim}].path"),
        None => format!(".credentials[{place}].meta"),
    })
}

fn place_of(query: &Value, matches: impl Fn(&Value) -> bool) -> Option<String> {
    let credentials = query.get("credentials")?.as_array()?;
    credentials.iter().enumerate().find_map(|(place, credential)| {
        let claim = credential.get("claims")?.as_array()?.iter().position(&matches)?;
        Some(format!(".credentials[{place}].claims[{claim}].path"))
    })
}
