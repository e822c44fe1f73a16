// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package sandbox_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/alert24/otelcol-alert24/internal/sandbox"
	"github.com/alert24/otelcol-alert24/internal/sandbox/sandboxtest"
)

func TestServices(t *testing.T) {
	s := sandboxtest.Start(t, sandbox.Options{})
	path := sandbox.BasePath + "/services"
	assert.JSONEq(t, `{"data": [], "meta": {"total": 0, "limit": 25, "offset": 0, "has_more": false}}`, send(t, s, http.MethodGet, path, "").body)
	s.SetServices(sandbox.Service{ID: "svc-1", Name: "API"}, sandbox.Service{ID: "svc-2", Name: "Shop", Status: "down"})
	assert.JSONEq(t, `{"data": [{"id": "svc-1", "name": "API", "status": "operational"}], "meta": {"total": 2, "limit": 1, "offset": 0, "has_more": true}}`,
		send(t, s, http.MethodGet, path+"?limit=1", "").body)
	assert.JSONEq(t, `{"data": [{"id": "svc-2", "name": "Shop", "status": "down"}], "meta": {"total": 2, "limit": 25, "offset": 1, "has_more": false}}`,
		send(t, s, http.MethodGet, path+"?offset=1", "").body)
	assert.Equal(t, http.StatusNoContent, send(t, s, http.MethodPut, "/_sandbox/services", `[{"id": "svc-3", "name": "Queue"}]`).status)
	assert.Contains(t, send(t, s, http.MethodGet, path, "").body, "svc-3")
	assert.Equal(t, http.StatusBadRequest, send(t, s, http.MethodPut, "/_sandbox/services", `{}`).status)
	assert.Equal(t, http.StatusMethodNotAllowed, send(t, s, http.MethodPost, path, "{}").status)
	s.SetKeys(map[string][]string{})
	assert.Equal(t, http.StatusUnauthorized, send(t, s, http.MethodGet, path, "").status)
}

// The bridge's pages link to an incident with the same addresses as Alert24.
func TestIncidentHasAnAddress(t *testing.T) {
	s := sandboxtest.Start(t, sandbox.Options{})
	b := openTab(t)
	id := create(t, s, "One")
	b.visit(s.Address+"/incidents/"+id, 1280, 800)
	b.until(`document.querySelector('.incident[data-id="` + id + `"]')?.open`)
}
