# Copyright The otelcol-alert24 Authors
# SPDX-License-Identifier: Apache-2.0

# `make help` lists the targets. Tools are built at the versions below into .tools/bin; nothing is installed elsewhere.
GOLANGCI_LINT_VERSION := v2.15.0
GOTESTSUM_VERSION     := v1.13.0
ALERTMANAGER_VERSION  := v0.31.1
PROMETHEUS_VERSION    := v0.313.2

SHELL         := /bin/sh
.SHELLFLAGS   := -eu -c
.DEFAULT_GOAL := help
# What a failed recipe left behind does not count as made.
.DELETE_ON_ERROR:
MAKEFLAGS     += --no-print-directory

FUZZTIME ?= 10s
ifndef VERSION
VERSION := $(shell scripts/version.sh)
endif

BIN       := $(CURDIR)/.tools/bin
# A tool's stamp carries its version in its name: another version makes a new stamp, and so a new tool.
STAMP     := .tools/stamp
COLLECTOR := $(CURDIR)/build/otelcol-alert24
TOOL      := $(CURDIR)/build/alert24tool
LINT      := $(BIN)/golangci-lint
TESTSUM   := $(BIN)/gotestsum
PROMTOOL  := $(or $(shell command -v promtool),$(BIN)/promtool)

# What the end-to-end tests and the demo run. ALERTMANAGER may be any other: see e2e/README.md.
export OTELCOL_ALERT24 := $(COLLECTOR)
export ALERT24TOOL     := $(TOOL)
ALERTMANAGER ?= $(BIN)/alertmanager
override ALERTMANAGER := $(abspath $(ALERTMANAGER))
export ALERTMANAGER
export AMTOOL          := $(BIN)/amtool
export PROMTOOL

# The race detector needs a C compiler that can link.
RACE := $(shell printf '\043include <stdlib.h>\nint main(void){return 0;}' | $$(go env CC) -x c -o /dev/null - 2>/dev/null && echo -race)

SOURCES := go.mod go.sum build/collector/main.go \
	$(shell find alertmanagerreceiver alert24exporter internal -type f -not -name '*_test.go' -not -path "*/testdata/*" -not -path "internal/sandbox/*" -not -path "internal/tool/*" 2>/dev/null)

# Programs, tools, tests and what the linter reads are compiled in the same way, so each package is compiled once. Only the race detector
# needs all of them again.
export CGO_ENABLED := 0
export GOFLAGS     := $(strip $(filter-out -trimpath,$(shell go env GOFLAGS)) -trimpath)

# Tests are linked without what only a debugger reads. The linter runs vet.
TEST_FLAGS := -vet=off -ldflags='-s -w'

##@ Build

.PHONY: build
build: $(COLLECTOR) $(TOOL) ## Build the collector and alert24tool into build/

$(COLLECTOR): $(SOURCES)
	go build -C build/collector -ldflags '-s -w' -o $@.new .
	@mv $@.new $@ # a collector that runs from the old file is not disturbed

# The collector's main package, with the version of this tree, which is that of our components as well.
build/collector/main.go: $(wildcard cmd/otelcol-alert24/*) build/version
	@rm -rf build/collector && cp -r cmd/otelcol-alert24 build/collector
	@sed 's|/otelcol-alert24 v0\.0\.0"|/otelcol-alert24 v$(VERSION)"|' cmd/otelcol-alert24/components.go >build/collector/components.go
	@sed 's|^\([[:space:]]*Version: *\)".*"|\1"$(VERSION)"|' cmd/otelcol-alert24/main.go >$@
	@grep -q '"$(VERSION)"' $@

# Written only when the version changes, so that nothing is rebuilt without a reason.
build/version: FORCE
	@mkdir -p build
	@echo '$(VERSION)' | cmp -s - $@ || echo '$(VERSION)' >$@

$(TOOL): FORCE
	go build -ldflags '-s -w -X main.version=$(VERSION)' -o $@ ./cmd/alert24tool

.PHONY: generate
generate: ## Write the generated files again
	go generate ./...
	scripts/generate-collector.sh
	$(MAKE) manifests

.PHONY: clean
clean: ## Remove what was built (not the tools)
	rm -rf build coverage.out

.PHONY: FORCE
FORCE:

##@ Try

.PHONY: demo
demo: ## See alerts open, update and close incidents, one of them silenced
	@scripts/timed.sh 'make demo' $(MAKE) run-demo

.PHONY: demo-keep
demo-keep: $(BIN)/amtool ## The same, and leave it all running until Ctrl-C
	@$(MAKE) run-demo DEMO_FLAGS=-keep

.PHONY: demo-replicas
demo-replicas: $(STAMP)/postgresql ## See one of two bridges on a PostgreSQL database take over from the other
	@scripts/timed.sh 'make demo-replicas' $(MAKE) run-demo DEMO_FLAGS=-replicas

.PHONY: run-demo
run-demo: $(COLLECTOR) $(ALERTMANAGER)
	@go build -o build/demo ./e2e/demo && build/demo $(DEMO_FLAGS)

##@ Test

.PHONY: prepare
prepare: ## Install what the tests use besides Go, git and make, on Debian or Ubuntu
	scripts/prepare.sh

.PHONY: test
test: ## Everything: lint, generated files, unit and end-to-end tests
	@scripts/test.sh 'test-unit test-e2e test-deploy' 'lint check-generated'

.PHONY: lint
lint: $(LINT) ## Lint, and check the formatting
	$(LINT) run ./...
	cd deploy && $(LINT) run ./...

.PHONY: fmt
fmt: $(LINT) ## Format the code
	$(LINT) fmt ./...
	cd deploy && $(LINT) fmt ./...

.PHONY: vet
vet: ## Run go vet
	go vet ./...
	cd deploy && go vet ./...

.PHONY: check-generated
check-generated: ## Check that go.mod and generated files are up to date
	scripts/check-generated.sh

.PHONY: test-unit
test-unit: $(TESTSUM) $(STAMP)/postgresql ## Unit tests, with the race detector where there is a C compiler
	CGO_ENABLED=$(if $(RACE),1,0) $(TESTSUM) --format pkgname-and-test-fails -- $(TEST_FLAGS) -timeout=20m $(RACE) $$(go list ./... | grep -v '/e2e\(/\|$$\)')
ifneq ($(RACE),)
	@echo "With the race detector, the models try fewer histories, so they run without it, too."
	$(TESTSUM) --format pkgname-and-test-fails -- $(TEST_FLAGS) -short $$(grep -rl --include=main_test.go 'testflag\.Model' internal | sed 's,^,./,; s,[^/]*$$,,')
endif

.PHONY: test-e2e
test-e2e: $(TESTSUM) $(COLLECTOR) $(TOOL) $(STAMP)/postgresql $(ALERTMANAGER) $(BIN)/amtool $(PROMTOOL) ## End-to-end tests: the built collector, a real Alertmanager
	ALERT24_E2E=required $(TESTSUM) --format testname -- $(TEST_FLAGS) -count=1 -p=2 -parallel=8 -timeout=10m ./e2e/...

.PHONY: chaos
chaos: $(COLLECTOR) $(ALERTMANAGER) $(STAMP)/postgresql ## Kill and pause the collector, fail the API and edit incidents for CHAOS_SECONDS (60); CHAOS_SEED repeats the choices; REPLICAS=3 on PostgreSQL
	CHAOS_SECONDS=$${CHAOS_SECONDS:-60} CHAOS_REPLICAS=$(REPLICAS) ALERT24_E2E=required go test -count=1 -timeout=0 -v -run='^TestChaos$$' ./e2e/$(if $(REPLICAS),replication,chaos)

MODEL_CHECKS ?= 20000
MODEL_SEED   ?= $(shell date +%s)

.PHONY: model
model: ## Test the protocol with MODEL_CHECKS (20000) random histories of each kind; MODEL_SEED repeats them
	go test ./internal/protocol -count=1 -timeout=60m -v -run '^TestModel' -rapid.checks=$(MODEL_CHECKS) -rapid.seed=$(MODEL_SEED)

.PHONY: fuzz
fuzz: ## Run every fuzz test for FUZZTIME (10s)
	scripts/fuzz.sh $(FUZZTIME)

.PHONY: cover
cover: ## Unit tests' coverage: coverage.out, and a line per package
	go test -coverprofile=coverage.out ./...
	@go tool cover -func=coverage.out | tail -1

.PHONY: bench
bench: $(COLLECTOR) $(STAMP)/postgresql ## Measure, next to an adapter in Node.js if there is node; BENCH_QUICK=1 takes a minute, DOC=1 writes docs/benchmarks.md
	@go build -o build/bench-bare ./bench/bare
	@BENCH=$(if $(BENCH_QUICK),quick,full) BENCH_DOC=$(DOC) go test -count=1 -timeout=0 -v -run='^TestBench$$' ./bench/load $(BENCH_FLAGS)

.PHONY: race
race:
	@echo '$(RACE)'

include deploy/deploy.mk

##@ Tools

.PHONY: tools
tools: $(LINT) $(TESTSUM) $(BIN)/alertmanager $(BIN)/amtool $(PROMTOOL) $(STAMP)/postgresql ## Build the tools that are missing into .tools/bin

$(LINT): $(STAMP)/golangci-lint-$(GOLANGCI_LINT_VERSION)
	GOBIN=$(BIN) go install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(GOLANGCI_LINT_VERSION)
	@touch $@

$(TESTSUM): $(STAMP)/gotestsum-$(GOTESTSUM_VERSION)
	GOBIN=$(BIN) go install gotest.tools/gotestsum@$(GOTESTSUM_VERSION)
	@touch $@

$(BIN)/alertmanager $(BIN)/amtool: $(BIN)/%: $(STAMP)/%-$(ALERTMANAGER_VERSION)
	GOBIN=$(BIN) go install -ldflags '-s -w -X github.com/prometheus/common/version.Version=$(ALERTMANAGER_VERSION:v%=%)' \
		github.com/prometheus/alertmanager/cmd/$*@$(ALERTMANAGER_VERSION)
	@touch $@

$(BIN)/promtool: $(STAMP)/promtool-$(PROMETHEUS_VERSION)
	scripts/promtool.sh '$(PROMETHEUS_VERSION)' $@
	@touch $@

# The PostgreSQL and the PgBouncer that the system has, or their packages.
$(STAMP)/postgresql: scripts/postgresql.sh
	scripts/postgresql.sh
	@mkdir -p $(STAMP)
	@touch $@

$(STAMP)/%:
	@mkdir -p $(STAMP) $(BIN)
	@name='$*'; rm -f $(STAMP)/$${name%-v*}-v*
	@touch $@

##@ Help

.PHONY: help
help: ## Show this list
	@awk 'BEGIN {FS = ":.*## "} \
		/^##@/ {printf "\n%s\n", substr($$0, 5)} \
		/^[a-z0-9-]+:.*## / {printf "  %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
