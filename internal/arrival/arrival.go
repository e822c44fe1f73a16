// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

// Package arrival lets exporters of this process stamp a webhook when it arrives, before its body is read and whatever else can
// take time. It knows nothing of clocks: a stamp is what an exporter puts into the context, and finds there later.
package arrival

import (
	"context"
	"sync"
)

// Stamp returns ctx with something that tells when it was called.
type Stamp func(ctx context.Context) context.Context

var registry struct {
	sync.RWMutex
	stamps map[*Stamp]Stamp
}

// Register adds a stamp until the returned function is called.
func Register(stamp Stamp) (unregister func()) {
	registry.Lock()
	defer registry.Unlock()
	if registry.stamps == nil {
		registry.stamps = map[*Stamp]Stamp{}
	}
	key := &stamp
	registry.stamps[key] = stamp
	return func() {
		registry.Lock()
		defer registry.Unlock()
		delete(registry.stamps, key)
	}
}

// Now returns ctx with all stamps.
func Now(ctx context.Context) context.Context {
	registry.RLock()
	defer registry.RUnlock()
	for _, stamp := range registry.stamps {
		ctx = stamp(ctx) //nolint:fatcontext // there are as many as exporters
	}
	return ctx
}
