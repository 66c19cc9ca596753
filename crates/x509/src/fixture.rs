//! A small hierarchy for tests: anchor, intermediate, leaf; every part can be altered and signed again.

use std::sync::Arc;

use mahfada_base::UnixTime;
use mahfada_crypto::hazmat::SeededRandom;
use mahfada_crypto::pure::PROVIDER;
use mahfada_crypto::{PublicKey, Signer};

use crate::{Certificate, CertificateKind, CertificateTemplate, SubjectName, eku, issue, self_signed};

pub(crate) const NOT_BEFORE: UnixTime = UnixTime::new(1_790_000_000);
pub(crate) const NOW: UnixTime = UnixTime::new(1_795_000_000);
pub(crate) const NOT_AFTER: UnixTime = UnixTime::new(1_800_000_000);

pub(crate) struct Authority {
    pub(crate) signer: Arc<dyn Signer>,
    pub(crate) certificate: Certificate,
}

pub(crate) fn signer(seed: &str) -> Arc<dyn Signer> {
    PROVIDER.keys.generate_es256(&SeededRandom::new(seed)).unwrap()
}

pub(crate) fn template(common_name: &str, kind: CertificateKind) -> CertificateTemplate {
    CertificateTemplate {
        subject: SubjectName {
            common_name: common_name.to_owned(),
            organization: "Mahfada Test".to_owned(),
            organization_identifier: Some("NTRMA-12345".to_owned()),
            country: "MA".to_owned(),
        },
        kind,
        not_before: NOT_BEFORE,
        not_after: NOT_AFTER,
    }
}

pub(crate) fn ca(common_name: &str, path_len: Option<u8>) -> CertificateTemplate {
    template(common_name, CertificateKind::Ca { path_len })
}

pub(crate) fn access(common_name: &str) -> CertificateTemplate {
    let kind = CertificateKind::Leaf {
        extended_key_usage: eku::ACCESS,
        dns_names: vec!["verifier.example".to_owned()],
    };
    template(common_name, kind)
}

pub(crate) fn anchor(template: &CertificateTemplate, seed: &str) -> Authority {
    let signer = signer(seed);
    let certificate = self_signed(template, signer.as_ref(), &SeededRandom::new(seed), &PROVIDER).unwrap();
    Authority { signer, certificate }
}

impl Authority {
    /// Issues as production does.
    pub(crate) fn issue(&self, template: &CertificateTemplate, seed: &str) -> Self {
        let signer = signer(seed);
        let random = SeededRandom::new(seed);
        let certificate = issue(
            template,
            signer.public_key(),
            &self.certificate,
            self.signer.as_ref(),
            &random,
            &PROVIDER,
        )
        .unwrap();
        Self { signer, certificate }
    }

    /// Issues with altered extensions: those of production are subject key, authority key, then by kind.
    pub(crate) fn forge(
        &self,
        template: &CertificateTemplate,
        subject_key: &PublicKey,
        alter: impl FnOnce(&mut Vec<Vec<u8>>),
    ) -> Certificate {
        let authority = self.certificate.subject_key_identifier().unwrap();
        let mut extensions = issue::extensions(template, subject_key, authority, &PROVIDER).unwrap();
        alter(&mut extensions);
        let issuer = self.certificate.subject_der();
        issue::sign(
            template,
            issuer,
            subject_key,
            &extensions,
            self.signer.as_ref(),
            &SeededRandom::new("s"),
        )
        .unwrap()
    }
}
