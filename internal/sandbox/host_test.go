// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package sandbox_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/alert24/otelcol-alert24/internal/sandbox"
	"github.com/alert24/otelcol-alert24/internal/sandbox/sandboxtest"
)

// TestAdminUnderAnotherName: a web page whose name leads to this machine has the sandbox's own origin.
func TestAdminUnderAnotherName(t *testing.T) {
	here, anywhere := sandboxtest.Start(t, sandbox.Options{}), sandboxtest.Start(t, sandbox.Options{AnyHost: true})
	status := func(s *sandboxtest.Sandbox, method, path, host string) int {
		r, err := http.NewRequestWithContext(t.Context(), method, s.Address+path, http.NoBody)
		require.NoError(t, err)
		r.Host = host
		r.Header.Set("Sec-Fetch-Site", "same-origin")
		return do(t, client(t), r).status
	}
	for _, host := range []string{"localhost:8024", "127.0.0.1", "[::1]:8024"} {
		assert.Equal(t, http.StatusNoContent, status(here, http.MethodPost, "/_sandbox/reset", host), host)
	}
	assert.Equal(t, http.StatusForbidden, status(here, http.MethodPost, "/_sandbox/reset", "evil.example.com:8024"))
	assert.Equal(t, http.StatusForbidden, status(here, http.MethodGet, "/_sandbox/events", "evil.example.com"))
	assert.Equal(t, http.StatusUnauthorized, status(here, http.MethodGet, "/api/v1/incidents", "alert24.example.com"), "the API has keys")
	assert.Equal(t, http.StatusNoContent, status(anywhere, http.MethodPost, "/_sandbox/reset", "sandbox.example.com"))
}
