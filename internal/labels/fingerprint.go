// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package labels

import (
	"fmt"
	"hash/fnv"
)

// Fingerprint returns the 16 hex digits that Prometheus and Alertmanager give a label set: 64-bit FNV-1a over names
// and values in order of name, each followed by the byte 255.
// Source: https://github.com/prometheus/common/blob/main/model/fnv.go and signature.go next to it.
func (s Set) Fingerprint() string {
	h := fnv.New64a()
	end := []byte{0xff}
	for _, l := range s {
		_, _ = h.Write([]byte(l.Name))
		_, _ = h.Write(end)
		_, _ = h.Write([]byte(l.Value))
		_, _ = h.Write(end)
	}
	return fmt.Sprintf("%016x", h.Sum64())
}
