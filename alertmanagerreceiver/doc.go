// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

//go:generate go tool mdatagen metadata.yaml

// Package alertmanagerreceiver receives webhooks from Alertmanager and compatible senders, and makes one log record per alert. It
// answers 200 only after the pipeline has accepted the records.
package alertmanagerreceiver
