//! Token Status List: encoding, tokens and the checks of a relying party
