// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package recordcmd

import (
	"bytes"
	"errors"
	"regexp"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
)

const redacted = "REDACTED"

// secrets match texts that must be removed. The first group stays.
var secrets = []*regexp.Regexp{
	regexp.MustCompile(`(://)[^/?#\s]+@`), // a user and password in a URL, also a password with an @
	regexp.MustCompile(`(?i)([?&](?:[\w-]*(?:token|secret|password|passwd|api_?key|access_?key|signature)|auth|key|sig)=)[^&\s#"']+`),
	regexp.MustCompile(`(?i)(\b(?:bearer|basic)\s+)[A-Za-z0-9._~+/=-]{20,}`),
	regexp.MustCompile(`\b(ak_[a-z]+_)[0-9A-Za-z]+`),
}

// redact returns a webhook without secrets. Everything else stays the same, including the order of the fields.
func redact(body []byte) ([]byte, error) {
	if !utf8.Valid(body) {
		body = bytes.ToValidUTF8(body, []byte("\uFFFD"))
	}
	dec := jsontext.NewDecoder(bytes.NewReader(body), jsontext.AllowDuplicateNames(true))
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
	for i, secret := range secrets {
		with := "${1}" + redacted
		if i == 0 {
			with += "@"
		}
		s = secret.ReplaceAllString(s, with)
	}
	return s
}
