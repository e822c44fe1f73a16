// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

// Package registry keeps values that components of this process offer each other, until they withdraw them.
package registry

import "sync"

// Of keeps values of one type. The zero value is empty. It is safe for concurrent use.
type Of[T any] struct {
	mu  sync.RWMutex
	all map[*T]struct{}
}

// Register adds a value until the returned function is called. When that function returns, Each no longer uses the value.
func (r *Of[T]) Register(value T) (unregister func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.all == nil {
		r.all = map[*T]struct{}{}
	}
	key := &value
	r.all[key] = struct{}{}
	return func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		delete(r.all, key)
	}
}

// Each calls f for every value, in any order. f must not block.
func (r *Of[T]) Each(f func(T)) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	for value := range r.all {
		f(*value)
	}
}
