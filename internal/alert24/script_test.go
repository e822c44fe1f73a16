// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package alert24

import (
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// script answers the fields of each body with a refusal, or accepts them.
type script struct {
	mu     sync.Mutex
	bodies []string // the optional fields of each
	answer func(fields map[string]any) (status int, message string)
}

func (s *script) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	b, _ := io.ReadAll(r.Body)
	fields := map[string]any{}
	_ = json.Unmarshal(b, &fields)
	held := slices.DeleteFunc(slices.Sorted(maps.Keys(fields)), func(f string) bool { return !slices.Contains(optionalFields[:], f) })
	s.mu.Lock()
	s.bodies = append(s.bodies, strings.Join(held, " "))
	s.mu.Unlock()
	status, message := s.answer(fields)
	if message != "" {
		answerWith(status, `{"error":{"type":"validation_error","message":`+strconv.Quote(message)+`}}`)(w, r)
		return
	}
	answerWith(status, `{"data":{"id":"i"}}`)(w, r)
}
