// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

// Package alert24 is a client of Alert24's incidents API, version 1. It knows what a request is and what an answer
// means, and nothing of aliases' lives.
//
// The question that matters after a failed write is whether it may still be carried out. Every error is an *[Error]
// with a [Class] that answers it; what is not certain is [Uncertain].
//
// The API is described at https://alert24.net/docs (api-quickstart, api-incidents, api-errors, api-authentication).
package alert24
