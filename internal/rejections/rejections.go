// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

// Package rejections is where receivers of this process say what they did not take, and where exporters hear it: their status page shows
// why an alert has no incident. It keeps nothing.
package rejections

import "sync"

// Rejection is a webhook or some alerts that were not taken.
type Rejection struct {
	// Alerts: only these of a webhook were skipped; otherwise the whole webhook was refused.
	Alerts bool
	Count  int64
	// Text is one line with the reason, and holds nothing of the request but positions. From is the sender's address.
	Text, From string
}

var registry struct {
	sync.RWMutex
	hear map[*func(Rejection)]func(Rejection)
}

// Register calls hear for each rejection until the returned function is called. It must not block.
func Register(hear func(Rejection)) (unregister func()) {
	registry.Lock()
	defer registry.Unlock()
	if registry.hear == nil {
		registry.hear = map[*func(Rejection)]func(Rejection){}
	}
	key := &hear
	registry.hear[key] = hear
	return func() {
		registry.Lock()
		defer registry.Unlock()
		delete(registry.hear, key)
	}
}

// Tell tells all who registered.
func Tell(r Rejection) {
	registry.RLock()
	defer registry.RUnlock()
	for _, hear := range registry.hear {
		hear(r)
	}
}
