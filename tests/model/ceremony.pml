/*
 * The way to a credential by card (decision D3, way A), with a network that the attacker owns.
 *
 * The honest wallet runs two ceremonies at once with its key and its card. The attacker has a wallet key, a card and a
 * credential key of his own, reads and keeps every message as if there were no TLS, and composes every request that
 * the issuer sees: a request is delivered, delayed, replayed, or its body exchanged, by composing it. Signatures, hashes
 * and the keyed challenge are perfect. Bounds, what each action stands for and what is left out: README.md.
 *
 * -DP=n checks property n alone, otherwise 1 to 5 are checked. -DNO_… takes a rule away; -DRELAY lets the attacker relay the
 * honest card; -DEXCEPT_RELAY excuses what that does; -DTLS_ANSWER lets a wallet take only the answer to its own request.
 */

/* Several rules at once. */
#ifdef NO_COMMIT
#define NO_COMMIT_IN_WALLET 1
#define NO_COMMIT_IN_CHALLENGE 1
#define NO_COMMIT_AT_ISSUE 1
#endif
#ifdef NO_SESSION_BINDING
#define NO_SESSION_IN_EVIDENCE 1
#define NO_SESSION_IN_CHALLENGE 1
#endif
#ifdef NO_KEYED_CHALLENGE
#define NO_COMMIT_IN_CHALLENGE 1
#define NO_SESSION_IN_CHALLENGE 1
#endif
#ifdef NO_SINGLE_USE
#define NO_SINGLE_SESSION 1
#define NO_SINGLE_CODE 1
#define NO_SINGLE_NONCE 1
#define NO_SINGLE_DPOP 1
#endif
#ifdef NO_KW_CHECK
#define NO_KW_AT_SESSION 1
#define NO_KW_ON_EVIDENCE 1
#define NO_KW_AT_TOKEN 1
#define NO_KW_AT_ISSUE 1
#endif

/* Everything is in force that no -D takes away. */
#ifndef NO_COMMIT_IN_WALLET
#define NO_COMMIT_IN_WALLET 0
#endif
#ifndef NO_COMMIT_IN_CHALLENGE
#define NO_COMMIT_IN_CHALLENGE 0
#endif
#ifndef NO_COMMIT_AT_ISSUE
#define NO_COMMIT_AT_ISSUE 0
#endif
#ifndef NO_SESSION_IN_EVIDENCE
#define NO_SESSION_IN_EVIDENCE 0
#endif
#ifndef NO_SESSION_IN_CHALLENGE
#define NO_SESSION_IN_CHALLENGE 0
#endif
#ifndef NO_SIGNED_CHALLENGE
#define NO_SIGNED_CHALLENGE 0
#endif
#ifndef NO_SINGLE_SESSION
#define NO_SINGLE_SESSION 0
#endif
#ifndef NO_SINGLE_CODE
#define NO_SINGLE_CODE 0
#endif
#ifndef NO_SINGLE_NONCE
#define NO_SINGLE_NONCE 0
#endif
#ifndef NO_SINGLE_DPOP
#define NO_SINGLE_DPOP 0
#endif
#ifndef NO_KW_AT_SESSION
#define NO_KW_AT_SESSION 0
#endif
#ifndef NO_KW_ON_EVIDENCE
#define NO_KW_ON_EVIDENCE 0
#endif
#ifndef NO_KW_AT_TOKEN
#define NO_KW_AT_TOKEN 0
#endif
#ifndef NO_KW_AT_ISSUE
#define NO_KW_AT_ISSUE 0
#endif
#ifndef NO_REVOKED_SET
#define NO_REVOKED_SET 0
#endif
#ifndef NO_REVOKED_TOKEN
#define NO_REVOKED_TOKEN 0
#endif
#ifndef RELAY
#define RELAY 0
#endif
#ifndef EXCEPT_RELAY
#define EXCEPT_RELAY 0
#endif
#ifndef TLS_ANSWER
#define TLS_ANSWER 0
#endif
#ifndef NO_ISSUER_COMMITS
#define NO_ISSUER_COMMITS 0
#endif
#ifndef P
#define P 0
#endif
#ifndef SESSIONS
#define SESSIONS 3
#endif

/* Property p, where it could break; and what has to be reachable, or the properties would hold of nothing. */
#define PROPERTY(p, x) assert((P != 0 && P != p) || (x))
#define AGREEMENT 1
#define NO_REPLAY 2
#define NO_MIX_UP 3
#define COMMITTED_KEYS 4
#define OWN_IDENTITY 5
/* Property 6 holds only when the issuer derives the commitment itself, so it is checked by its number alone. */
#define OWNER_OF_CODE(x) assert(P != 6 || (x))
#define REACHED(p, x) assert(P != p || !(x))
#define HONEST_END 7
#define ATTACKERS_END 8
#define SECOND_SET 9

/* Wallet keys. */
#define HONEST 0
#define ATTACKER 1
/* Cards. */
#define HONEST_CARD 1
#define ATTACKERS_CARD 2
/* Credential keys: the attacker's is 0, the one of the honest wallet's ceremony w is w + 1. */
#define ATTACKERS_KEY 0
#define KEY_OF(w) (w + 1)

#define CEREMONIES 2
#define NONCES 2
#define SETS_PER_TOKEN 2

/* commit = SHA-256(jkt(K_w) || SHA-256(credential keys)): one number for each pair. */
#define COMMITMENT(key, kc) (key * 3 + kc)
/* RND.IFD = HMAC(K_chal, session || nonce || commit): one number for each input; only the issuer can make it. */
#define RND_IFD(s) \
    ((NO_SESSION_IN_CHALLENGE -> 0 : s + 1) * 8 + (NO_COMMIT_IN_CHALLENGE -> 0 : session[s].commitment + 1))

/* The issuer's storage: a session, with the code and the token that belong to a session. */
typedef Session {
    bit key;
    byte commitment;
    bit answered;
    byte card;
    byte tokens;
    bit revoked;
    byte sets;
    byte live;
    /* What really happened, seen by no rule: who signed the evidence, which tap it holds, how often it was accepted. */
    bit signer;
    byte tap;
    byte accepted;
    bit code_used_twice;
};
Session session[3];
byte sessions;
byte nonce_uses[NONCES];

/* The taps of the honest card: one for each ceremony, and the last one for the attacker's relay. */
#define RELAYED CEREMONIES
#define NO_TAP (CEREMONIES + 1)
typedef Tap {
    bit done;
    byte rnd_ifd;
    byte made_for;
    byte named;
    byte accepted;
};
Tap tap[3];

/* What the network has seen of each ceremony of the honest wallet. */
typedef Seen {
    bit proof;
    byte nonce;
    byte token;
    byte dpop_uses;
};
Seen seen[CEREMONIES];
/* DPoP proofs of the honest key for the endpoint of authorization and of tokens: they bind no body. */
byte authorization_dpops, authorization_dpop_uses;
byte token_dpops, token_dpop_uses;

/* The two ceremonies differ by name only, so the one that taps first is called 0. */
#define TURN(w) (w == 0 || tap[0].done)

/* The honest wallet: CardIssuance::step. Whatever the network hands it, it takes, unless a rule stops it. */
proctype wallet(byte w) {
    byte s, named;
    atomic {
#define FITS(s) (s < sessions && TURN(w) && \
    (NO_SIGNED_CHALLENGE || NO_COMMIT_IN_WALLET || session[s].commitment == COMMITMENT(HONEST, KEY_OF(w))))
        if
        :: FITS(0) -> s = 0
        :: FITS(1) -> s = 1
        :: FITS(2) -> s = 2
        fi;
        /* Unsigned, the message may name one session and carry the bytes of another. */
        if :: named = s :: NO_SIGNED_CHALLENGE -> named = 0 :: NO_SIGNED_CHALLENGE -> named = 1 fi;
        printf("wallet %d: taps its card for session %d and signs the evidence\n", w, s);
        tap[w].done = 1;
        tap[w].rnd_ifd = RND_IFD(s);
        tap[w].made_for = s;
        tap[w].named = named;
        authorization_dpops++;
        s = 0; named = 0
    }
    atomic {
        printf("wallet %d: redeems its code\n", w);
        token_dpops++
    }
    atomic {
        if
        :: session[0].tokens > 0 -> seen[w].token = 0
        :: session[1].tokens > 0 -> seen[w].token = 1
        :: session[2].tokens > 0 -> seen[w].token = 2
        fi;
        if :: seen[w].nonce = 0 :: seen[w].nonce = 1 fi;
        printf("wallet %d: asks for the credential with the token of session %d and nonce %d\n", w, seen[w].token, seen[w].nonce);
        seen[w].proof = 1
    }
}

/* One DPoP proof of `key`; the attacker makes his own whenever he likes. */
#define AUTHORIZATION_DPOP(key) \
    (key == ATTACKER || (authorization_dpops > 0 && (NO_SINGLE_DPOP || authorization_dpop_uses < authorization_dpops)))
#define TOKEN_DPOP(key) (key == ATTACKER || (token_dpops > 0 && (NO_SINGLE_DPOP || token_dpop_uses < token_dpops)))
/* A proof for a credential names its token (`ath`). */
#define CREDENTIAL_DPOP_OF(w, s) (seen[w].proof && seen[w].token == s && (NO_SINGLE_DPOP || seen[w].dpop_uses == 0))
#define CREDENTIAL_DPOP(key, s) (key == ATTACKER || CREDENTIAL_DPOP_OF(0, s) || CREDENTIAL_DPOP_OF(1, s))

inline spend_authorization_dpop(k) {
    if
    :: k == HONEST -> authorization_dpop_uses++; PROPERTY(NO_REPLAY, authorization_dpop_uses <= authorization_dpops)
    :: else
    fi
}

inline spend_token_dpop(k) {
    if
    :: k == HONEST -> token_dpop_uses++; PROPERTY(NO_REPLAY, token_dpop_uses <= token_dpops)
    :: else
    fi
}

inline spend_credential_dpop(k, s) {
    if
    :: k == HONEST ->
        if
        :: CREDENTIAL_DPOP_OF(0, s) -> seen[0].dpop_uses++; PROPERTY(NO_REPLAY, seen[0].dpop_uses <= 1)
        :: CREDENTIAL_DPOP_OF(1, s) -> seen[1].dpop_uses++; PROPERTY(NO_REPLAY, seen[1].dpop_uses <= 1)
        fi
    :: else
    fi
}

/* authorization_challenge::start */
inline start(k, c) {
    if
    :: sessions < SESSIONS && AUTHORIZATION_DPOP(k) && (NO_ISSUER_COMMITS || c / 3 == k) ->
        printf("issuer: session %d for wallet key %d and commitment %d\n", sessions, k, c);
        spend_authorization_dpop(k);
        session[sessions].key = k;
        session[sessions].commitment = c;
        sessions++
    :: else
    fi
}

/* authorization_challenge::finish: the session, the signature, the session named, the chip's answer. */
inline finish(k, s, by, named, shown, t) {
    if
    :: (s < sessions && AUTHORIZATION_DPOP(k) &&
        (NO_SINGLE_SESSION || !session[s].answered) &&
        (NO_KW_AT_SESSION || k == session[s].key) &&
        (NO_KW_ON_EVIDENCE || by == k) &&
        (NO_SESSION_IN_EVIDENCE || named == s) &&
        (shown == ATTACKERS_CARD || tap[t].rnd_ifd == RND_IFD(s))) ->
        printf("issuer: session %d accepts card %d (tap %d) from wallet key %d, evidence signed by %d\n", s, shown, t, k, by);
        spend_authorization_dpop(k);
        session[s].answered = 1;
        session[s].card = shown;
        session[s].signer = by;
        session[s].tap = t;
        session[s].accepted++;
        PROPERTY(NO_REPLAY, session[s].accepted <= 1);
        PROPERTY(AGREEMENT, k == session[s].key && by == session[s].key);
        if
        :: shown == HONEST_CARD ->
            tap[t].accepted++;
            PROPERTY(NO_REPLAY, tap[t].accepted <= 1);
            PROPERTY(AGREEMENT, tap[t].made_for == s);
            OWNER_OF_CODE(session[s].key == HONEST)
        :: else
        fi
    :: else
    fi
}

/* token::authorization_code::redeem */
inline redeem(k, s) {
    if
    :: session[s].answered && TOKEN_DPOP(k) && (NO_KW_AT_TOKEN || k == session[s].key) ->
        spend_token_dpop(k);
        PROPERTY(AGREEMENT, k == session[s].key);
        if
        :: NO_SINGLE_CODE || session[s].tokens == 0 ->
            printf("issuer: a token for the code of session %d\n", s);
            session[s].tokens++;
            PROPERTY(NO_REPLAY, session[s].tokens <= 1)
        :: else ->
            printf("issuer: the code of session %d comes a second time\n", s);
            session[s].code_used_twice = 1;
            session[s].revoked = !NO_REVOKED_TOKEN
        fi
    :: else
    fi
}

#define PROVES(kc, n) (kc == ATTACKERS_KEY || (seen[kc - 1].proof && seen[kc - 1].nonce == n))
#define COMMITTED(s, kc) (session[s].commitment == COMMITMENT(session[s].key, kc))
/* Who gets to see the credential: without TLS the attacker hands it to whichever wallet has the key. */
#define REACHES_WALLET(kc, k, s) (kc != ATTACKERS_KEY && (!TLS_ANSWER || (k == HONEST && seen[kc - 1].token == s)))

/* credential::issue: the token and its key, the proof of the credential key, the commitment, the nonce. */
inline issue(k, s, kc, n) {
    if
    :: (session[s].tokens > 0 && !session[s].revoked && session[s].sets < SETS_PER_TOKEN &&
        CREDENTIAL_DPOP(k, s) &&
        (NO_KW_AT_ISSUE || k == session[s].key) &&
        PROVES(kc, n) &&
        (NO_COMMIT_AT_ISSUE || COMMITTED(s, kc)) &&
        (NO_SINGLE_NONCE || nonce_uses[n] == 0)) ->
        printf("issuer: a credential of card %d for key %d, token of session %d, wallet key %d, nonce %d\n",
            session[s].card, kc, s, k, n);
        spend_credential_dpop(k, s);
        nonce_uses[n]++;
        PROPERTY(NO_REPLAY, nonce_uses[n] <= 1);
        session[s].sets++;
        session[s].live = (NO_REVOKED_SET -> session[s].live + 1 : 1);
        PROPERTY(NO_REPLAY, session[s].live <= 1 && !session[s].code_used_twice);
        PROPERTY(AGREEMENT, k == session[s].key && session[s].signer == session[s].key);
        PROPERTY(AGREEMENT, session[s].card == ATTACKERS_CARD || tap[session[s].tap].made_for == s);
        PROPERTY(NO_MIX_UP, session[s].card == ATTACKERS_CARD || (EXCEPT_RELAY && session[s].tap == RELAYED) ||
            (session[s].key == HONEST && kc != ATTACKERS_KEY && session[s].tap == kc - 1));
        PROPERTY(NO_MIX_UP, session[s].card == HONEST_CARD || session[s].key == ATTACKER);
        PROPERTY(COMMITTED_KEYS, COMMITTED(s, kc));
        PROPERTY(OWN_IDENTITY, !REACHES_WALLET(kc, k, s) || session[s].card == HONEST_CARD);
        REACHED(HONEST_END, kc != ATTACKERS_KEY && session[s].card == HONEST_CARD);
        REACHED(ATTACKERS_END, kc == ATTACKERS_KEY && session[s].card == ATTACKERS_CARD);
        REACHED(SECOND_SET, session[s].sets == 2)
    :: else
    fi
}

/* Only choices that can lead anywhere; as the first statement of a step they close it when there is none. */
inline any_session(s) { if :: sessions > 0 -> s = 0 :: sessions > 1 -> s = 1 :: sessions > 2 -> s = 2 fi }
inline any_session_with_code(s) {
    if :: session[0].answered -> s = 0 :: session[1].answered -> s = 1 :: session[2].answered -> s = 2 fi
}
inline any_session_with_token(s) {
    if :: session[0].tokens > 0 -> s = 0 :: session[1].tokens > 0 -> s = 1 :: session[2].tokens > 0 -> s = 2 fi
}
inline any_key(k, honest_too) { if :: k = ATTACKER :: honest_too -> k = HONEST fi }

/* The attacker, who carries every message. */
active proctype network() {
    bit k, by;
    byte c, s, t, shown, named;
    atomic {
        printf("wallet key 0, card 1, keys 1 and 2 are the honest wallet's; wallet key 1, card 2, key 0 the attacker's\n");
        printf("wallet: both ceremonies ask for a challenge; their commitments are 1 and 2\n");
        authorization_dpops = 2;
        run wallet(0);
        run wallet(1)
    }
    do
    :: atomic {
        sessions < SESSIONS;
        any_key(k, AUTHORIZATION_DPOP(HONEST));
        /* Every commitment he can make or has seen; one to a key that he does not know he can only copy. */
        if
        :: c = COMMITMENT(ATTACKER, ATTACKERS_KEY)
        :: c = COMMITMENT(HONEST, ATTACKERS_KEY)
        :: c = COMMITMENT(HONEST, KEY_OF(0))
        :: c = COMMITMENT(HONEST, KEY_OF(1))
        :: seen[0].proof -> c = COMMITMENT(ATTACKER, KEY_OF(0))
        :: seen[1].proof -> c = COMMITMENT(ATTACKER, KEY_OF(1))
        fi;
        start(k, c);
        k = 0; c = 0
    }
    :: atomic {
        any_session(s);
        any_key(k, AUTHORIZATION_DPOP(HONEST));
        /* The honest wallet's evidence as it is; or his own, over his card or over an answer of the honest one. */
        if
        :: tap[0].done -> by = HONEST; named = tap[0].named; shown = HONEST_CARD; t = 0
        :: tap[1].done -> by = HONEST; named = tap[1].named; shown = HONEST_CARD; t = 1
        :: tap[0].done -> by = ATTACKER; named = s; shown = HONEST_CARD; t = 0
        :: tap[1].done -> by = ATTACKER; named = s; shown = HONEST_CARD; t = 1
        :: tap[2].done -> by = ATTACKER; named = s; shown = HONEST_CARD; t = RELAYED
        :: by = ATTACKER; named = s; shown = ATTACKERS_CARD; t = NO_TAP
        fi;
        finish(k, s, by, named, shown, t);
        k = 0; s = 0; by = 0; named = 0; shown = 0; t = 0
    }
    :: atomic {
        any_session_with_code(s);
        any_key(k, TOKEN_DPOP(HONEST));
        redeem(k, s);
        k = 0; s = 0
    }
    :: atomic {
        any_session_with_token(s);
        any_key(k, CREDENTIAL_DPOP(HONEST, s));
        if :: c = ATTACKERS_KEY :: c = KEY_OF(0) :: c = KEY_OF(1) fi;
        if :: t = 0 :: t = 1 fi;
        issue(k, s, c, t);
        k = 0; s = 0; c = 0; t = 0
    }
    /* The holder is deceived into tapping for a session of the attacker, while it lasts. */
    :: atomic {
        RELAY && sessions > 0 && !tap[RELAYED].done;
        any_session(s);
        printf("attacker: the honest card is tapped for session %d\n", s);
        tap[RELAYED].done = 1;
        tap[RELAYED].rnd_ifd = RND_IFD(s);
        tap[RELAYED].made_for = s;
        s = 0
    }
    od
}
