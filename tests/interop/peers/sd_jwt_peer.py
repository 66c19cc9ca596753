"""The reference implementation of SD-JWT as verifier, issuer and holder: a question in JSON on stdin, an answer on stdout.

Exit code 3 says that the library refused; any other says that this program failed.
"""

import base64
import json
import sys

from jwcrypto.common import JWException
from jwcrypto.jwk import JWK
from sd_jwt.common import SDObj
from sd_jwt.holder import SDJWTHolder
from sd_jwt.issuer import SDJWTIssuer
from sd_jwt.verifier import SDJWTVerifier


class VcIssuer(SDJWTIssuer):
    """Issues credentials: the type of the SD-JWT VC draft instead of the bare one."""

    SD_JWT_HEADER = "dc+sd-jwt"


def verify(question):
    """Verifies with a key, or with the leaf of the chain in the header (whose chain the caller has verified)."""

    def issuer_key(_issuer, header):
        if "jwk" in question:
            return JWK(**question["jwk"])
        leaf = base64.b64decode(header["x5c"][0])
        body = base64.encodebytes(leaf).decode()
        return JWK.from_pem(f"-----BEGIN CERTIFICATE-----\n{body}-----END CERTIFICATE-----\n".encode())

    verifier = SDJWTVerifier(
        question["sd_jwt"], issuer_key, question.get("audience"), question.get("nonce")
    )
    return verifier.get_verified_payload()


def issue(question):
    """Issues a credential whose `claims` are selectively disclosable and whose `open` ones are not."""
    claims = dict(question["open"])
    claims.update({SDObj(name): value for name, value in question["claims"].items()})
    issuer = VcIssuer(
        claims,
        JWK.from_pem(question["issuer_key"].encode()),
        JWK(**question["holder_key"]),
        # The library puts decoys into every object, also into `status`, where a verifier must take no hidden member.
        add_decoy_claims=question.get("decoys", False),
        extra_header_parameters={"x5c": question["x5c"]},
    )
    return {"sd_jwt": issuer.sd_jwt_issuance}


def present(question):
    """Presents exactly the claims of `disclose` with a key binding."""
    holder = SDJWTHolder(question["sd_jwt"])
    holder.create_presentation(
        question["disclose"],
        question["nonce"],
        question["audience"],
        JWK(**question["holder_key"]),
    )
    return {"sd_jwt": holder.sd_jwt_presentation}


COMMANDS = {"verify": verify, "issue": issue, "present": present}

if __name__ == "__main__":
    try:
        answer = COMMANDS[sys.argv[1]](json.load(sys.stdin))
    except (JWException, ValueError) as error:
        print(f"{type(error).__name__}: {error}")
        sys.exit(3)
    json.dump(answer, sys.stdout)
