// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package alert24

import (
	"context"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/alert24/otelcol-alert24/internal/incident"
	"github.com/alert24/otelcol-alert24/internal/protocol"
)

func TestADryRunSaysWhatTheClientWouldSend(t *testing.T) {
	rec := recorder{body: `{"data":{"id":"i","status":"open"}}`}
	c := serve(t, rec.ServeHTTP, func(c *Config) { c.InitialStatus = "new" })
	var said []string
	d := NewDryRun(func(_ context.Context, call DryCall) {
		text := call.Method + " /api/v1" + call.Path
		if len(call.Body) > 0 {
			text += " " + string(call.Body)
		}
		said = append(said, text)
	}, Config{InitialStatus: "new"})
	for _, m := range []interface {
		Create(context.Context, Draft) (protocol.Answer, error)
		Read(context.Context, string) (protocol.Answer, error)
		Update(context.Context, string, Draft, protocol.FieldSet) (protocol.Answer, error)
		Close(context.Context, string, time.Time) (protocol.Answer, error)
		Reopen(context.Context, string) (protocol.Answer, error)
	}{c, d} {
		for _, do := range []func() (protocol.Answer, error){
			func() (protocol.Answer, error) { return m.Create(t.Context(), draft("A")) },
			func() (protocol.Answer, error) { return m.Read(t.Context(), "i") },
			func() (protocol.Answer, error) { return m.Update(t.Context(), "i", draft("A"), protocol.Full.Fields()) },
			func() (protocol.Answer, error) { return m.Update(t.Context(), "i", draft("A"), 0) },
			func() (protocol.Answer, error) { return m.Close(t.Context(), "i", boardNow) },
			func() (protocol.Answer, error) { return m.Reopen(t.Context(), "i") },
		} {
			a, err := do()
			require.NoError(t, err)
			assert.Equal(t, protocol.Done, a.Result)
		}
	}
	assert.Len(t, said, 5)
	assert.Equal(t, rec.seen, said)
}

func TestADryRunRemembersWhatItOpened(t *testing.T) {
	d := NewDryRun(func(context.Context, DryCall) {}, Config{Now: func() time.Time { return boardNow }})
	lookup := func() []protocol.Shown {
		all := make([]protocol.Answer, 2)
		d.Find(t.Context(), []Question{{Alias: "B"}, {Alias: "A", Depth: protocol.All}}, func(i int, a protocol.Answer, err error) {
			assert.NoError(t, err)
			all[i] = a
		})
		assert.Empty(t, all[0].Found)
		assert.Equal(t, protocol.Done, all[1].Result)
		assert.Equal(t, boardNow, all[1].Began)
		return all[1].Found
	}
	assert.Empty(t, lookup())
	first, err := d.Create(t.Context(), draft("A"))
	require.NoError(t, err)
	assert.False(t, first.Met)
	assert.Equal(t, first.Sent.Sent, first.Incident.Fields)
	assert.Equal(t, []protocol.Shown{first.Incident}, lookup())

	again, err := d.Create(t.Context(), draft("A"))
	require.NoError(t, err)
	assert.True(t, again.Met)
	assert.Equal(t, first.Incident, again.Incident)

	id := first.Incident.ID
	other := draft("A")
	other.Content.Severity = incident.Low
	other.Content.Title = "not in the set"
	updated, err := d.Update(t.Context(), id, other, protocol.SeverityOnly.Fields())
	require.NoError(t, err)
	want := first.Incident
	want.Fields[incident.FieldSeverity] = incident.HashText("low")
	assert.Equal(t, want, updated.Incident)
	read, err := d.Read(t.Context(), id)
	require.NoError(t, err)
	assert.Equal(t, want, read.Incident)
	l, err := d.Open(t.Context())
	require.NoError(t, err)
	assert.Equal(t, Listing{
		Ours: []Listed{{Tag: incident.AliasTag("A"), ID: id, CreatedAt: boardNow}}, IDs: map[string]bool{id: true},
	}, l)

	closed, err := d.Close(t.Context(), id, boardNow)
	require.NoError(t, err)
	assert.False(t, closed.Incident.Open)
	assert.Empty(t, lookup())
	reopened, err := d.Reopen(t.Context(), id)
	require.NoError(t, err)
	assert.True(t, reopened.Incident.Open)
	assert.Len(t, lookup(), 1)
	_, err = d.Close(t.Context(), id, boardNow)
	require.NoError(t, err)
	next, err := d.Create(t.Context(), draft("A"))
	require.NoError(t, err)
	assert.NotEqual(t, id, next.Incident.ID)
}

// A dry run over a ledger of before knows none of its incidents, and takes them for open.
func TestADryRunDoesNotKnowFormerIncidents(t *testing.T) {
	d := NewDryRun(func(context.Context, DryCall) {}, Config{})
	unknown, err := d.Read(t.Context(), "of-before")
	require.NoError(t, err)
	assert.Equal(t, protocol.Shown{ID: "of-before", Seen: true, Open: true}, unknown.Incident)
	var found [][]protocol.Shown
	d.Find(t.Context(), []Question{{Alias: "of-before", ID: "of-before"}}, func(_ int, a protocol.Answer, _ error) {
		found = append(found, a.Found)
	})
	assert.Equal(t, [][]protocol.Shown{{unknown.Incident}}, found)
}

func TestADryRunIsBounded(t *testing.T) {
	d := NewDryRun(func(context.Context, DryCall) {}, Config{})
	for i := range maxDryIncidents + 5 {
		d.keep(&dryIncident{strconv.Itoa(i), protocol.Shown{ID: "i" + strconv.Itoa(i)}})
	}
	assert.Len(t, d.byID, maxDryIncidents)
	assert.Len(t, d.open, maxDryIncidents)
	assert.Len(t, d.order, maxDryIncidents)
	assert.NotContains(t, d.open, "4")
	assert.Contains(t, d.open, "5")
}
