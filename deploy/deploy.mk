# Copyright The otelcol-alert24 Authors
# SPDX-License-Identifier: Apache-2.0

# What people install. deploy/ is a Go module of its own, because Helm and Kubernetes bring many others.
PLATFORMS   := linux_amd64 linux_arm64 darwin_amd64 darwin_arm64 windows_amd64 windows_arm64
HOST        := $(shell go env GOOS)_$(shell go env GOARCH)
PROGRAMS    := $(CURDIR)/build/bin
RELEASE     := $(CURDIR)/build/release
# The time and the commit of the sources: the same sources make the same files.
SOURCE_TIME := $(or $(SOURCE_DATE_EPOCH),$(shell git log -1 --format=%ct 2>/dev/null),0)
REVISION    := $(shell git rev-parse HEAD 2>/dev/null)

# $(call deploy,COMMAND,PLATFORMS), in a target that needs $(DEPLOY)
DEPLOY      := $(CURDIR)/build/deploy
deploy = $(DEPLOY) $(1) -root '$(CURDIR)' -bin '$(PROGRAMS)' -out '$(RELEASE)' \
	-version '$(VERSION)' -revision '$(REVISION)' -time '$(SOURCE_TIME)' -platforms '$(2)'

##@ Release

$(DEPLOY): FORCE
	cd deploy && go build -o $@ ./cmd/deploy

# Go's cache decides what is built again. Everything is static, and the same in every folder.
.PHONY: $(PLATFORMS:%=programs-%)
$(PLATFORMS:%=programs-%): programs-%: build/collector/main.go
	scripts/build-programs.sh '$(VERSION)' $* '$(PROGRAMS)/$*'

.PHONY: packages
packages: programs-linux_amd64 programs-linux_arm64 $(DEPLOY) ## Make deb and rpm packages in build/release
	$(call deploy,packages,linux_amd64 linux_arm64)

.PHONY: images
images: programs-linux_amd64 programs-linux_arm64 $(DEPLOY) ## Make the container image, as an OCI layout and as tars, in build/release
	$(call deploy,images,linux_amd64 linux_arm64)

.PHONY: archives
archives: $(PLATFORMS:%=programs-%) $(DEPLOY) ## Make archives for Linux, macOS and Windows in build/release
	$(call deploy,archives,$(PLATFORMS))

.PHONY: dist
dist: $(DEPLOY) ## Everything of a release, with checksums, in build/release
	rm -rf '$(RELEASE)'
	$(MAKE) -j2 archives packages images # two at once, because linking uses one processor
	$(call deploy,checksums)
	cd '$(RELEASE)' && sha256sum --check --quiet SHA256SUMS

.PHONY: publish
publish: $(DEPLOY) ## Publish build/release: the image, and a release of the tag on GitHub
	$(call deploy,push)
	gh release create 'v$(VERSION)' --verify-tag --title '$(VERSION)' --notes 'See CHANGELOG.md.' $(RELEASE)/SHA256SUMS $(RELEASE)/otelcol-alert24*

.PHONY: manifests
manifests: $(DEPLOY) ## Render deploy/kubernetes from the Helm chart
	$(call deploy,manifests)

.PHONY: test-deploy
test-deploy: $(TESTSUM) programs-$(HOST) $(ALERTMANAGER) $(BIN)/amtool ## Install, upgrade and purge the package; run the image; render and load the chart
	cd deploy && DEPLOY_PROGRAMS='$(PROGRAMS)/$(HOST)' $(TESTSUM) --format testname -- $(TEST_FLAGS) -timeout=10m ./...
