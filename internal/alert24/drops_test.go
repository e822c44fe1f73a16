// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package alert24

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/alert24/otelcol-alert24/internal/incident"
	"github.com/alert24/otelcol-alert24/internal/protocol"
)

// dropLog records the dropped fields as "alias field", in order.
type dropLog struct {
	mu   sync.Mutex
	seen []string
}

func (d *dropLog) add(x Dropped) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.seen = append(d.seen, x.Alias+" "+x.Field)
	if ResultOf(x.Err) != protocol.Refused {
		d.seen = append(d.seen, "for a wrong reason")
	}
}

// startScript returns a client whose creates hold all optional fields.
func startScript(t *testing.T, answer func(fields map[string]any) (status int, message string)) (*script, *dropLog, *Client) {
	t.Helper()
	s, d := &script{answer: answer}, &dropLog{}
	return s, d, serve(t, s.ServeHTTP, func(c *Config) { c.FieldDropped = d.add }, func(c *Config) { c.InitialStatus = "new" })
}

func TestAnUnknownFieldIsLeftOutForAll(t *testing.T) {
	for _, name := range optionalFields {
		for _, message := range []string{"Unknown field: " + name, name + " is not allowed", "unsupported property '" + name + "'"} {
			for _, status := range []int{http.StatusBadRequest, http.StatusUnprocessableEntity} {
				s, dropped, c := startScript(t, func(fields map[string]any) (int, string) {
					if fields[name] != nil {
						return status, message
					}
					return http.StatusCreated, ""
				})
				_, err := c.Create(t.Context(), draft("A"))
				require.NoError(t, err)
				assert.Len(t, s.bodies, 2, "sent again at once")
				assert.NotContains(t, strings.Fields(s.bodies[1]), name)
				assert.Len(t, strings.Fields(s.bodies[1]), len(optionalFields)-1)
				assert.Equal(t, []string{" " + name}, dropped.seen, message)

				_, err = c.Create(t.Context(), draft("B"))
				require.NoError(t, err)
				assert.Len(t, s.bodies, 3, "left out from the start")
				assert.Len(t, dropped.seen, 1, "said once")
			}
		}
	}
}

func TestAnAPIThatTakesNoOptionalField(t *testing.T) {
	s, dropped, c := startScript(t, func(fields map[string]any) (int, string) {
		for _, f := range optionalFields {
			if fields[f] != nil {
				return http.StatusBadRequest, f + " is not allowed"
			}
		}
		return http.StatusCreated, ""
	})
	_, err := c.Create(t.Context(), draft("A"))
	require.NoError(t, err)
	assert.Len(t, s.bodies, len(optionalFields)+1)
	assert.Len(t, dropped.seen, len(optionalFields))
}

// refuseValues refuses these values of affected_services.
func refuseValues(bad ...string) func(map[string]any) (int, string) {
	return func(fields map[string]any) (int, string) {
		if ids, ok := fields["affected_services"].([]any); ok && slices.Contains(bad, ids[0].(string)) {
			return http.StatusBadRequest, "affected_services: no service " + ids[0].(string)
		}
		return http.StatusCreated, ""
	}
}

func services(alias, id string) Draft {
	d := draft(alias)
	d.Content.AffectedServices = []string{id}
	return d
}

func TestAWrongValueIsLeftOutForItsIncident(t *testing.T) { //nolint:funlen // one table of cases
	update := func(t *testing.T, c *Client, d Draft) protocol.Answer {
		t.Helper()
		a, err := c.Update(t.Context(), "i", d, protocol.Fields(incident.FieldServices, incident.FieldSeverity))
		require.NoError(t, err)
		return a
	}
	create := func(t *testing.T, c *Client, d Draft) {
		t.Helper()
		_, err := c.Create(t.Context(), d)
		require.NoError(t, err)
	}
	both := protocol.Fields(incident.FieldServices, incident.FieldSeverity)
	for name, tt := range map[string]struct {
		do       func(t *testing.T, c *Client)
		requests int
		dropped  []string
	}{
		"updates go without it": {func(t *testing.T, c *Client) {
			t.Helper()
			create(t, c, services("A", "bad"))
			assert.Equal(t, both&^protocol.Fields(incident.FieldServices), update(t, c, services("A", "bad")).Wrote)
		}, 3, []string{"A affected_services"}},
		"another value is tried": {func(t *testing.T, c *Client) {
			t.Helper()
			create(t, c, services("A", "bad"))
			assert.Equal(t, both, update(t, c, services("A", "good")).Wrote)
		}, 3, []string{"A affected_services"}},
		"another alias has it": {func(t *testing.T, c *Client) {
			t.Helper()
			create(t, c, services("A", "bad"))
			create(t, c, services("B", "good"))
			assert.Equal(t, both, update(t, c, services("B", "good")).Wrote)
		}, 4, []string{"A affected_services"}},
		"the next incident tries it": {func(t *testing.T, c *Client) {
			t.Helper()
			create(t, c, services("A", "bad"))
			create(t, c, services("A", "bad"))
		}, 4, []string{"A affected_services", "A affected_services"}},
		"the same value of two aliases": {func(t *testing.T, c *Client) {
			t.Helper()
			create(t, c, services("A", "bad"))
			create(t, c, services("B", "bad"))
			create(t, c, services("C", "good"))
		}, 5, []string{"A affected_services", "B affected_services"}},
		"two values of two aliases": {func(t *testing.T, c *Client) {
			t.Helper()
			create(t, c, services("A", "bad"))
			create(t, c, services("B", "worse"))
			create(t, c, services("C", "good"))
		}, 5, []string{"A affected_services", " affected_services"}},
		"two values, but it was taken": {func(t *testing.T, c *Client) {
			t.Helper()
			create(t, c, services("C", "good"))
			create(t, c, services("A", "bad"))
			create(t, c, services("B", "worse"))
			assert.Equal(t, both, update(t, c, services("C", "good")).Wrote)
		}, 6, []string{"A affected_services", "B affected_services"}},
		"nothing else is to be written": {func(t *testing.T, c *Client) {
			t.Helper()
			for range 2 {
				a, err := c.Update(t.Context(), "i", services("A", "bad"), protocol.Fields(incident.FieldServices))
				require.NoError(t, err)
				assert.Equal(t, protocol.Answer{
					Result: protocol.Done, Incident: protocol.Shown{ID: "i"}, Sent: a.Sent,
				}, a)
			}
		}, 1, []string{"A affected_services"}},
	} {
		t.Run(name, func(t *testing.T) {
			s, dropped, c := startScript(t, refuseValues("bad", "worse"))
			tt.do(t, c)
			assert.Len(t, s.bodies, tt.requests)
			assert.Equal(t, tt.dropped, dropped.seen)
		})
	}
}

func TestAConstantFieldIsLeftOutForAllAtOnce(t *testing.T) {
	for _, name := range []string{"status", "source"} {
		s, dropped, c := startScript(t, func(fields map[string]any) (int, string) {
			if fields[name] != nil {
				return http.StatusBadRequest, "invalid " + name
			}
			return http.StatusCreated, ""
		})
		for _, alias := range []string{"A", "B"} {
			_, err := c.Create(t.Context(), draft(alias))
			require.NoError(t, err)
		}
		assert.Len(t, s.bodies, 3)
		assert.Equal(t, []string{" " + name}, dropped.seen)
	}
}

// A message may list the allowed fields. They are not the refused one.
func TestTheFirstNamedFieldGoesFirst(t *testing.T) {
	_, dropped, c := startScript(t, func(fields map[string]any) (int, string) {
		if fields["labels"] != nil {
			return http.StatusBadRequest, "unknown field labels, allowed: title, source, tags"
		}
		return http.StatusCreated, ""
	})
	_, err := c.Create(t.Context(), draft("A"))
	require.NoError(t, err)
	assert.Equal(t, []string{" labels"}, dropped.seen)
}

func TestWhatDoesNotNameAFieldDropsNone(t *testing.T) {
	plain := Draft{Alias: "A", Content: incident.Content{Title: "t"}}
	for name, tt := range map[string]struct {
		status  int
		message string
		d       Draft
	}{
		"another field":          {http.StatusBadRequest, "title is required", draft("A")},
		"part of a word":         {http.StatusBadRequest, "source_id and resource are unknown, so is hashtags", draft("A")},
		"a field not sent":       {http.StatusBadRequest, "labels is unknown", plain},
		"another status":         {http.StatusForbidden, "labels is unknown", draft("A")},
		"a failure, no refusal":  {http.StatusInternalServerError, "labels is unknown", draft("A")},
		"too large":              {http.StatusRequestEntityTooLarge, "tags too large", draft("A")},
		"an answer without text": {http.StatusBadRequest, " ", draft("A")},
	} {
		t.Run(name, func(t *testing.T) {
			s, dropped, c := startScript(t, func(map[string]any) (int, string) { return tt.status, tt.message })
			_, err := c.Create(t.Context(), tt.d)
			require.Error(t, err)
			assert.Len(t, s.bodies, 1)
			assert.Empty(t, dropped.seen)
		})
	}
}

// A message may quote a title that contains such a word. Then leaving out the field changes nothing, and the client does not
// remember it.
func TestAFieldThatWasNotTheReasonStays(t *testing.T) {
	s, dropped, c := startScript(t, func(fields map[string]any) (int, string) {
		if fields["title"] == "source and tags" {
			return http.StatusBadRequest, "title 'source and tags' is too short"
		}
		return http.StatusCreated, ""
	})
	d := draft("A")
	d.Content.Title = "source and tags"
	_, err := c.Create(t.Context(), d)
	requireResult(t, err, protocol.Refused)
	assert.Len(t, s.bodies, 3)
	assert.Empty(t, dropped.seen)

	_, err = c.Create(t.Context(), draft("A"))
	require.NoError(t, err)
	assert.Len(t, strings.Fields(s.bodies[3]), len(optionalFields), "the next incident has them all")
}

func TestDropsAreSafeAndSaidOnceUnderConcurrency(t *testing.T) {
	_, dropped, c := startScript(t, func(fields map[string]any) (int, string) {
		for _, f := range []string{"labels", "source"} {
			if fields[f] != nil {
				return http.StatusBadRequest, "unknown field " + f
			}
		}
		return http.StatusCreated, ""
	})
	d := draft("A")
	var wg sync.WaitGroup
	for range 16 {
		wg.Go(func() {
			_, err := c.Create(t.Context(), d)
			assert.NoError(t, err)
		})
	}
	wg.Wait()
	assert.ElementsMatch(t, []string{" labels", " source"}, dropped.seen)
	assert.Len(t, d.Content.Labels, 1, "what the caller holds is not touched")
}

func TestDropsAreBounded(t *testing.T) {
	d := newDrops(nil)
	for i := range maxDropAliases + 10 {
		d.remember(strconv.Itoa(i), []refusal{{fieldServices, 1, nil}, {fieldAssignedTo, 2, nil}})
	}
	assert.Len(t, d.aliases, maxDropAliases)
	for _, values := range d.aliases {
		require.Equal(t, map[field]uint64{fieldServices: 1, fieldAssignedTo: 2}, values)
	}
}
