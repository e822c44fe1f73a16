// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package web

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/assert"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestPageHasItsOwnFilesAndTheSharedOnes(t *testing.T) {
	page := Page(fstest.MapFS{"web/index.html": {Data: []byte("own page")}, "web/base.css": {Data: []byte("own style")}})
	get := func(path string) (int, string) {
		w := httptest.NewRecorder()
		page.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, http.NoBody))
		return w.Code, w.Body.String()
	}
	for path, want := range map[string]string{"/": "own page", "/base.css": "own style", "/time.js": "export function clock", "/element.js": "export function element"} {
		code, body := get(path)
		assert.Equal(t, http.StatusOK, code, path)
		assert.Contains(t, body, want, path)
	}
	code, _ := get("/nothing")
	assert.Equal(t, http.StatusNotFound, code)
}

func TestPolicyIsStrict(t *testing.T) {
	h := http.Header{}
	SetHeaders(h)
	policy := h.Get("Content-Security-Policy")
	for _, closed := range []string{"default-src", "base-uri", "form-action", "frame-ancestors"} { // default-src does not stand in for the others
		assert.Contains(t, policy, closed+" 'none'")
	}
	assert.NotRegexp(t, `unsafe|\*|https?:|data:|blob:`, policy, "nothing comes from elsewhere")
	assert.Equal(t, "nosniff", h.Get("X-Content-Type-Options"))
	assert.Equal(t, "same-origin", h.Get("Cross-Origin-Resource-Policy"))
}
