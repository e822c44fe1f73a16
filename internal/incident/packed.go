// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package incident

import (
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode/utf8"
	"unique"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/alert24/otelcol-alert24/internal/jsonobject"
	"github.com/alert24/otelcol-alert24/internal/labels"
)

// Packed is an Alert in little memory, for alerts that are kept: most of their text is needed only when the incident is written. It
// never changes. Its fields are those of the Alert, and its JSON is the Alert's.
type Packed struct {
	Fingerprint string
	StartsAt    time.Time
	Severity    Severity
	// LeftOpen means that a person closes the incident after the alert ends.
	LeftOpen bool

	common unique.Handle[string] // the fields that alerts of a rule or a group share, see writeCommon; zero if there are none
	rest   string                // the other fields. Both are JSON objects.
}

const nothing = "{}"

// Pack packs a. It repairs text that is not UTF-8.
func Pack(a *Alert) Packed {
	w := packers.Get().(*packer)
	p := Packed{
		Fingerprint: mended(a.Fingerprint), Severity: a.Severity, StartsAt: a.StartsAt, LeftOpen: !resolvesByItself(a.Annotations),
	}
	w.B = w.B[:0]
	a.writeCommon(&w.Writer)
	if w.last.shared() != string(w.B) {
		w.last.share(string(w.B))
	}
	p.common = w.last.common
	w.B = w.B[:0]
	a.writeRest(&w.Writer)
	p.rest = string(w.B)
	if cap(w.B) <= maxPooledBytes {
		packers.Put(w)
	}
	return p
}

// maxPooledBytes is the largest buffer that the pool keeps.
const maxPooledBytes = 64 << 10

// packer packs alerts, one after the other.
type packer struct {
	jsonobject.Writer

	// last is the previous alert. The next one is usually of the same group and shares its common fields. In BenchmarkPack this
	// saves one of two allocations.
	last Packed
}

var packers = sync.Pool{New: func() any { return new(packer) }}

// mended returns s with U+FFFD for each byte that is not UTF-8, as in JSON.
func mended(s string) string {
	if utf8.ValidString(s) {
		return s
	}
	return strings.Map(func(r rune) rune { return r }, s)
}

func (p *Packed) share(common string) {
	if p.common = (unique.Handle[string]{}); common != nothing {
		p.common = unique.Make(common)
	}
}

// shared returns the text given to share.
func (p *Packed) shared() string {
	if p.common == (unique.Handle[string]{}) {
		return nothing
	}
	return p.common.Value()
}

// Equal reports whether p and q say the same.
func (p *Packed) Equal(q *Packed) bool {
	return p.Fingerprint == q.Fingerprint && p.Severity == q.Severity && p.StartsAt.Equal(q.StartsAt) &&
		p.common == q.common && p.rest == q.rest
}

// AppendJSON appends the alert's JSON.
func (p *Packed) AppendJSON(b []byte) []byte {
	w := jsonobject.Writer{B: b}
	w.Open("")
	w.B = jsonobject.AppendString(w.Key("fp"), p.Fingerprint)
	w.B = strconv.AppendUint(w.Key("sev"), uint64(p.Severity), 10)
	w.B = jsonobject.AppendTime(w.Key("start"), p.StartsAt)
	for _, object := range [...]string{p.shared(), p.rest} {
		if len(object) > len(nothing) {
			w.B = append(append(w.B, ','), object[1:len(object)-1]...)
		}
	}
	w.Close()
	return w.B
}

// MarshalJSONTo writes the alert.
func (p *Packed) MarshalJSONTo(enc *jsontext.Encoder) error {
	return enc.WriteValue(p.AppendJSON(nil))
}

// UnmarshalJSONFrom reads an alert.
func (p *Packed) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	value, err := dec.ReadValue()
	if err != nil {
		return err
	}
	if utf8.Valid(value) && p.Read(string(value)) {
		return nil
	}
	var a Alert
	if err := json.Unmarshal(value, &a, dec.Options()); err != nil {
		return err
	}
	*p = Pack(&a)
	return nil
}

// Read splits what AppendJSON wrote, and keeps none of its memory. It returns false for anything else. The value must be JSON in
// UTF-8.
func (p *Packed) Read(value string) bool {
	var r Packed
	var first int       // of the first three
	common, end := 1, 1 // where those in common begin, and end
	whole := jsonobject.Each(value, func(name, field string) bool {
		ok := true
		switch {
		case name == `"fp"` && first == 0:
			r.Fingerprint, ok = jsonobject.Text(field)
		case name == `"sev"` && first == 1:
			r.Severity = Severity(field[0] - '0')
			ok = len(field) == 1 && field[0] >= '0' && r.Severity <= Critical
		case name == `"start"` && first == 2:
			var err error
			r.StartsAt, err = time.Parse(time.RFC3339Nano, strings.Trim(field, `"`))
			ok = err == nil
		case first < 3 || !isCommon(name):
			return false
		}
		if !ok {
			return false
		}
		end += len(name) + len(field) + len(":,")
		if first < 3 {
			first, common = first+1, end
		}
		return true
	})
	if first != 3 {
		return false
	}
	r.Fingerprint, r.rest = strings.Clone(r.Fingerprint), nothing
	if end > common {
		r.share("{" + value[common:end-1] + "}")
	}
	if !whole {
		r.rest = "{" + value[end:]
	}
	*p = r
	return true
}

func isCommon(name string) bool {
	return name == `"group"` || name == `"generator"` || name == `"external"`
}

// writeCommon writes the fields of isCommon, by their tags.
func (a *Alert) writeCommon(w *jsonobject.Writer) {
	w.Open("")
	writeSet(w, "group", a.GroupLabels)
	w.Text("generator", a.GeneratorURL)
	w.Text("external", a.ExternalURL)
	w.Close()
}

// writeRest writes a as JSON, by the tags of its fields, without the fields that Packed keeps separately.
func (a *Alert) writeRest(w *jsonobject.Writer) {
	w.Open("")
	w.Text("name", a.Name)
	writeSet(w, "labels", a.Labels)
	writeSet(w, "annotations", a.Annotations)
	w.Flag("grafana", a.Grafana)
	w.Text("silence", a.SilenceURL)
	w.Text("values", a.Values)
	w.Number("truncated", a.Truncated)
	w.Text("title", a.Title)
	w.Text("description", a.Description)
	w.List("tags", a.Tags)
	w.List("services", a.AffectedServices)
	w.Close()
}

func writeSet(w *jsonobject.Writer, key string, set labels.Set) {
	if len(set) == 0 {
		return
	}
	w.Open(key)
	for _, l := range set {
		w.Pair(l.Name, l.Value)
	}
	w.Close()
}
