//! The trust decision from lists that are loaded.

use mahfada_credential::{CredentialType, IssuerTrust as _};
use mahfada_crypto::aws_lc::PROVIDER;
use mahfada_x509::UnverifiedChain;

use crate::country::{Country, NOW, VCT};
use crate::measure::{Cost, Failure, cost};
use crate::report::Report;

/// Measures the decision on a chain that has been seen before.
pub(crate) fn measure(report: &mut Report, country: &Country) -> Result<(), Failure> {
    let chain = UnverifiedChain::from_certificates(country.issuer.chain.clone())?;
    let wanted = CredentialType::new(VCT);
    let deciding = cost(|| Ok(country.trust.trusted_issuer(&chain, &wanted, NOW, &PROVIDER)?))?;
    report.below("trust decision, chain known", deciding, Cost(20e-6));
    Ok(())
}
