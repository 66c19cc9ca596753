//! Who has which key: the officers, the authorities, and the leaves that services and agencies sign with.

use std::path::Path;

use mahfada_base::Clock as _;
use mahfada_crypto::aws_lc::PROVIDER;
use mahfada_trust::{ListSigner, TrustRole};
use mahfada_trust_registry::registry::root::RootDraft;
use mahfada_web::clock::SystemClock;
use mahfada_x509::eku;

use super::DemoError;
use super::authority::{Identity, IdentityFiles, Organization};

pub(super) const OPERATOR: Organization = Organization {
    name: "Agence de Developpement du Digital",
    identifier: "GOVMA-ADD",
};
pub(super) const DGSN: Organization = Organization {
    name: "DGSN",
    identifier: "GOVMA-DGSN",
};
pub(super) const CNSS: Organization = Organization {
    name: "CNSS",
    identifier: "GOVMA-CNSS",
};
pub(super) const NARSA: Organization = Organization {
    name: "NARSA",
    identifier: "GOVMA-NARSA",
};
pub(super) const HOSPITAL: Organization = Organization {
    name: "CHU Ibn Sina",
    identifier: "GOVMA-CHUIS",
};

/// Every key and certificate of the world.
#[derive(Debug)]
pub(super) struct Keys {
    pub(super) tls_authority: Identity,
    pub(super) tls: IdentityFiles,
    pub(super) officers: Vec<Identity>,
    pub(super) list_authority: Identity,
    pub(super) list_signer: IdentityFiles,
    pub(super) registration_signer: IdentityFiles,
    pub(super) dgsn: Identity,
    pub(super) dgsn_files: IdentityFiles,
    pub(super) dgsn_status: IdentityFiles,
    pub(super) cnss: Identity,
    pub(super) cnss_files: IdentityFiles,
    pub(super) cnss_status: IdentityFiles,
    pub(super) narsa_access: IdentityFiles,
    pub(super) hospital_access: IdentityFiles,
}

impl Keys {
    pub(super) fn make(folder: &Path) -> Result<Self, DemoError> {
        let tls_authority = Identity::authority("Demo TLS authority", OPERATOR)?;
        std::fs::write(folder.join("tls-authority.pem"), tls_authority.certificate.to_pem())?;
        let authority = |name: &str, common_name: &str, organization| -> Result<Identity, DemoError> {
            let identity = Identity::authority(common_name, organization)?;
            std::fs::write(folder.join(format!("{name}.pem")), identity.certificate.to_pem())?;
            Ok(identity)
        };
        let list_authority = authority("list-authority", "List authority", OPERATOR)?;
        let registrar = authority("registrar-authority", "Registrar authority", OPERATOR)?;
        let access = authority("access-authority", "Access authority", OPERATOR)?;
        let pid = authority("pid-authority", "PID issuers", DGSN)?;
        let dgsn_status = authority("dgsn-status-authority", "DGSN status authority", DGSN)?;
        let attestations = authority("cnss-authority", "CNSS attestation issuers", CNSS)?;
        let cnss_status = authority("cnss-status-authority", "CNSS status authority", CNSS)?;
        let dgsn = pid.leaf("DGSN credential signer", DGSN, eku::CREDENTIAL_SIGNING, &["localhost"])?;
        let cnss = attestations.leaf("CNSS credential signer", CNSS, eku::CREDENTIAL_SIGNING, &["localhost"])?;
        let access_leaf = |name: &str, organization| {
            access
                .leaf(name, organization, eku::ACCESS, &["localhost"])?
                .write(folder, name)
                .map_err(DemoError::from)
        };
        Ok(Self {
            tls: tls_authority.tls_leaf(OPERATOR)?.write(folder, "tls")?,
            tls_authority,
            officers: ["Officer 1", "Officer 2", "Officer 3"]
                .iter()
                .map(|name| Identity::authority(name, OPERATOR))
                .collect::<Result<_, _>>()?,
            list_signer: list_authority
                .leaf("List signer", OPERATOR, eku::LIST_SIGNING, &[])?
                .write(folder, "list-signer")?,
            list_authority,
            registration_signer: registrar
                .leaf("Registrar", OPERATOR, eku::REGISTRATION_SIGNING, &[])?
                .write(folder, "registrar")?,
            dgsn_files: dgsn.write(folder, "dgsn-signer")?,
            dgsn,
            dgsn_status: dgsn_status
                .leaf("DGSN status signer", DGSN, eku::STATUS_SIGNING, &[])?
                .write(folder, "dgsn-status")?,
            cnss_files: cnss.write(folder, "cnss-signer")?,
            cnss,
            cnss_status: cnss_status
                .leaf("CNSS status signer", CNSS, eku::STATUS_SIGNING, &[])?
                .write(folder, "cnss-status")?,
            narsa_access: access_leaf("narsa-access", NARSA)?,
            hospital_access: access_leaf("hospital-access", HOSPITAL)?,
        })
    }

    /// Two of three officers sign; everyone else starts from these bytes.
    pub(super) fn root_document(&self, registry_url: &str) -> Result<Vec<u8>, DemoError> {
        let now = SystemClock.now();
        let signer = ListSigner {
            organization: OPERATOR.name.to_owned(),
            authority: self.list_authority.certificate.clone(),
        };
        let officers: Vec<_> = self
            .officers
            .iter()
            .map(|officer| officer.signer.public_key().clone())
            .collect();
        let document = RootDraft {
            version: 1,
            issued_at: now,
            expires: now.plus(7 * 86_400),
            officers: &officers,
            threshold: 2,
            list_signers: TrustRole::ALL.into_iter().map(|role| (role, signer.clone())).collect(),
            registry_url,
        }
        .into_document();
        let signers: Vec<_> = self.officers.iter().take(2).map(|officer| &*officer.signer).collect();
        Ok(document.sign(&signers, PROVIDER.digest)?)
    }
}
