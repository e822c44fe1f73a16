// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package reconcile

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/alert24/otelcol-alert24/internal/incident"
	"github.com/alert24/otelcol-alert24/internal/protocol"
)

func TestAnUpdateLeavesWhatAPersonWrote(t *testing.T) {
	inWorld(t, options{}, func(w *world) {
		w.fire(alias, incident.High, "first")
		pass(moment)
		id := w.open(alias)[0].ID
		w.change(id, func(r *row) { r.Fields[incident.FieldTitle] = incident.HashText("a person's title") })
		w.fire(alias, incident.Critical, "second")
		pass(moment)
		require.Len(t, w.requests(opUpdate, alias), 1)
		assert.Equal(t, protocol.Fields(incident.FieldSeverity), w.requests(opUpdate, alias)[0].fields)
		assert.Equal(t, incident.HashText("a person's title"), w.open(alias)[0].Fields[incident.FieldTitle])
		assert.True(t, w.ledger.Get(alias).Written.Theirs.Has(incident.FieldTitle))
	})
}

// Each case is a result of the reading before an update.
func TestAnUpdateReadsFirst(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*row)
		read   *fate
		writes int // within a moment
		state  protocol.State
		lesson protocol.Lesson
		result protocol.Result
	}{
		"open":                            {nil, nil, 1, protocol.Open, protocol.Updated, protocol.Done},
		"says it already":                 {func(r *row) { r.Fields = incident.Hashes{} }, nil, 1, protocol.Open, protocol.Updated, protocol.Done},
		"closed by a person":              {func(r *row) { r.Open = false }, nil, 0, protocol.Closed, protocol.FoundClosed, protocol.Done},
		"gone":                            {nil, isGone, 0, protocol.Open, protocol.Retrying, protocol.Gone},
		"the key may not read":            {nil, forbidden, 1, protocol.Open, protocol.Updated, protocol.Done},
		"the key is not known":            {nil, denied, 0, protocol.Open, protocol.Retrying, protocol.Denied},
		"the reading fails":               {nil, fails, 0, protocol.Open, protocol.Retrying, protocol.NotSent},
		"the reading is refused":          {nil, refuses, 0, protocol.Open, protocol.Retrying, protocol.NotSent},
		"the API asks to come later":      {nil, &fate{result: protocol.NotSent, status: 429, retryAfter: time.Hour}, 0, protocol.Open, protocol.Retrying, protocol.NotSent},
		"the reading shows nothing of it": {func(r *row) { r.Seen = false }, nil, 1, protocol.Open, protocol.Updated, protocol.Done},
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, options{}, func(w *world) {
				w.ledger.policy.ReopenNever = true
				w.fire(alias, incident.High, "first")
				pass(moment)
				if c.change != nil {
					w.change(w.open(alias)[0].ID, c.change)
				}
				w.fate(always(opRead, alias, c.read))
				w.fire(alias, incident.High, "second")
				pass(moment)
				assert.Len(t, w.requests(opUpdate, alias), c.writes)
				e := w.ledger.Get(alias)
				assert.Equal(t, c.state, e.Incident.State)
				assert.False(t, e.Doubt.Set, "nothing is uncertain")
				assert.Equal(t, c.lesson, w.seen.now().lessons[1])
				last := w.seen.now().calls[2]
				assert.Equal(t, protocol.Update, last.kind)
				assert.Equal(t, c.result, last.result)
				assert.LessOrEqual(t, time.Until(w.ledger.Timed(alias).RetryAt), maxPagePause)
			})
		})
	}
}

// Each case is a result of the reading before a close that pages people again.
func TestARenewalReadsFirst(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*row)
		read   *fate
		closes int // within a moment
		state  protocol.State
	}{
		"open":                 {func(*row) {}, nil, 1, protocol.Open},
		"closed by a person":   {func(r *row) { r.Open = false }, nil, 0, protocol.Closed},
		"gone":                 {func(*row) {}, isGone, 0, protocol.Open},
		"the key may not read": {func(*row) {}, forbidden, 1, protocol.Open},
		"the reading fails":    {func(*row) {}, fails, 0, protocol.Open},
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, options{}, func(w *world) {
				w.ledger.policy.ReopenNever, w.ledger.policy.Renew = true, true
				w.fire(alias, incident.Low, "first")
				pass(moment)
				w.change(w.open(alias)[0].ID, c.change)
				w.fate(always(opRead, alias, c.read))
				w.fire(alias, incident.High, "second")
				pass(moment)
				assert.Len(t, w.requests(opClose, alias), c.closes)
				assert.Len(t, w.requests(opCreate, alias), 1+c.closes)
				assert.Equal(t, c.state, w.ledger.Get(alias).Incident.State)
				failed := slices.ContainsFunc(w.seen.now().calls, func(c called) bool { return c.kind == protocol.Close && c.err != nil })
				assert.Equal(t, c.read != nil && c.closes == 0, failed, "a reading that fails is reported")
			})
		})
	}
}

func TestAnUpdateWithoutNeedWritesNothing(t *testing.T) {
	inWorld(t, options{}, func(w *world) {
		w.fire(alias, incident.High, "first")
		pass(moment)
		w.ledger.apply(firing(alias, incident.High, "second"))
		_, want := w.ledger.Content(w.ledger.Get(alias))
		w.change(w.open(alias)[0].ID, func(r *row) { r.Fields = want.Sent })
		w.loop.Notify(w.t.Context(), alias)
		pass(moment)
		assert.Len(t, w.requests(opRead, alias), 1)
		assert.Empty(t, w.requests(opUpdate, alias))
		pass(time.Minute)
		assert.Len(t, w.requests(opRead, alias), 1, "it is not asked again")
	})
}

func TestFewerFieldsForAnAPIThatCannotDigestAll(t *testing.T) {
	inWorld(t, options{}, func(w *world) {
		for _, a := range []string{alias, "other"} {
			w.fire(a, incident.High, "first")
		}
		pass(moment)
		w.fate(always(opUpdate, alias, fails))
		w.fire(alias, incident.High, "second")
		pass(5 * time.Second)
		assert.Equal(t, protocol.Full, w.ledger.Timed(alias).Form, "perhaps the API is down")
		w.fire("other", incident.High, "second")
		pass(15 * time.Minute)
		assert.NotEqual(t, protocol.Full, w.ledger.Timed(alias).Form)
		assert.Contains(t, w.seen.now().lessons, protocol.FewerFields)
	})
}

// An API that reads from copies of its database may not have the incident yet.
func TestWhatIsNotThereIsReadOnceMore(t *testing.T) {
	for name, there := range map[string]bool{"it comes": true, "it was removed": false} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, options{}, func(w *world) {
				w.fire(alias, incident.High, "first")
				pass(moment)
				w.fate(always(opRead, alias, isGone))
				w.fire(alias, incident.High, "second")
				pass(moment)
				require.Len(t, w.requests(opCreate, alias), 1, "perhaps it is there")
				if there {
					w.fate(nil)
				} else {
					w.change(w.open(alias)[0].ID, func(r *row) { r.Open = false })
				}
				pass(3 * time.Second)
				require.Len(t, w.open(alias), 1)
				assert.Equal(t, incident.HashText("second"), w.open(alias)[0].Fields[incident.FieldTitle])
				assert.Equal(t, there, len(w.requests(opCreate, alias)) == 1)
				assert.Equal(t, there, len(w.requests(opUpdate, alias)) == 1)
			})
		})
	}
}

// A key that may not read cannot tell whether the incident is there. Its alert must not stay without one.
func TestWhatCannotBeReadIsRemovedAfterTheSecond404(t *testing.T) {
	inWorld(t, options{}, func(w *world) {
		w.fire(alias, incident.High, "first")
		pass(moment)
		w.change(w.open(alias)[0].ID, func(r *row) { r.Open = false })
		w.fate(func(op, _ string) *fate {
			switch op {
			case opRead:
				return forbidden
			case opUpdate:
				return isGone
			default:
				return nil
			}
		})
		w.fire(alias, incident.High, "second")
		pass(moment)
		require.Len(t, w.requests(opCreate, alias), 1, "perhaps it is there")
		pass(10 * time.Second)
		assert.Len(t, w.open(alias), 1)
	})
}
