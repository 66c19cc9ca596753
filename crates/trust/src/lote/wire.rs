//! The members of a list as TS 119 602 names them.

use mahfada_base::{UnixTime, base64url};
use mahfada_x509::Certificate;
use serde::{Deserialize, Serialize};

use super::ListBuilder;
use crate::{LocalizedText, ServiceStatus, TrustedListEntity, TrustedListService};

pub(super) const VERSION: u64 = 1;

#[derive(Serialize, Deserialize)]
pub(super) struct Payload {
    #[serde(rename = "LoTE")]
    pub(super) list: List,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct List {
    pub(super) list_and_scheme_information: Scheme,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) trusted_entities_list: Vec<Entity>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Scheme {
    #[serde(rename = "LoTEVersionIdentifier")]
    pub(super) version: u64,
    #[serde(rename = "LoTESequenceNumber")]
    pub(super) sequence: u64,
    #[serde(rename = "LoTEType")]
    pub(super) list_type: String,
    #[serde(rename = "SchemeOperatorName")]
    pub(super) operator_name: LocalizedText,
    #[serde(rename = "SchemeTerritory")]
    pub(super) territory: String,
    pub(super) list_issue_date_time: String,
    pub(super) next_update: String,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Entity {
    trusted_entity_information: EntityInformation,
    trusted_entity_services: Vec<Service>,
}

#[derive(Serialize, Deserialize)]
struct EntityInformation {
    #[serde(rename = "TEName")]
    name: LocalizedText,
    #[serde(rename = "TETradeName")]
    trade_name: LocalizedText,
    #[serde(rename = "TEAddress", default)]
    address: Address,
    #[serde(rename = "TEInformationURI", default)]
    information: Vec<LocalizedUri>,
}

#[derive(Default, Serialize, Deserialize)]
struct Address {
    #[serde(rename = "TEPostalAddress", default)]
    postal: Vec<PostalAddress>,
    #[serde(rename = "TEElectronicAddress", default)]
    electronic: Vec<LocalizedUri>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct PostalAddress {
    #[serde(rename = "lang")]
    lang: String,
    #[serde(default)]
    street_address: String,
    country: String,
}

#[derive(Serialize, Deserialize)]
struct LocalizedUri {
    lang: String,
    #[serde(rename = "uriValue")]
    uri: String,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Service {
    service_information: ServiceInformation,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ServiceInformation {
    service_name: LocalizedText,
    service_digital_identity: DigitalIdentity,
    service_type_identifier: String,
    service_status: String,
    status_starting_time: String,
    #[serde(
        rename = "ServiceInformationExtensions",
        default,
        skip_serializing_if = "Vec::is_empty"
    )]
    extensions: Vec<Extension>,
}

#[derive(Serialize, Deserialize)]
struct DigitalIdentity {
    #[serde(rename = "X509Certificates")]
    certificates: Vec<CertificateValue>,
}

#[derive(Serialize, Deserialize)]
struct CertificateValue {
    val: String,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Extension {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    entitlements: Option<Entitlements>,
}

#[derive(Serialize, Deserialize)]
struct Entitlements {
    credential_types: Vec<String>,
}

impl From<&ListBuilder> for Payload {
    fn from(list: &ListBuilder) -> Self {
        let service_type = list.role.service_type_uri();
        Self {
            list: List {
                list_and_scheme_information: Scheme {
                    version: VERSION,
                    sequence: list.sequence,
                    list_type: list.role.lote_type_uri(),
                    operator_name: list.operator_name.clone(),
                    territory: list.territory.clone(),
                    list_issue_date_time: list.issued_at.to_rfc3339(),
                    next_update: list.next_update.to_rfc3339(),
                },
                trusted_entities_list: list
                    .entities
                    .iter()
                    .map(|entity| Entity::new(entity, &service_type, &list.territory))
                    .collect(),
            },
        }
    }
}

impl Entity {
    fn new(entity: &TrustedListEntity, service_type: &str, country: &str) -> Self {
        let page = || LocalizedUri {
            lang: "en".to_owned(),
            uri: entity.information_uri.clone(),
        };
        let postal = PostalAddress {
            lang: "en".to_owned(),
            street_address: String::new(),
            country: country.to_owned(),
        };
        Self {
            trusted_entity_information: EntityInformation {
                name: entity.name.clone(),
                trade_name: LocalizedText::new("en", entity.organization_identifier.as_str()),
                address: Address {
                    postal: vec![postal],
                    electronic: vec![page()],
                },
                information: vec![page()],
            },
            trusted_entity_services: entity
                .services
                .iter()
                .map(|service| Service {
                    service_information: ServiceInformation::new(service, service_type),
                })
                .collect(),
        }
    }

    /// Reads the entity with the services of one type; `None` when a member makes no sense.
    pub(super) fn read(self, service_type: &str) -> Option<TrustedListEntity> {
        let information = self.trusted_entity_information;
        let services = self.trusted_entity_services.into_iter();
        Some(TrustedListEntity {
            organization_identifier: information.trade_name.iter().next()?.value.clone(),
            name: information.name,
            information_uri: information
                .information
                .into_iter()
                .next()
                .map(|page| page.uri)
                .unwrap_or_default(),
            services: services
                .map(|service| service.service_information.read(service_type))
                .collect::<Option<_>>()?,
        })
    }
}

impl ServiceInformation {
    fn new(service: &TrustedListService, service_type: &str) -> Self {
        let value = |certificate: &Certificate| CertificateValue {
            val: base64url::encode_standard(certificate.der()),
        };
        let types = service.credential_types.clone();
        let entitlements = (!types.is_empty()).then_some(Entitlements {
            credential_types: types,
        });
        Self {
            service_name: service.name.clone(),
            service_digital_identity: DigitalIdentity {
                certificates: service.authorities.iter().map(value).collect(),
            },
            service_type_identifier: service_type.to_owned(),
            service_status: service.status.uri().to_owned(),
            status_starting_time: service.since.to_rfc3339(),
            extensions: entitlements
                .map(|entitlements| Extension {
                    entitlements: Some(entitlements),
                })
                .into_iter()
                .collect(),
        }
    }

    fn read(self, service_type: &str) -> Option<TrustedListService> {
        if self.service_type_identifier != service_type {
            return None;
        }
        let certificate =
            |value: &CertificateValue| Certificate::from_der(&base64url::decode_standard(&value.val).ok()?).ok();
        let extensions = self.extensions.into_iter();
        Some(TrustedListService {
            name: self.service_name,
            authorities: self
                .service_digital_identity
                .certificates
                .iter()
                .map(certificate)
                .collect::<Option<_>>()?,
            status: ServiceStatus::from_uri(&self.service_status)?,
            since: UnixTime::from_rfc3339(&self.status_starting_time)?,
            credential_types: extensions
                .filter_map(|extension| extension.entitlements)
                .flat_map(|entitlements| entitlements.credential_types)
                .collect(),
        })
    }
}
