// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package alert24

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/alert24/otelcol-alert24/internal/protocol"
)

func TestRetryAfter(t *testing.T) {
	now := time.Date(2026, 3, 19, 14, 30, 0, 0, time.UTC)
	at := func(d time.Duration) string { return now.Add(d).Format(http.TimeFormat) }
	for _, tt := range []struct {
		name, value, date string
		want              time.Duration
	}{
		{name: "absent"},
		{name: "seconds", value: "120", want: 2 * time.Minute},
		{name: "with spaces", value: " 5 ", want: 5 * time.Second},
		{name: "zero", value: "0"},
		{name: "negative", value: "-5"},
		{name: "signed", value: "+5"},
		{name: "fraction", value: "1.5"},
		{name: "with a unit", value: "5s"},
		{name: "an hour", value: "3600", want: time.Hour},
		{name: "a day", value: "86400", want: time.Hour},
		{name: "more than fits", value: "99999999999999999999999", want: time.Hour},
		{name: "words", value: "soon"},
		{name: "date", value: at(90 * time.Second), want: 90 * time.Second},
		{name: "RFC 850 date", value: "Thursday, 19-Mar-26 14:31:00 GMT", want: time.Minute},
		{name: "date that is past", value: at(-time.Minute)},
		{name: "date far ahead", value: at(48 * time.Hour), want: time.Hour},
		{name: "date by the server's clock", value: at(10*time.Minute + 5*time.Second), date: at(10 * time.Minute), want: 5 * time.Second},
		{name: "server's clock is junk", value: at(5 * time.Second), date: "noon", want: 5 * time.Second},
		{name: "date in another form", value: "2026-03-19T14:31:00Z"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := http.Header{}
			if tt.value != "" {
				h.Set("Retry-After", tt.value)
			}
			if tt.date != "" {
				h.Set("Date", tt.date)
			}
			assert.Equal(t, tt.want, retryAfter(h, now))
		})
	}
}

func TestTheClockIsTheClients(t *testing.T) {
	now := time.Date(2001, 1, 1, 0, 0, 0, 0, time.UTC)
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header()["Date"] = nil
		w.Header().Set("Retry-After", now.Add(time.Minute).Format(http.TimeFormat))
		answerWith(http.StatusServiceUnavailable, "")(w, r)
	}, func(c *Config) { c.Now = func() time.Time { return now } })
	_, err := c.Read(t.Context(), "i")
	assert.Equal(t, time.Minute, requireError(t, err, protocol.Incomplete).RetryAfter)
}

func FuzzRetryAfter(f *testing.F) {
	f.Add("120", "")
	f.Add("Thu, 19 Mar 2026 14:30:00 GMT", "Thu, 19 Mar 2026 14:29:00 GMT")
	f.Add("-1", "x")
	f.Fuzz(func(t *testing.T, value, date string) {
		d := retryAfter(http.Header{"Retry-After": {value}, "Date": {date}}, time.Unix(1773930600, 0))
		if d < 0 || d > maxRetryAfter {
			t.Fatalf("%s", d)
		}
	})
}
