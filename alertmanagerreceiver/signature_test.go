// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package alertmanagerreceiver

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"go.opentelemetry.io/collector/config/configoptional"
	"go.opentelemetry.io/collector/consumer/consumertest"
)

// These signatures come from another implementation: printf '…' | openssl dgst -sha256 -hmac secret.
const (
	signedBody      = "aa20be43283b26f0ade089e882dd3a4a1241b2290de1a49c830617878e40eb07"
	signedWithStamp = "bc68ebf60fe05e17728edc133beeadda60912b5e03f09c9f178423ddae702bac"
	stamp           = "1795466235"
)

func TestSignature(t *testing.T) {
	sent := time.Unix(1795466235, 0)
	plain := HMACConfig{Secret: "secret", Header: "X-Sig", TimestampTolerance: time.Minute}
	fromFile := plain
	fromFile.Secret = "secret\r\n"
	stamped := plain
	stamped.TimestampHeader = "X-Time"

	for _, tt := range []struct {
		name   string
		config HMACConfig
		header map[string]string
		body   string
		now    time.Time
		want   *refusal
	}{
		{"signed", plain, map[string]string{"X-Sig": signedBody}, good, sent, nil},
		{"with a secret from a file", fromFile, map[string]string{"X-Sig": signedBody}, good, sent, nil},
		{"in capitals", plain, map[string]string{"X-Sig": strings.ToUpper(signedBody)}, good, sent, nil},
		{"no signature", plain, nil, good, sent, errNoSignature},
		{"not hex", plain, map[string]string{"X-Sig": "sha256=" + signedBody}, good, sent, errNoSignature},
		{"too short", plain, map[string]string{"X-Sig": signedBody[:32]}, good, sent, errNoSignature},
		{"another body", plain, map[string]string{"X-Sig": signedBody}, good + " ", sent, errWrongSignature},
		{"another signature", plain, map[string]string{"X-Sig": signedWithStamp}, good, sent, errWrongSignature},

		{"with timestamp", stamped, map[string]string{"X-Sig": signedWithStamp, "X-Time": stamp}, good, sent, nil},
		{"just in time", stamped, map[string]string{"X-Sig": signedWithStamp, "X-Time": stamp}, good, sent.Add(time.Minute), nil},
		{"too late", stamped, map[string]string{"X-Sig": signedWithStamp, "X-Time": stamp}, good, sent.Add(time.Minute + 1), errOldTimestamp},
		{"from the future", stamped, map[string]string{"X-Sig": signedWithStamp, "X-Time": stamp}, good, sent.Add(-time.Minute - 1), errOldTimestamp},
		{"no timestamp", stamped, map[string]string{"X-Sig": signedBody}, good, sent, errNoTimestamp},
		{"a date", stamped, map[string]string{"X-Sig": signedBody, "X-Time": "today"}, good, sent, errNoTimestamp},
		{"an absurd timestamp", stamped, map[string]string{"X-Sig": signedBody, "X-Time": "9223372036854775807"}, good, sent, errOldTimestamp},
		{"another timestamp", stamped, map[string]string{"X-Sig": signedWithStamp, "X-Time": "1795466236"}, good, sent, errWrongSignature},
		{"signed without it", stamped, map[string]string{"X-Sig": signedBody, "X-Time": stamp}, good, sent, errWrongSignature},
	} {
		t.Run(tt.name, func(t *testing.T) {
			cfg := defaultConfig()
			cfg.HMAC = configoptional.Some(tt.config)
			sink := new(consumertest.LogsSink)
			h := handlerOf(t, cfg, sink)
			h.now = func() time.Time { return tt.now }

			r := httptest.NewRequest(http.MethodPost, defaultPath, strings.NewReader(tt.body))
			for name, value := range tt.header {
				r.Header.Set(name, value)
			}
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			if tt.want == nil {
				assert.Equal(t, http.StatusOK, w.Code, w.Body)
				assert.Equal(t, 1, sink.LogRecordCount())
				return
			}
			assert.Equal(t, http.StatusUnauthorized, w.Code)
			assert.Equal(t, tt.want.message+"\n", w.Body.String())
			assert.Zero(t, sink.LogRecordCount())
		})
	}
}
