// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

//go:generate go tool mdatagen metadata.yaml
//go:generate rm -r internal/metadatatest internal/metadata/generated_logs.go internal/metadata/generated_logs_test.go

// Package alertmanagerreceiver receives webhooks from Alertmanager and compatible senders, and makes one log record per alert. It
// answers 200 only after the pipeline has accepted the records.
package alertmanagerreceiver
