// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package alert24_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/alert24/otelcol-alert24/internal/alert24"
)

func TestServicesAreReadPageByPage(t *testing.T) {
	for name, c := range map[string]struct {
		pages []string
		want  []alert24.Service
		err   string
	}{
		"two pages":            {[]string{`{"data": [{"id": "a", "name": "A"}], "meta": {"total": 2, "has_more": true}}`, `{"data": [{"id": "b", "name": "B"}], "meta": {"total": 2, "has_more": false}}`}, []alert24.Service{{ID: "a", Name: "A"}, {ID: "b", Name: "B"}}, ""},
		"a total alone":        {[]string{`{"data": [{"id": "a", "name": "A"}], "meta": {"total": 2}}`, `{"data": [{"id": 7, "name": "B"}], "meta": {"total": 2}}`}, []alert24.Service{{ID: "a", Name: "A"}, {ID: "7", Name: "B"}}, ""},
		"another envelope":     {[]string{`{"services": [{"id": "a", "name": "A"}]}`}, []alert24.Service{{ID: "a", Name: "A"}}, ""},
		"rows that say little": {[]string{`{"data": [{"id": "a"}, {"name": "B"}, {"id": "c", "name": ["C"]}], "meta": {"total": 3}}`}, nil, ""},
		"none":                 {[]string{`{"data": [], "meta": {"total": 0, "has_more": false}}`}, nil, ""},
		"an endless list":      {[]string{`{"data": [], "meta": {"total": 9, "has_more": true}}`}, nil, ""},
		"no list":              {[]string{`{"data": {}}`}, nil, "no list"},
		"a proxy's page":       {[]string{"<html>"}, nil, "not the JSON"},
	} {
		t.Run(name, func(t *testing.T) {
			asked := 0
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				assert.Equal(t, "/api/v1/services", r.URL.Path)
				assert.Equal(t, "100", r.URL.Query().Get("limit"))
				if asked > 0 {
					assert.Equal(t, "1", r.URL.Query().Get("offset"))
				}
				fmt.Fprint(w, c.pages[min(asked, len(c.pages)-1)])
				asked++
			}))
			defer server.Close()
			client, err := alert24.New(server.Client(), server.URL+"/api/v1", alert24.Config{})
			require.NoError(t, err)
			got, err := client.Services(t.Context())
			if c.err != "" {
				require.ErrorContains(t, err, c.err)
				return
			}
			require.NoError(t, err)
			assert.Equal(t, c.want, got)
			assert.Equal(t, len(c.pages), asked)
		})
	}
}

func TestErrorNamesTheURLWithoutItsQuery(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) }))
	defer server.Close()
	client, err := alert24.New(server.Client(), server.URL+"/api/v1", alert24.Config{})
	require.NoError(t, err)
	_, err = client.Services(t.Context())
	var e *alert24.Error
	require.ErrorAs(t, err, &e)
	assert.Equal(t, server.URL+"/api/v1/services", e.URL)
}
