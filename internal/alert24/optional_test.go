// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package alert24

import (
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/alert24/otelcol-alert24/internal/labels"
)

// full holds every optional field.
var full = Write{
	Title: "t", Alias: "a", Labels: labels.New(labels.Label{Name: "n", Value: "v"}), Tags: []string{"x"}, Source: "s",
	AffectedServices: []string{"svc"}, AssignedTo: "u", ImpactDescription: "d",
}

// script answers each body's fields with a refusal, or accepts them when there is none.
type script struct {
	mu     sync.Mutex
	bodies []string // the optional fields of each
	answer func(fields map[string]any) (status int, message string)
}

func (s *script) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	b, _ := io.ReadAll(r.Body)
	fields := map[string]any{}
	_ = json.Unmarshal(b, &fields)
	held := slices.DeleteFunc(slices.Sorted(maps.Keys(fields)), func(f string) bool { return !slices.Contains(optionalFields, f) })
	s.mu.Lock()
	s.bodies = append(s.bodies, strings.Join(held, " "))
	s.mu.Unlock()
	status, message := s.answer(fields)
	if message != "" {
		answerWith(status, `{"error":{"type":"validation_error","message":"`+message+`"}}`)(w, r)
		return
	}
	answerWith(status, `{"data":{"id":"i"}}`)(w, r)
}

type drops struct {
	mu     sync.Mutex
	fields []string
}

func (d *drops) add(field string, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.fields = append(d.fields, field)
	if Classify(err) != Refused {
		d.fields = append(d.fields, "for a wrong reason")
	}
}

func TestARefusedOptionalFieldIsLeftOut(t *testing.T) {
	for _, field := range optionalFields {
		for _, status := range []int{http.StatusBadRequest, http.StatusUnprocessableEntity} {
			t.Run(field, func(t *testing.T) {
				s := &script{answer: func(fields map[string]any) (int, string) {
					if fields[field] != nil {
						return status, "Unknown field: " + field
					}
					return http.StatusCreated, ""
				}}
				var dropped drops
				c := serve(t, s.ServeHTTP, WithFieldDropped(dropped.add))
				_, err := c.Create(t.Context(), full)
				require.NoError(t, err)
				assert.Len(t, s.bodies, 2, "sent again at once")
				assert.NotContains(t, strings.Fields(s.bodies[1]), field)
				assert.Len(t, strings.Fields(s.bodies[1]), len(optionalFields)-1)
				assert.Equal(t, []string{field}, dropped.fields)

				_, err = c.Update(t.Context(), "i", full)
				require.NoError(t, err)
				assert.Len(t, s.bodies, 3, "left out from the start")
				assert.Equal(t, s.bodies[1], s.bodies[2])
				assert.Len(t, dropped.fields, 1, "said once")
			})
		}
	}
}

func TestAnAPIThatTakesNoOptionalField(t *testing.T) {
	s := &script{answer: func(fields map[string]any) (int, string) {
		for _, f := range optionalFields {
			if fields[f] != nil {
				return http.StatusBadRequest, f + " is not allowed"
			}
		}
		return http.StatusCreated, ""
	}}
	var dropped drops
	c := serve(t, s.ServeHTTP, WithFieldDropped(dropped.add))
	_, err := c.Create(t.Context(), full)
	require.NoError(t, err)
	assert.Len(t, s.bodies, len(optionalFields)+1)
	assert.Equal(t, optionalFields, dropped.fields)
}

// The allowed fields that a message lists are not what is wrong.
func TestTheFirstNamedFieldGoesFirst(t *testing.T) {
	s := &script{answer: func(fields map[string]any) (int, string) {
		if fields["labels"] != nil {
			return http.StatusBadRequest, "unknown field labels, allowed: title, source, tags"
		}
		return http.StatusCreated, ""
	}}
	var dropped drops
	_, err := serve(t, s.ServeHTTP, WithFieldDropped(dropped.add)).Create(t.Context(), full)
	require.NoError(t, err)
	assert.Equal(t, []string{"labels"}, dropped.fields)
}

func TestWhatDoesNotNameAFieldDropsNone(t *testing.T) {
	for name, tt := range map[string]struct {
		status  int
		message string
		w       Write
	}{
		"another field":          {http.StatusBadRequest, "title is required", full},
		"part of a word":         {http.StatusBadRequest, "source_id and resource are unknown, so is hashtags", full},
		"a field not sent":       {http.StatusBadRequest, "labels is unknown", Write{Title: "t"}},
		"another status":         {http.StatusForbidden, "labels is unknown", full},
		"a failure, no refusal":  {http.StatusInternalServerError, "labels is unknown", full},
		"too large":              {http.StatusRequestEntityTooLarge, "tags too large", full},
		"an answer without text": {http.StatusBadRequest, " ", full},
	} {
		t.Run(name, func(t *testing.T) {
			s := &script{answer: func(map[string]any) (int, string) { return tt.status, tt.message }}
			var dropped drops
			_, err := serve(t, s.ServeHTTP, WithFieldDropped(dropped.add)).Create(t.Context(), tt.w)
			require.Error(t, err)
			assert.Len(t, s.bodies, 1)
			assert.Empty(t, dropped.fields)
		})
	}
}

// A message may quote a title with such a word in it; leaving the field out then changes nothing, and is not kept.
func TestAFieldThatWasNotTheReasonStays(t *testing.T) {
	s := &script{answer: func(fields map[string]any) (int, string) {
		if fields["title"] == "source and tags" {
			return http.StatusBadRequest, "title 'source and tags' is too short"
		}
		return http.StatusCreated, ""
	}}
	var dropped drops
	c := serve(t, s.ServeHTTP, WithFieldDropped(dropped.add))
	w := full
	w.Title = "source and tags"
	_, err := c.Create(t.Context(), w)
	requireClass(t, err, Refused)
	assert.Len(t, s.bodies, 3)
	assert.Empty(t, dropped.fields)

	_, err = c.Create(t.Context(), full)
	require.NoError(t, err)
	assert.Len(t, strings.Fields(s.bodies[3]), len(optionalFields), "the next incident has them all")
}

func TestDropsAreSafeAndSaidOnceUnderConcurrency(t *testing.T) {
	s := &script{answer: func(fields map[string]any) (int, string) {
		for _, f := range []string{"labels", "source"} {
			if fields[f] != nil {
				return http.StatusBadRequest, f
			}
		}
		return http.StatusCreated, ""
	}}
	var dropped drops
	c := serve(t, s.ServeHTTP, WithFieldDropped(dropped.add))
	var wg sync.WaitGroup
	for range 16 {
		wg.Go(func() {
			_, err := c.Create(t.Context(), full)
			assert.NoError(t, err)
		})
	}
	wg.Wait()
	assert.ElementsMatch(t, []string{"labels", "source"}, dropped.fields)
	assert.Len(t, full.Labels, 1, "what the caller holds is not touched")
}
