// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

// Package statuspage serves the bridge's page and its JSON API over HTTP, read-only. What they say comes from a [Source]; package
// status has the types. The page asks the API as a script would. Start reading at New.
package statuspage
