//! The register of entities: a JSON file that the operators keep under review.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use mahfada_base::{UnixTime, json};
use mahfada_trust::{LocalizedText, ServiceStatus, TrustRole, TrustedListEntity, TrustedListService};
use mahfada_web::keys::load_chain;
use mahfada_x509::Certificate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::StatusOverride;

/// One organization in one role, as the file has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EntityEntry {
    /// The organization identifier, such as `NTRMA-12345`. Needed.
    pub organization: String,
    /// The name by language (`ar`, `fr`, `en`). Needed.
    pub name: BTreeMap<String, String>,
    /// The role: `pid-issuers`, `attestation-issuers`, `status-signers`, `access-ca` or `registration-signers`. Needed.
    #[schemars(with = "String")]
    pub role: TrustRole,
    /// The PEM file with the certificate authorities of the service; relative to the register. Needed.
    pub authority_file: PathBuf,
    /// The credential types that the organization may issue; empty, the default, for roles that issue none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub credential_types: Vec<String>,
    /// The page that tells more. Default: none.
    #[serde(default)]
    pub information_uri: String,
    /// The status in the register. The management port can suspend what is granted and take that suspension back, and
    /// nothing more. Default: `granted`.
    #[serde(default)]
    pub status: EntryStatus,
    /// When the status began (RFC 3339); the first day of the first authority when it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<String>,
}

/// The status of an entry in the file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum EntryStatus {
    /// The service is approved.
    #[default]
    Granted,
    /// The service is stopped for the time being.
    Suspended,
    /// The service has ended; no operation brings it back.
    Withdrawn,
}

/// Every entity of every role, read and checked.
#[derive(Clone, Debug, Default)]
pub struct EntityRegister(Vec<Entry>);

#[derive(Clone, Debug)]
struct Entry {
    role: TrustRole,
    entity: TrustedListEntity,
}

/// Why the register was not taken.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EntityError {
    /// The file cannot be read or is no register.
    #[error("{path} is no register of entities: {message}")]
    File {
        /// The file.
        path: PathBuf,
        /// Where and why.
        message: String,
    },
    /// An entry makes no sense.
    #[error("entry of {organization}: {fault}")]
    Entry {
        /// Whose entry.
        organization: String,
        /// What is wrong with it.
        fault: &'static str,
    },
}

impl EntityError {
    /// Returns the stable reason code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::File { .. } => "entities_file",
            Self::Entry { .. } => "entities_entry",
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    entities: Vec<EntityEntry>,
}

impl EntityRegister {
    /// Reads `{"entities": […]}` and the certificate files that it names.
    ///
    /// # Errors
    /// [`EntityError`] naming the file or the entry.
    pub fn load(path: &Path) -> Result<Self, EntityError> {
        let refused = |message: String| EntityError::File {
            path: path.to_owned(),
            message,
        };
        let bytes = std::fs::read(path).map_err(|error| refused(error.to_string()))?;
        let file: File = json::from_slice(&bytes).map_err(|error| refused(error.to_string()))?;
        let folder = path.parent().unwrap_or_else(|| Path::new(""));
        let mut register = Self::default();
        for entry in file.entities {
            let authorities = load_chain(&folder.join(&entry.authority_file))
                .map_err(|_| entry.refused("the authority file holds no certificate"))?;
            register.add(&entry, authorities)?;
        }
        Ok(register)
    }

    /// Adds an organization in a role; its authorities are taken as they are.
    ///
    /// # Errors
    /// [`EntityError::Entry`] when the organization is there already in this role, or a member makes no sense.
    pub fn add(&mut self, entry: &EntityEntry, authorities: Vec<Certificate>) -> Result<(), EntityError> {
        if self.0.iter().any(|other| other.is(entry.role, &entry.organization)) {
            return Err(entry.refused("stands twice in one role"));
        }
        self.require_own_authorities(entry, &authorities)?;
        let first = authorities.first().ok_or_else(|| entry.refused("has no authority"))?;
        if entry.organization.is_empty() || entry.name.is_empty() {
            return Err(entry.refused("has no name or identifier"));
        }
        let issues = matches!(entry.role, TrustRole::PidIssuers | TrustRole::AttestationIssuers);
        if issues == entry.credential_types.is_empty() {
            return Err(entry.refused("issuers, and nobody else, have credential types"));
        }
        let since = match &entry.since {
            None => first.not_before(),
            Some(text) => UnixTime::from_rfc3339(text).ok_or_else(|| entry.refused("since is no time"))?,
        };
        let name: LocalizedText = entry
            .name
            .iter()
            .map(|(lang, value)| mahfada_trust::LocalizedString {
                lang: lang.clone(),
                value: value.clone(),
            })
            .collect();
        let service = TrustedListService {
            name: name.clone(),
            authorities,
            status: entry.status.into(),
            since,
            credential_types: entry.credential_types.clone(),
        };
        self.0.push(Entry {
            role: entry.role,
            entity: TrustedListEntity {
                name,
                organization_identifier: entry.organization.clone(),
                information_uri: entry.information_uri.clone(),
                services: vec![service],
            },
        });
        Ok(())
    }

    /// TR-09: one authority under two names would let one organization speak for the other.
    fn require_own_authorities(&self, entry: &EntityEntry, authorities: &[Certificate]) -> Result<(), EntityError> {
        if !authorities.iter().all(Certificate::is_ca) {
            return Err(entry.refused("an authority is no certificate authority"));
        }
        let of_others = self
            .0
            .iter()
            .filter(|other| other.role == entry.role)
            .flat_map(|other| &other.entity.services)
            .flat_map(|service| &service.authorities);
        for other in of_others {
            if authorities.iter().any(|authority| authority.has_name_and_key_of(other)) {
                return Err(entry.refused("has the authority of another organization in this role"));
            }
        }
        Ok(())
    }

    /// Returns the roles in which an organization stands.
    #[must_use]
    pub fn roles_of(&self, organization: &str) -> BTreeSet<TrustRole> {
        self.0
            .iter()
            .filter(|entry| entry.is(entry.role, organization))
            .map(|entry| entry.role)
            .collect()
    }

    /// Tells whether every service of an organization has ended.
    #[must_use]
    pub fn is_withdrawn(&self, organization: &str) -> bool {
        let mut services = self
            .0
            .iter()
            .filter(|entry| entry.is(entry.role, organization))
            .flat_map(|entry| &entry.entity.services)
            .peekable();
        services.peek().is_some() && services.all(|service| service.status == ServiceStatus::Withdrawn)
    }

    /// Tells whether the register grants at least one service of an organization.
    #[must_use]
    pub fn grants(&self, organization: &str) -> bool {
        self.0
            .iter()
            .filter(|entry| entry.is(entry.role, organization))
            .flat_map(|entry| &entry.entity.services)
            .any(|service| service.status == ServiceStatus::Granted)
    }

    /// Returns the entities of a role, with the status changes of the operators laid over the file.
    #[must_use]
    pub fn of_role(&self, role: TrustRole, overrides: &BTreeMap<String, StatusOverride>) -> Vec<TrustedListEntity> {
        let mut entities: Vec<TrustedListEntity> = self
            .0
            .iter()
            .filter(|entry| entry.role == role)
            .map(|entry| entry.entity.clone())
            .collect();
        for entity in &mut entities {
            if let Some(change) = overrides.get(&entity.organization_identifier) {
                entity.services.iter_mut().for_each(|service| change.apply(service));
            }
        }
        entities
    }
}

impl Entry {
    fn is(&self, role: TrustRole, organization: &str) -> bool {
        self.role == role && self.entity.organization_identifier == organization
    }
}

impl EntityEntry {
    fn refused(&self, fault: &'static str) -> EntityError {
        EntityError::Entry {
            organization: self.organization.clone(),
            fault,
        }
    }
}

impl From<EntryStatus> for ServiceStatus {
    fn from(status: EntryStatus) -> Self {
        match status {
            EntryStatus::Granted => Self::Granted,
            EntryStatus::Suspended => Self::Suspended,
            EntryStatus::Withdrawn => Self::Withdrawn,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::Authority;

    fn entry(role: TrustRole) -> EntityEntry {
        let types = if role == TrustRole::PidIssuers {
            vec!["urn:mahfada:pid:1".to_owned()]
        } else {
            Vec::new()
        };
        EntityEntry {
            organization: "NTRMA-1".to_owned(),
            name: BTreeMap::from([("fr".to_owned(), "Un".to_owned())]),
            role,
            authority_file: "ca.pem".into(),
            credential_types: types,
            information_uri: String::new(),
            status: EntryStatus::Granted,
            since: None,
        }
    }

    fn add(register: &mut EntityRegister, entry: &EntityEntry) -> Result<(), String> {
        let authority = Authority::new("Org").certificate;
        register.add(entry, vec![authority]).map_err(|error| error.to_string())
    }

    #[test]
    fn an_organization_stands_once_in_each_role() {
        let mut register = EntityRegister::default();
        for role in [TrustRole::PidIssuers, TrustRole::StatusSigners] {
            assert_eq!(add(&mut register, &entry(role)), Ok(()));
        }
        assert_eq!(register.roles_of("NTRMA-1").len(), 2);
        assert!(
            add(&mut register, &entry(TrustRole::PidIssuers))
                .unwrap_err()
                .contains("twice")
        );
    }

    #[test]
    fn issuers_and_nobody_else_have_credential_types() {
        let mut issuer = entry(TrustRole::PidIssuers);
        issuer.credential_types.clear();
        let mut signer = entry(TrustRole::StatusSigners);
        signer.credential_types.push("urn:mahfada:pid:1".to_owned());
        for entry in [issuer, signer] {
            assert!(
                add(&mut EntityRegister::default(), &entry)
                    .unwrap_err()
                    .contains("credential types")
            );
        }
    }

    #[test]
    fn refuses_an_entry_without_name_authority_or_time() {
        let mut nameless = entry(TrustRole::PidIssuers);
        nameless.name.clear();
        assert!(
            add(&mut EntityRegister::default(), &nameless)
                .unwrap_err()
                .contains("name")
        );
        let mut timeless = entry(TrustRole::PidIssuers);
        timeless.since = Some("yesterday".to_owned());
        assert!(
            add(&mut EntityRegister::default(), &timeless)
                .unwrap_err()
                .contains("since")
        );
        let refused = EntityRegister::default()
            .add(&entry(TrustRole::PidIssuers), Vec::new())
            .unwrap_err();
        assert_eq!(refused.code(), "entities_entry");
    }

    #[test]
    fn a_suspension_holds_in_every_role_and_spares_what_has_ended() {
        let mut register = EntityRegister::default();
        let mut ended = entry(TrustRole::StatusSigners);
        ended.status = EntryStatus::Withdrawn;
        add(&mut register, &ended).unwrap();
        add(&mut register, &entry(TrustRole::PidIssuers)).unwrap();
        let decision = StatusOverride {
            suspended: true,
            since: UnixTime::new(7),
        };
        let decisions = BTreeMap::from([("NTRMA-1".to_owned(), decision)]);
        let service = |role| register.of_role(role, &decisions).remove(0).services.remove(0);
        assert_eq!(service(TrustRole::PidIssuers).status, ServiceStatus::Suspended);
        assert_eq!(service(TrustRole::PidIssuers).since, UnixTime::new(7));
        assert_eq!(service(TrustRole::StatusSigners).status, ServiceStatus::Withdrawn);
    }

    #[test]
    fn a_reinstatement_takes_back_no_suspension_of_the_register() {
        let mut register = EntityRegister::default();
        let mut stopped = entry(TrustRole::PidIssuers);
        stopped.status = EntryStatus::Suspended;
        add(&mut register, &stopped).unwrap();
        let decision = StatusOverride {
            suspended: false,
            since: UnixTime::new(7),
        };
        let decisions = BTreeMap::from([("NTRMA-1".to_owned(), decision)]);
        let entities = register.of_role(TrustRole::PidIssuers, &decisions);
        assert_eq!(entities[0].services[0].status, ServiceStatus::Suspended);
        let refusal = register.require_reinstatable("NTRMA-1").unwrap_err();
        assert_eq!(refusal.code(), "suspended_in_register");
        assert_eq!(register.require_suspendable("NTRMA-1"), Ok(()));
    }

    #[test]
    fn an_authority_is_one_and_stands_under_one_name_in_a_role() {
        let site = crate::fixture::Site::new();
        let leaf = load_chain(&site.folder.join("pid-issuers.pem")).unwrap();
        let mut register = EntityRegister::default();
        let refused = register.add(&entry(TrustRole::PidIssuers), leaf).unwrap_err();
        assert!(refused.to_string().contains("no certificate authority"), "{refused}");
        let authority = vec![Authority::new("Org").certificate];
        register.add(&entry(TrustRole::PidIssuers), authority.clone()).unwrap();
        let mut other = entry(TrustRole::PidIssuers);
        other.organization = "NTRMA-2".to_owned();
        let refused = register.add(&other, authority.clone()).unwrap_err();
        assert!(refused.to_string().contains("another organization"), "{refused}");
        register.add(&entry(TrustRole::StatusSigners), authority).unwrap();
    }
}
