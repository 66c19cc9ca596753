//! Making certificates: anchors, access certificates, the demo and tests (RFC 5280 §4).

use std::net::IpAddr;

use mahfada_base::UnixTime;
use mahfada_crypto::{CryptoProvider, PublicKey, Random, RandomError, SignError, SignatureAlgorithm, Signer};

use crate::{Certificate, CertificateError, ecdsa, oid};

pub(crate) mod encode;
#[cfg(test)]
mod tests;

/// The parts of a subject's name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SubjectName {
    /// The common name.
    pub common_name: String,
    /// The organization.
    pub organization: String,
    /// The organization identifier, such as `NTRMA-12345` (ETSI EN 319 412-1 §5.1.4).
    pub organization_identifier: Option<String>,
    /// The country as two capital letters.
    pub country: String,
}

/// What the certificate is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CertificateKind {
    /// Signs certificates.
    Ca {
        /// How many further CAs may follow; `None` sets no limit.
        path_len: Option<u8>,
    },
    /// Signs messages in one role.
    Leaf {
        /// The extended key usage in dotted form, one of [`crate::eku`].
        extended_key_usage: &'static str,
        /// The DNS names.
        dns_names: Vec<String>,
    },
    /// Serves TLS.
    TlsServer {
        /// The DNS names.
        dns_names: Vec<String>,
        /// The IP addresses.
        ip_addresses: Vec<IpAddr>,
    },
}

/// What a certificate shall say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CertificateTemplate {
    /// The subject.
    pub subject: SubjectName,
    /// The purpose.
    pub kind: CertificateKind,
    /// The first second of validity.
    pub not_before: UnixTime,
    /// The last second of validity.
    pub not_after: UnixTime,
}

/// Why a certificate was not made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum IssueError {
    /// The template cannot be written: an empty name, a foreign country code, a wrong purpose or time.
    #[error("the template cannot be written as a certificate")]
    Template,
    /// The signer is not the one of the issuing certificate.
    #[error("the signer does not hold the key of the issuing certificate")]
    IssuerKey,
    /// The signer's algorithm signs no certificates.
    #[error("the signer's algorithm signs no certificates")]
    Algorithm,
    /// The random source failed.
    #[error("no serial number to be had")]
    Random(#[from] RandomError),
    /// The signer failed.
    #[error("the certificate could not be signed")]
    Sign(#[from] SignError),
    /// What was written is no certificate that this system reads.
    #[error("the written certificate cannot be read")]
    Certificate(#[from] CertificateError),
}

/// Issues a certificate that the key signs for itself: an anchor.
///
/// # Errors
/// [`IssueError`] naming the first fault.
pub fn self_signed(
    template: &CertificateTemplate,
    signer: &dyn Signer,
    random: &dyn Random,
    provider: &CryptoProvider,
) -> Result<Certificate, IssueError> {
    let name = encode::name(&template.subject).ok_or(IssueError::Template)?;
    let key_identifier = encode::key_identifier(signer.public_key(), provider);
    let extensions = extensions(template, signer.public_key(), &key_identifier, provider)?;
    sign(template, &name, signer.public_key(), &extensions, signer, random)
}

/// Issues a certificate for a key under an issuing certificate; whether the issuer may issue it is not checked.
///
/// # Errors
/// [`IssueError`] naming the first fault.
pub fn issue(
    template: &CertificateTemplate,
    subject_key: &PublicKey,
    issuer: &Certificate,
    issuer_signer: &dyn Signer,
    random: &dyn Random,
    provider: &CryptoProvider,
) -> Result<Certificate, IssueError> {
    if issuer.public_key(provider)? != *issuer_signer.public_key() {
        return Err(IssueError::IssuerKey);
    }
    let authority = issuer.subject_key_identifier().map_or_else(
        || encode::key_identifier(issuer_signer.public_key(), provider),
        <[u8]>::to_vec,
    );
    let extensions = extensions(template, subject_key, &authority, provider)?;
    sign(
        template,
        issuer.subject_der(),
        subject_key,
        &extensions,
        issuer_signer,
        random,
    )
}

pub(crate) fn extensions(
    template: &CertificateTemplate,
    subject_key: &PublicKey,
    authority: &[u8],
    provider: &CryptoProvider,
) -> Result<Vec<Vec<u8>>, IssueError> {
    let mut extensions = vec![
        encode::subject_key_identifier(&encode::key_identifier(subject_key, provider)),
        encode::authority_key_identifier(authority),
    ];
    let (purpose, dns_names, ip_addresses): (_, &[String], &[IpAddr]) = match &template.kind {
        CertificateKind::Ca { path_len } => {
            extensions.push(encode::basic_constraints(*path_len));
            extensions.push(encode::key_usage(encode::KEY_CERT_SIGN_AND_CRL_SIGN));
            return Ok(extensions);
        }
        CertificateKind::Leaf {
            extended_key_usage,
            dns_names,
        } => (*extended_key_usage, dns_names, &[]),
        CertificateKind::TlsServer {
            dns_names,
            ip_addresses,
        } => (crate::eku::SERVER_AUTH, dns_names, ip_addresses),
    };
    extensions.push(encode::key_usage(encode::DIGITAL_SIGNATURE));
    extensions.push(encode::extended_key_usage(
        &oid::from_dotted(purpose).ok_or(IssueError::Template)?,
    ));
    if !dns_names.is_empty() || !ip_addresses.is_empty() {
        extensions.push(encode::subject_alt_name(dns_names, ip_addresses).ok_or(IssueError::Template)?);
    }
    Ok(extensions)
}

pub(crate) fn sign(
    template: &CertificateTemplate,
    issuer_name: &[u8],
    subject_key: &PublicKey,
    extensions: &[Vec<u8>],
    signer: &dyn Signer,
    random: &dyn Random,
) -> Result<Certificate, IssueError> {
    let algorithm = match signer.algorithm() {
        SignatureAlgorithm::Es256 => encode::ECDSA_WITH_SHA_256,
        SignatureAlgorithm::Es384 => encode::ECDSA_WITH_SHA_384,
        SignatureAlgorithm::EdDsa => return Err(IssueError::Algorithm),
    };
    let algorithm = encode::algorithm(algorithm);
    let mut serial = [0; 16];
    random.fill(&mut serial)?;
    let tbs = encode::sequence(&[
        encode::VERSION_3.to_vec(),
        encode::serial(&serial),
        algorithm.clone(),
        issuer_name.to_vec(),
        encode::validity(template.not_before, template.not_after).ok_or(IssueError::Template)?,
        encode::name(&template.subject).ok_or(IssueError::Template)?,
        encode::public_key(subject_key).ok_or(IssueError::Template)?,
        encode::extensions(extensions),
    ]);
    let signature = signer.sign(&tbs)?;
    let signature = ecdsa::to_der(&signature.0).ok_or(IssueError::Algorithm)?;
    let der = encode::sequence(&[tbs, algorithm, encode::bit_string(&signature)]);
    Ok(Certificate::from_der(&der)?)
}
