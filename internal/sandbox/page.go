// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package sandbox

import (
	"embed"
	"net/http"

	"github.com/alert24/otelcol-alert24/internal/web"
)

//go:embed web
var files embed.FS

func page() http.Handler {
	serve := web.Page(files)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			// A client with a wrong base URL.
			http.Error(w, "404 page not found: the API is at "+BasePath, http.StatusNotFound)
			return
		}
		web.SetHeaders(w.Header())
		serve.ServeHTTP(w, r)
	})
}
