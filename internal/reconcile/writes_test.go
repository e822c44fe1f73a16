// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package reconcile

import (
	"errors"
	"net/http"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/alert24/otelcol-alert24/internal/alert24"
	"github.com/alert24/otelcol-alert24/internal/incident"
	"github.com/alert24/otelcol-alert24/internal/protocol"
)

// An answer that comes again and again for one incident alone may be due to its text. People are paged with less of it.
func TestAShortCreateWhereTheTextIsRejected(t *testing.T) {
	firewall := &fate{result: protocol.Denied, status: http.StatusForbidden}
	tooLarge := &fate{result: protocol.Unanswered, status: http.StatusRequestEntityTooLarge}
	for name, c := range map[string]struct {
		fate   *fate
		others bool // succeed
		short  bool
	}{
		"a firewall":             {firewall, false, true},
		"a proxy":                {tooLarge, false, true},
		"the API fails on it":    {fails, true, true},
		"the API fails":          {fails, false, false},
		"the key may not create": {&fate{result: protocol.Denied, status: http.StatusForbidden, api: true}, true, false},
		"no answer":              {&fate{result: protocol.Unanswered}, true, true},
		"nothing is answered":    {&fate{result: protocol.Unanswered}, false, false},
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, options{}, func(w *world) {
				w.fate(func(op, a string) *fate {
					if op == opCreate && a == alias && len(w.log) > 0 && !w.log[len(w.log)-1].short {
						return c.fate
					}
					return nil
				})
				w.fire(alias, incident.Critical, "'; DROP TABLE incidents; --")
				pass(moment)
				if c.others {
					w.fire("other", incident.Low, "something else")
				}
				pass(time.Minute)
				if !c.short {
					assert.Empty(t, w.open(alias))
					return
				}
				require.Len(t, w.open(alias), 1, "people are paged")
				creates := w.requests(opCreate, alias)
				for i, q := range creates {
					assert.Equal(t, i == len(creates)-1, q.short, "create %d", i+1)
				}
				assert.LessOrEqual(t, len(creates), 5)
				assert.Less(t, creates[len(creates)-1].at.Sub(creates[0].at), 20*time.Second)
				assert.Len(t, w.requests(opUpdate, alias), 1, "the rest of the text follows")
			})
		})
	}
}

// A firewall may let a request with a certain text hang. People are paged nevertheless, and a severity that rises is written.
func TestATextOnWhichRequestsHang(t *testing.T) {
	inWorld(t, options{}, func(w *world) {
		w.fate(func(op, a string) *fate {
			last := &w.log[len(w.log)-1]
			if a == alias && (op == opCreate && !last.short || op == opUpdate && last.fields.Has(incident.FieldTitle)) {
				return hangs
			}
			return nil
		})
		w.fire(alias, incident.High, "'; DROP TABLE incidents; --")
		pass(timeout + moment)
		w.fire("other", incident.High, "something else")
		pass(2 * time.Minute)
		require.Len(t, w.open(alias), 1)
		assert.LessOrEqual(t, len(w.requests(opCreate, alias)), 5)
		w.fire(alias, incident.Critical, "'; DROP TABLE incidents; -- critical")
		pass(timeout + moment)
		w.fire("other", incident.High, "something new")
		pass(time.Minute)
		assert.Equal(t, incident.HashText("critical"), w.open(alias)[0].Fields[incident.FieldSeverity])
	})
}

func TestWhatBlamesTheContent(t *testing.T) {
	for _, c := range []struct {
		result         protocol.Result
		err            error
		content, proxy bool
	}{
		{protocol.Unanswered, errors.New("no route"), false, false},
		{protocol.Unanswered, &alert24.Error{}, true, false},
		{protocol.NotSent, &alert24.Error{}, false, false},
		{protocol.Unanswered, &alert24.Error{Status: http.StatusOK}, false, false},
		{protocol.Unanswered, &alert24.Error{Status: http.StatusInternalServerError, FromAPI: true}, true, false},
		{protocol.Unanswered, &alert24.Error{Status: http.StatusBadGateway}, true, false},
		{protocol.Unanswered, &alert24.Error{Status: http.StatusBadRequest}, true, true},
		{protocol.Unanswered, &alert24.Error{Status: http.StatusConflict, FromAPI: true}, false, false},
		{protocol.Unanswered, &alert24.Error{Status: http.StatusNotFound}, false, false},
		{protocol.Unanswered, &alert24.Error{Status: http.StatusProxyAuthRequired}, false, false},
		{protocol.Refused, &alert24.Error{Status: http.StatusBadRequest, FromAPI: true}, false, false},
		{protocol.Denied, &alert24.Error{Status: http.StatusForbidden}, true, true},
		{protocol.Denied, &alert24.Error{Status: http.StatusForbidden, FromAPI: true}, false, false},
		{protocol.Denied, &alert24.Error{Status: http.StatusUnauthorized}, false, false},
		{protocol.NotSent, &alert24.Error{Status: http.StatusTooManyRequests}, false, false},
	} {
		content, proxy := blames(c.result, c.err)
		assert.Equal(t, c.content, content, "%v", c.err)
		assert.Equal(t, c.proxy, proxy, "%v", c.err)
	}
}

func note(u *writeRecord, alias string, r protocol.Result, status int) bool {
	return u.note(alias, r, &alert24.Error{Result: r, Status: status}, true)
}

func TestWritesThatFailWhileOthersSucceed(t *testing.T) {
	const down = http.StatusInternalServerError
	var u writeRecord
	assert.False(t, note(&u, "b", protocol.Done, 0))
	assert.False(t, note(&u, "a", protocol.Unanswered, down), "a success before the first failure says nothing")
	assert.False(t, note(&u, "a", protocol.Unanswered, down))
	note(&u, "b", protocol.Done, 0)
	assert.False(t, note(&u, "a", protocol.NotSent, 0), "it was not sent")
	assert.False(t, note(&u, "a", protocol.Unanswered, http.StatusOK))
	assert.True(t, note(&u, "a", protocol.Unanswered, 0))
	assert.True(t, note(&u, "a", protocol.Unanswered, down))
	assert.True(t, note(&u, "a", protocol.Unanswered, http.StatusBadGateway))
	note(&u, "a", protocol.Done, 0)
	assert.False(t, note(&u, "a", protocol.Unanswered, down), "its own success ends the row")
	note(&u, "a", protocol.Refused, http.StatusBadRequest)
	assert.False(t, note(&u, "a", protocol.Unanswered, down), "only another alias's success counts")
}

func TestAProxyThatRejectsAllBlamesNoContent(t *testing.T) {
	rejected := &alert24.Error{Result: protocol.Denied, Status: http.StatusForbidden}
	var u writeRecord
	assert.False(t, u.note("a", protocol.Denied, rejected, false))
	assert.False(t, u.note("a", protocol.Denied, rejected, false), "it rejects reads, too")
	assert.True(t, u.note("a", protocol.Denied, rejected, true))
}

func TestASuccessOfItsOwnHidesNoOther(t *testing.T) {
	const down = http.StatusInternalServerError
	var u writeRecord
	note(&u, "a", protocol.Unanswered, down)
	note(&u, "b", protocol.Done, 0)
	note(&u, "c", protocol.Unanswered, down)
	note(&u, "c", protocol.Done, 0)
	note(&u, "c", protocol.Done, 0)
	assert.True(t, note(&u, "a", protocol.Unanswered, down))
	assert.Equal(t, "b", u.other.alias)
}

// An incident may close without another update. The next one with its alias may come weeks later, when the API fails for all.
func TestAFailureOfLongAgoSaysNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const down = http.StatusServiceUnavailable
		var u writeRecord
		note(&u, "a", protocol.Unanswered, down)
		note(&u, "b", protocol.Done, 0)
		time.Sleep(time.Hour)
		assert.True(t, note(&u, "a", protocol.Unanswered, down), "tries may be an hour apart")
		time.Sleep(maxGap)
		assert.True(t, note(&u, "a", protocol.Unanswered, down))
		time.Sleep(maxGap + time.Second)
		assert.False(t, note(&u, "a", protocol.Unanswered, down))
		assert.False(t, note(&u, "a", protocol.Unanswered, down))
	})
}

func TestFailingWritesAreBounded(t *testing.T) {
	var u writeRecord
	for i := range 3 * maxFailing {
		note(&u, strconv.Itoa(i), protocol.Unanswered, http.StatusInternalServerError)
	}
	assert.Len(t, u.failing, maxFailing)
	for i := 2 * maxFailing; i < 3*maxFailing; i++ {
		assert.Contains(t, u.failing, strconv.Itoa(i), "the latest are kept")
	}
}
