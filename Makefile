# The commands of this project. Everything they need beyond Rust is installed by the files of this folder.
CARGO ?= cargo
EID_DATA = $(wildcard $(CURDIR)/../shared/data/eid)
export MAHFADA_EID_DATA ?= $(EID_DATA)

.PHONY: demo test lint fmt architecture phone exhaustive interop

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

## exhaustive: every single-bit flip of three signed card files, which `make test` only samples
exhaustive:
	$(CARGO) test --locked -p mahfada-eid -- --ignored

## interop: wallets, issuers and verifiers of others against the running demo (Node 20 and Python 3)
interop:
	$(CARGO) build --quiet --locked -p mahfada
	MAHFADA=$(CURDIR)/target/debug/mahfada tests/interop/run
