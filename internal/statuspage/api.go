// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package statuspage

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/alert24/otelcol-alert24/internal/status"
)

// api answers the JSON API.
type api struct {
	source Source
	now    func() time.Time
	tables tables
}

func (a *api) overview(w http.ResponseWriter, r *http.Request) { write(w, r, "", a.look(r.Context())) }

// look returns the current overview.
func (a *api) look(ctx context.Context) status.Overview {
	o := a.source.Overview(ctx)
	o.Now = a.now()
	t, revision, err := a.tables.get(ctx)
	o.Revision = revision
	if err == nil {
		o.Counts, o.Affected = &t.Counts, t.Affected
	} else if o.Storage.Error == "" {
		o.Storage.Up, o.Storage.Error = false, err.Error()
	}
	o.Trouble = status.Troubles(&o)
	return o
}

// defaultLimit is how many rows an answer has if the request does not say.
const defaultLimit = 100

func (a *api) aliases(w http.ResponseWriter, r *http.Request) {
	q, err := query(r.URL.Query())
	if err != nil {
		problem(w, http.StatusBadRequest, err.Error())
		return
	}
	t, revision, err := a.tables.get(r.Context())
	if err != nil {
		problem(w, http.StatusServiceUnavailable, err.Error())
		return
	}
	if unchanged(w, r, revision) {
		return
	}
	rows, total := t.Select(q)
	write(w, r, revision, status.Aliases{Revision: revision, Total: total, Offset: q.Offset, Rows: rows})
}

func query(v url.Values) (q status.Query, err error) {
	q = status.Query{
		Filter: v.Get("filter"), Is: status.Group(v.Get("is")), Sort: status.Sort(v.Get("sort")), After: v.Get("after"), Limit: defaultLimit,
	}
	switch order := v.Get("order"); order {
	case "", "asc":
	case "desc":
		q.Desc = true
	default:
		return q, fmt.Errorf("order must be asc or desc, not %q", order)
	}
	for name, to := range map[string]*int{"offset": &q.Offset, "limit": &q.Limit} {
		if given := v.Get(name); given != "" {
			if *to, err = strconv.Atoi(given); err != nil {
				*to = -1 // refused below
			}
		}
	}
	err = q.Check()
	return q, err
}

func (a *api) explain(w http.ResponseWriter, r *http.Request) {
	v := r.URL.Query()
	s := status.Subject{Alias: v.Get("alias"), Labels: map[string]string{}}
	for _, l := range v["label"] {
		name, value, found := strings.Cut(l, "=")
		if !found || name == "" {
			problem(w, http.StatusBadRequest, "label must be name=value")
			return
		}
		s.Labels[name] = value
	}
	if (s.Alias == "") == (len(s.Labels) == 0) {
		problem(w, http.StatusBadRequest, "give either alias, or label as name=value, once or several times")
		return
	}
	e, err := a.source.Explain(r.Context(), s)
	if err != nil {
		problem(w, http.StatusServiceUnavailable, err.Error())
		return
	}
	o := a.look(r.Context())
	e.Now, e.DryRun, e.Webhooks = o.Now, o.Bridge.DryRun, o.Webhooks
	e.Advise(o.Trouble, &s)
	write(w, r, "", e)
}

// unchanged answers 304 if the client already has the revision. The header may list several, and a proxy that compresses answers adds
// W/ to them.
func unchanged(w http.ResponseWriter, r *http.Request, revision string) bool {
	tag := strconv.Quote(revision)
	if !strings.Contains(r.Header.Get("If-None-Match"), tag) {
		return false
	}
	w.Header().Set("ETag", tag)
	w.WriteHeader(http.StatusNotModified)
	return true
}

// write answers 200 with v. It escapes markup: a text of an alert cannot end a script even if a client takes the answer for HTML.
func write(w http.ResponseWriter, r *http.Request, revision string, v any) {
	b, err := json.Marshal(v, jsontext.EscapeForHTML(true), jsontext.AllowInvalidUTF8(true), json.FormatNilSliceAsNull(false))
	if err != nil {
		problem(w, http.StatusInternalServerError, "the answer cannot be written: "+err.Error())
		return
	}
	h := w.Header()
	h.Set("Content-Type", "application/json; charset=utf-8")
	if revision != "" {
		h.Set("ETag", strconv.Quote(revision))
	} else {
		h.Set("Cache-Control", "no-store")
	}
	if r.Method != http.MethodHead {
		_, _ = w.Write(b)
	}
}

func problem(w http.ResponseWriter, code int, text string) {
	b, err := json.Marshal(status.Problem{Error: cmp.Or(text, http.StatusText(code))}, jsontext.AllowInvalidUTF8(true))
	if err != nil {
		b = []byte("{}")
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(code)
	_, _ = w.Write(append(b, '\n'))
}
