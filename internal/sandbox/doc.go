// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

// Package sandbox is a local stand-in for the Alert24 API: for tests, which use it as an http.Handler, and for the demo, which
// runs it as a program. It keeps its state in memory and is not a product.
//
// It has its own wire types: shared ones would hide a wrong field name on both sides. The rules of the API are in the
// package store, what goes wrong on purpose in the package fault; this package puts HTTP around them.
//
//	/api/v1/incidents   the API, as Alert24's documentation describes it
//	/_sandbox/...       routes for tests and demos: see admin.go
//	/                   a page that shows the incidents live
package sandbox
