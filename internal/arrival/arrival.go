// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

// Package arrival lets exporters of this process note when a webhook arrives, before its body is read. It knows no clocks: an exporter puts
// its stamp into the context of the webhook, and reads it there later.
package arrival

import (
	"context"

	"github.com/alert24/otelcol-alert24/internal/registry"
)

// Stamp returns ctx with a value that tells when Stamp was called.
type Stamp func(ctx context.Context) context.Context

var stamps registry.Of[Stamp]

// Register adds a stamp until the returned function is called.
func Register(stamp Stamp) (unregister func()) { return stamps.Register(stamp) }

// Now returns ctx with all stamps.
func Now(ctx context.Context) context.Context {
	stamps.Each(func(stamp Stamp) { ctx = stamp(ctx) }) //nolint:fatcontext // there are as many as exporters
	return ctx
}
