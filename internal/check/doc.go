// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

// Package check asks an Alert24 what its API does where the documentation leaves it open. It opens test incidents under an
// alias of its own and closes them. Each answer is a [Finding]: what was expected, what was seen, and which setting to change.
//
// It may import alert24, incident, protocol and text. Start with run.go, which has the order of the questions; api.go makes
// requests, shape.go reads the form of answers, cleanup.go closes what was opened.
package check
