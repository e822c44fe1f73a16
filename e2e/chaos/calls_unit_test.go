// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package chaos

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

// TestReads: only reads after an update of the incident count.
func TestReads(t *testing.T) {
	c := &calls{}
	none, fault := c.texts.number(""), c.texts.number("503")
	for second, q := range []call{
		{method: http.MethodGet, status: http.StatusOK, fault: none},
		{method: http.MethodPut, status: http.StatusOK, fault: none},
		{method: http.MethodGet, status: http.StatusOK, fault: fault},
		{method: http.MethodGet, status: http.StatusOK, fault: none},
	} {
		q.target, q.at = "incident-0", at(second)
		c.all = append(c.all, q)
	}
	assert.Equal(t, map[string][]time.Time{"incident-0": {at(3)}}, c.reads())
}
