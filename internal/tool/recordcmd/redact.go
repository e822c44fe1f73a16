// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package recordcmd

import (
	"bytes"
	"errors"
	"regexp"

	"github.com/go-json-experiment/json/jsontext"
)

// secrets match texts that must be removed. The groups stay.
var secrets = []*regexp.Regexp{
	regexp.MustCompile(`(?i)((?:token|secret|password|passwd|api[_-]?key|access[_-]?key|signature|authorization)["']?\s*[:=]\s*["']?(?:(?:bearer|basic)\s+)?)[^&\s#"']+`),
	regexp.MustCompile(`(?i)([?&](?:auth|key|sig)=)[^&\s#"']+`),
	regexp.MustCompile(`(://)[^/?#\s]+(@)`),                           // a user and password in a URL, also a password with an @
	regexp.MustCompile(`(/api/(?:hb|webhooks/incoming)/)[^/?#\s"']+`), // the tokens in Alert24's URLs
	regexp.MustCompile(`(hooks\.slack\.com/(?:services|workflows|triggers)/|discord(?:app)?\.com/api/webhooks/)[^?#\s"']+`),
	regexp.MustCompile(`\b(gh[a-z]_|github_pat_|gl(?:sa|c)_|glpat-|xox[a-z]-)[0-9A-Za-z_-]{10,}`), // GitHub, Grafana, GitLab, Slack
	regexp.MustCompile(`\beyJ[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*`),                     // a JSON web token
	regexp.MustCompile(`(?i)(\b(?:bearer|basic)\s+)[A-Za-z0-9._~+/=-]{20,}`),
	regexp.MustCompile(`\b(ak_[a-z]+_)[0-9A-Za-z]+`),
}

// redact returns a webhook without secrets. Everything else stays the same, including the order of the fields.
func redact(body []byte) ([]byte, error) {
	dec := jsontext.NewDecoder(bytes.NewReader(bytes.ToValidUTF8(body, []byte("\uFFFD"))), jsontext.AllowDuplicateNames(true))
	var out bytes.Buffer
	enc := jsontext.NewEncoder(&out, jsontext.AllowDuplicateNames(true), jsontext.WithIndent("  "))
	for {
		token, err := dec.ReadToken()
		if err != nil {
			return nil, errors.New("the webhook is not JSON")
		}
		if token.Kind() == '"' {
			token = jsontext.String(clean(token.String()))
		}
		if err := enc.WriteToken(token); err != nil {
			return nil, errors.New("the webhook is not JSON")
		}
		if dec.StackDepth() == 0 {
			return out.Bytes(), nil
		}
	}
}

// clean replaces text that looks like a secret.
func clean(s string) string {
	for _, secret := range secrets {
		s = secret.ReplaceAllString(s, "${1}REDACTED${2}")
	}
	return s
}
