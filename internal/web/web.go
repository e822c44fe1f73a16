// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

// Package web serves pages made of their own files and of the files in shared: colours, times, elements. A page loads nothing from
// elsewhere, and text from alerts never becomes markup.
package web

import (
	"embed"
	"errors"
	"io/fs"
	"net/http"
)

//go:embed shared
var shared embed.FS

// Policy allows a page only files from its own origin, and requests to it.
const Policy = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; " +
	"base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// SetHeaders restricts what the page may do in a browser.
func SetHeaders(h http.Header) {
	h.Set("Content-Security-Policy", Policy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Cache-Control", "no-cache")
}

// Page serves the files in the folder web of own, and the shared files.
func Page(own fs.FS) http.Handler {
	return http.FileServerFS(both{sub(own, "web"), sub(shared, "shared")})
}

func sub(whole fs.FS, folder string) fs.FS {
	files, err := fs.Sub(whole, folder)
	if err != nil {
		panic(err) // the folder is compiled in
	}
	return files
}

// both has the files of two folders. A file in the first one wins.
type both struct{ first, second fs.FS }

// Open implements fs.FS.
func (b both) Open(name string) (fs.File, error) {
	f, err := b.first.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return b.second.Open(name)
	}
	return f, err
}
