# The commands of this project. Everything they need beyond Rust is installed by the files of this folder.
CARGO ?= cargo
EID_DATA = $(wildcard $(CURDIR)/../shared/data/eid)
export MAHFADA_EID_DATA ?= $(EID_DATA)

.PHONY: bench bench-http demo test lint fmt architecture phone exhaustive interop fuzz generate model

## demo: the whole story on this machine, from the card to the verdict
demo:
	$(CARGO) run --quiet --locked -p mahfada -- demo $(DEMO)

## test: every test of every part
test:
	$(CARGO) test --locked --workspace

## lint: format, clippy and rustdoc as errors, import rules, licences, bans, and the phone builds
lint: fmt architecture phone
	$(CARGO) clippy --locked --workspace --all-targets -- -D warnings
	RUSTDOCFLAGS="-D warnings" $(CARGO) doc --quiet --locked --workspace --no-deps

fmt:
	$(CARGO) fmt --all -- --check

architecture:
	$(CARGO) metadata --locked --format-version 1 | $(CARGO) run --quiet --locked -p mahfada-architecture
	! $(CARGO) run --quiet --locked -p mahfada-architecture < tests/architecture/fixtures/forbidden.json 2>/dev/null

# wallet-core is built alone, so that no other package of the workspace lends it a feature.
phone:
	$(CARGO) build --quiet --locked -p mahfada-wallet-core --target wasm32-unknown-unknown
	$(CARGO) build --quiet --locked -p mahfada-wallet-core --target aarch64-linux-android

## generate: what is made from the code: OpenAPI, docs/configuration.md, docs/conformance.md; look at the changes
generate:
	MAHFADA_BLESS=1 $(CARGO) test --quiet --locked -p mahfada-issuer -p mahfada-verifier -p mahfada-trust-registry -- the_checked_in_description
	MAHFADA_BLESS=1 $(CARGO) test --quiet --locked -p mahfada-tests --test configuration
	MAHFADA_BLESS=1 $(CARGO) test --quiet --locked -p mahfada-conformance

## exhaustive: every single-bit flip of three signed card files, which `make test` only samples
exhaustive:
	$(CARGO) test --locked -p mahfada-eid -- --ignored

## model: the card ceremony in every state of a small world, with all rules and without each (spin)
model:
	tests/model/run

## interop: wallets, issuers and verifiers of others against the running demo (Node 20 and Python 3)
interop:
	$(CARGO) build --quiet --locked -p mahfada
	MAHFADA=$(CURDIR)/target/debug/mahfada tests/interop/run

## bench: what the work costs beside the bare signatures it cannot do without
bench:
	$(CARGO) run --release --quiet --locked -p mahfada-bench

## bench-http: the same for issuer and verifier as processes, over TLS and with their stores on disk
bench-http:
	$(CARGO) build --release --quiet --locked -p mahfada -p mahfada-bench
	target/release/mahfada-bench http

## fuzz: every parser of outside bytes for FUZZ_SECONDS each, from the corpus that `make test` replays (FUZZ="jws sod": those)
FUZZ_SECONDS ?= 5
FUZZ ?= $(basename $(notdir $(sort $(wildcard fuzz/fuzz_targets/*.rs))))
# Our code forbids unsafe code, so an address sanitizer would watch the dependencies only, at half the speed.
FUZZ_SANITIZER ?= none
FUZZ_BINARIES = fuzz/target/$(shell rustc -vV | sed -n 's/^host: //p')/release

# RUSTC_BOOTSTRAP gives the pinned compiler the coverage flags that nightly has. New inputs go to fuzz/target/corpus, apart
# for each set of seeds, and not into the corpus that is checked in; what breaks a target is left in fuzz/artifacts.
fuzz:
	$(CARGO) fuzz --version 2>/dev/null | grep -q 0.13.2 || $(CARGO) install cargo-fuzz --version 0.13.2 --locked
	RUSTC_BOOTSTRAP=1 $(CARGO) fuzz build --sanitizer $(FUZZ_SANITIZER)
	@found=fuzz/target/corpus/$$(cat fuzz/corpus/*/seed-* | cksum | cut -d' ' -f1); \
	for target in $(FUZZ); do \
		case $$target in tlv|dg*|sod|aa|card_*|x5c) words=tlv ;; *) words=json ;; esac; \
		mkdir -p $$found/$$target fuzz/artifacts/$$target; \
		if $(FUZZ_BINARIES)/$$target -max_total_time=$(FUZZ_SECONDS) -timeout=10 -rss_limit_mb=2048 \
			-dict=fuzz/dictionaries/$$words.dict -artifact_prefix=fuzz/artifacts/$$target/ \
			$$found/$$target fuzz/corpus/$$target > fuzz/target/$$target.log 2>&1; \
		then echo "$$target: $$(grep -h '^Done' fuzz/target/$$target.log)"; \
		else tail -n 40 fuzz/target/$$target.log; exit 1; fi; \
	done
