// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package text

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxLinkBytes is what browsers and mail programs accept.
const maxLinkBytes = 2048

// Link returns s without surrounding white space if it is a URL that is safe to click and leads somewhere, else "". A safe URL is
// http or https, with a host name, on one line, without characters that reorder text.
func Link(s string) string {
	s = strings.TrimSpace(s)
	scheme, rest, _ := strings.Cut(s, "://")
	if !strings.EqualFold(scheme, "http") && !strings.EqualFold(scheme, "https") {
		return ""
	}
	if !hasHost(rest) || len(s) > maxLinkBytes || strings.ContainsFunc(s, noLink) {
		return ""
	}
	return s
}

// hasHost reports whether the rest of a URL begins with a host. A server that does not know its own name writes http://:9090/.
func hasHost(rest string) bool {
	host := rest
	if end := strings.IndexAny(rest, `/?#\`); end >= 0 {
		host = rest[:end]
	}
	host = host[strings.LastIndexByte(host, '@')+1:]
	if address, ok := strings.CutPrefix(host, "["); ok {
		return strings.IndexByte(address, ']') > 0
	}
	host, _, _ = strings.Cut(host, ":")
	return host != ""
}

func noLink(r rune) bool {
	if r < utf8.RuneSelf {
		return r <= ' ' || r == '\x7f'
	}
	return unicode.IsSpace(r) || unicode.IsControl(r) || reorders(r) || r == utf8.RuneError
}
