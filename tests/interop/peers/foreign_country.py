"""Makes a country that ours knows nothing of: an authority, an issuer, a verifier, TLS, and somebody whom nobody trusts."""
import datetime
import ipaddress
import pathlib
import sys

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

folder = pathlib.Path(sys.argv[1])
now = datetime.datetime.now(datetime.timezone.utc)


def name(common_name):
    attributes = [(NameOID.COUNTRY_NAME, "FR"), (NameOID.ORGANIZATION_NAME, common_name), (NameOID.COMMON_NAME, common_name)]
    return x509.Name([x509.NameAttribute(oid, value) for oid, value in attributes])


def make(file, common_name, issuer=None, hosts=()):
    key = ec.generate_private_key(ec.SECP256R1())
    issuer_name, issuer_key = issuer or (name(common_name), key)
    is_ca = issuer is None
    usage = dict.fromkeys(
        ["content_commitment", "key_encipherment", "data_encipherment", "key_agreement", "encipher_only", "decipher_only"],
        False,
    )
    builder = (
        x509.CertificateBuilder()
        .subject_name(name(common_name))
        .issuer_name(issuer_name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=is_ca, path_length=0 if is_ca else None), critical=True)
        .add_extension(
            x509.KeyUsage(digital_signature=not is_ca, key_cert_sign=is_ca, crl_sign=is_ca, **usage), critical=True
        )
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), critical=False
        )
    )
    if hosts:
        builder = builder.add_extension(x509.SubjectAlternativeName(hosts), critical=False)
    certificate = builder.sign(issuer_key, hashes.SHA256())
    (folder / f"{file}.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    (folder / f"{file}.key").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    return name(common_name), key


folder.mkdir(parents=True, exist_ok=True)
localhost = [x509.DNSName("localhost")]
authority = make("authority", "Foreign authority")
make("issuer", "Foreign issuer", authority, localhost)
make("verifier", "Foreign verifier", authority, localhost)
make("elsewhere", "Foreign verifier elsewhere", authority, [x509.DNSName("elsewhere.example")])
stranger = make("stranger-authority", "Stranger authority")
make("stranger", "Stranger", stranger, localhost)
make("tls", "localhost", make("tls-authority", "Foreign TLS"), [*localhost, x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
