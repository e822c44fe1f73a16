// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package reconcile

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/alert24/otelcol-alert24/internal/protocol"
)

func TestUpdatesThatFailWhileOthersSucceed(t *testing.T) {
	const down = http.StatusInternalServerError
	var u updateRecord
	assert.False(t, u.note("b", protocol.Done, 0))
	assert.False(t, u.note("a", protocol.Unanswered, down), "a success before the first failure says nothing")
	assert.False(t, u.note("a", protocol.Unanswered, down))
	u.note("b", protocol.Done, 0)
	assert.False(t, u.note("a", protocol.Unanswered, 0), "no answer is no error of the server")
	assert.False(t, u.note("a", protocol.Unanswered, http.StatusOK))
	assert.True(t, u.note("a", protocol.Unanswered, down))
	assert.True(t, u.note("a", protocol.Unanswered, http.StatusBadGateway))
	u.note("a", protocol.Done, 0)
	assert.False(t, u.note("a", protocol.Unanswered, down), "its own success ends the row")
	u.note("a", protocol.Refused, http.StatusBadRequest)
	assert.False(t, u.note("a", protocol.Unanswered, down), "only another alias's success counts")
}

func TestASuccessOfItsOwnHidesNoOther(t *testing.T) {
	const down = http.StatusInternalServerError
	var u updateRecord
	u.note("a", protocol.Unanswered, down)
	u.note("b", protocol.Done, 0)
	u.note("c", protocol.Unanswered, down)
	u.note("c", protocol.Done, 0)
	u.note("c", protocol.Done, 0)
	assert.True(t, u.note("a", protocol.Unanswered, down))
	assert.Equal(t, "b", u.other.alias)
}

func TestFailingUpdatesAreBounded(t *testing.T) {
	var u updateRecord
	for i := range 3 * maxFailing {
		u.note(fmt.Sprint(i), protocol.Unanswered, http.StatusInternalServerError)
	}
	assert.Len(t, u.failing, maxFailing)
	assert.Contains(t, u.failing, fmt.Sprint(3*maxFailing-1))
	assert.NotContains(t, u.failing, "0")
}
