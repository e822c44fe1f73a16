// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package inprocess

import "sync"

// registry keeps values of one type until they are withdrawn. The zero value is empty. It is safe for concurrent use.
type registry[T any] struct {
	mu  sync.RWMutex
	all map[*T]struct{}
}

// register adds a value until the returned function is called. When that function returns, each no longer uses the value.
func (r *registry[T]) register(value T) (unregister func()) {
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

// each calls f for every value, in any order. f must not block.
func (r *registry[T]) each(f func(T)) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	for value := range r.all {
		f(*value)
	}
}
