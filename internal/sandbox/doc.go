// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

// Package sandbox is a local stand-in for the Alert24 API. Tests use it as an http.Handler, and the demo runs it as a program.
// It keeps its state in memory and is not a product.
//
// It has its own wire types: with shared types, a wrong field name on both sides would go unnoticed. Package store has the
// rules of the API, package fault the deliberate failures. This package serves them over HTTP.
//
//	/api/v1/incidents   the API, as Alert24's documentation describes it
//	/_sandbox/...       routes for tests and demos: see admin.go
//	/                   a page that shows the incidents live
package sandbox
