// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package incident

import (
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/alert24/otelcol-alert24/internal/labels"
)

// Packed is an Alert in little memory, for those that are kept: most of what an alert says is needed only when its
// incident is written. It never changes; its fields are those of the Alert. As JSON it is the Alert.
type Packed struct {
	Fingerprint string
	Severity    Severity
	StartsAt    time.Time
	// LeftOpen: when the alert ends, a person closes its incident.
	LeftOpen bool

	rest string // JSON object of the other fields
}

// Pack packs a. Text that is not UTF-8 is mended.
func Pack(a *Alert) Packed {
	var buffer [2048]byte
	return Packed{
		Fingerprint: mended(a.Fingerprint), Severity: a.Severity, StartsAt: a.StartsAt, LeftOpen: !ResolvesByItself(a.Annotations),
		rest: string(a.appendRest(buffer[:0])),
	}
}

// mended returns s with U+FFFD for each byte that is not UTF-8, as JSON has it.
func mended(s string) string {
	return strings.Map(func(r rune) rune { return r }, s)
}

// Unpack returns the alert.
func (p *Packed) Unpack() Alert {
	var a Alert
	// Pack wrote it. Names that differ in bytes that are no UTF-8 only have become the same.
	_ = json.Unmarshal([]byte(p.rest), &a, jsontext.AllowDuplicateNames(true))
	a.Fingerprint, a.Severity, a.StartsAt = p.Fingerprint, p.Severity, p.StartsAt
	return a
}

// Equal reports whether p and q say the same.
func (p *Packed) Equal(q *Packed) bool {
	return p.Fingerprint == q.Fingerprint && p.Severity == q.Severity && p.StartsAt.Equal(q.StartsAt) && p.rest == q.rest
}

// AppendJSON appends the alert's JSON.
func (p *Packed) AppendJSON(b []byte) []byte {
	b = appendString(append(b, `{"fp":`...), p.Fingerprint)
	b = strconv.AppendUint(append(b, `,"sev":`...), uint64(p.Severity), 10)
	b = p.StartsAt.AppendFormat(append(b, `,"start":"`...), time.RFC3339Nano)
	if len(p.rest) <= len("{}") {
		return append(b, `"}`...)
	}
	return append(append(b, `",`...), p.rest[1:]...)
}

// MarshalJSONTo writes the alert.
func (p *Packed) MarshalJSONTo(enc *jsontext.Encoder) error {
	return enc.WriteValue(p.AppendJSON(nil))
}

// UnmarshalJSONFrom reads an alert.
func (p *Packed) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	var a Alert
	if err := json.UnmarshalDecode(dec, &a); err != nil {
		return err
	}
	*p = Pack(&a)
	return nil
}

// appendRest appends a as JSON, by the tags of its fields, without those that Packed has. By hand, because every
// alert of every webhook is packed.
func (a *Alert) appendRest(b []byte) []byte {
	start := len(b)
	str := func(key, s string) {
		if s != "" {
			b = appendString(append(b, key...), s)
		}
	}
	set := func(key string, s labels.Set) {
		for i, l := range s {
			if i == 0 {
				b = append(append(b, key...), '{')
			} else {
				b = append(b, ',')
			}
			b = append(appendString(b, l.Name), ':')
			b = appendString(b, l.Value)
		}
		if len(s) > 0 {
			b = append(b, '}')
		}
	}
	list := func(key string, items []string) {
		for i, s := range items {
			if i == 0 {
				b = append(append(b, key...), '[')
			} else {
				b = append(b, ',')
			}
			b = appendString(b, s)
		}
		if len(items) > 0 {
			b = append(b, ']')
		}
	}
	str(`,"name":`, a.Name)
	set(`,"labels":`, a.Labels)
	set(`,"annotations":`, a.Annotations)
	set(`,"group":`, a.GroupLabels)
	str(`,"generator":`, a.GeneratorURL)
	str(`,"external":`, a.ExternalURL)
	if a.Truncated != 0 {
		b = strconv.AppendInt(append(b, `,"truncated":`...), a.Truncated, 10)
	}
	str(`,"title":`, a.Title)
	str(`,"description":`, a.Description)
	list(`,"tags":`, a.Tags)
	list(`,"services":`, a.AffectedServices)
	if len(b) == start {
		return append(b, "{}"...)
	}
	b[start] = '{' // for the first comma
	return append(b, '}')
}

// appendString appends s as a JSON string.
func appendString(b []byte, s string) []byte {
	b, _ = jsontext.AppendQuote(b, s) // its error says that it mended invalid UTF-8
	return b
}
