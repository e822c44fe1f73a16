// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package alertmanagerreceiver

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// signature verifies webhooks that are signed as Grafana does: with the hex HMAC-SHA256 of the body, or of "<Unix seconds>:<body>" with
// the seconds in a separate header.
// Source: https://github.com/grafana/alerting/blob/main/http/hmac.go
type signature struct {
	cfg *HMACConfig
	now func() time.Time
}

// key returns the secret without the white space around it: a file often ends with a newline.
func (c *HMACConfig) key() []byte { return []byte(strings.TrimSpace(string(c.Secret))) }

// verify returns nil if the owner of the secret signed the body within the tolerance. A signed webhook can be replayed within the
// tolerance, and forever without a timestamp_header.
func (s *signature) verify(header http.Header, body []byte) error {
	given, err := hex.DecodeString(header.Get(s.cfg.Header))
	if err != nil || len(given) != sha256.Size {
		return errNoSignature
	}
	mac := hmac.New(sha256.New, s.cfg.key())
	if s.cfg.TimestampHeader != "" {
		sent := header.Get(s.cfg.TimestampHeader)
		seconds, err := strconv.ParseInt(sent, 10, 64)
		if err != nil {
			return errNoTimestamp
		}
		if age := s.now().Sub(time.Unix(seconds, 0)).Abs(); age > s.cfg.TimestampTolerance {
			return errOldTimestamp
		}
		_, _ = mac.Write([]byte(sent + ":"))
	}
	_, _ = mac.Write(body)
	if !hmac.Equal(given, mac.Sum(nil)) {
		return errWrongSignature
	}
	return nil
}
