// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

// Package alert24 carries out the protocol's calls over Alert24's incidents API, version 1, and says what became of each
// as a result of package protocol. It knows requests, answers and whose an incident is, and nothing of aliases' lives.
//
// It may import protocol, incident, labels, text and net/http. Start with calls.go (what is sent), go on with result.go (what an
// answer means) and find.go (lookups).
//
// The API is described at https://alert24.net/docs (api-quickstart, api-incidents, api-errors, api-authentication).
package alert24
